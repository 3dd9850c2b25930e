import { expect, it } from 'vitest'
import { type Answer, devices, errorOf, graphqlText, setup } from '../../support/fake-nautobot.ts'
import { json } from '../../support/wire-server.ts'

const STATUSES = ['Active', 'Planned', 'PLANNED']

/** Knows these statuses, and refuses others as Nautobot does: the first wrong one by its name. */
const count: Answer = ({ query }, response) => {
  const wrong = query.getAll('status').find((name) => !STATUSES.includes(name))
  const refusal = `Select a valid choice. ${wrong} is not one of the available choices.`
  if (wrong) return json(response, 400, { status: [refusal] })
  return { count: query.getAll('status').length * 10 }
}
const graphql: Answer = (request, response) => {
  const query = graphqlText(request) ?? ''
  const [, asked] = /name__ie: "([^"]*)"/.exec(query) ?? []
  if (asked !== undefined) {
    const rows = STATUSES.filter((name) => name.toLowerCase() === asked.toLowerCase())
    return { data: { rows: rows.map((name) => ({ id: `id-${name}`, name })) } }
  }
  if (/statuses\(/.test(query)) return { data: { rows: STATUSES.map((name) => ({ name })) } }
  if (/status: "(?!Active)/.test(query))
    return json(response, 400, { errors: [{ message: 'wrong value' }] })
  return { data: { rows: devices(2) } }
}
const withStatus = async (more: Parameters<typeof setup>[0] = {}) => {
  const { describe = described } = more
  return setup({ count, graphql, ...more, describe })
}
const filter = (type: string, more = {}) => ({ type, ...more })
const described: Answer = () => ({
  fields: {
    name: { type: 'CharField' },
    serial: { type: 'CharField' },
    face: { type: 'ChoiceField', choices: ['front', 'rear'] }
  },
  filters: {
    status: filter('StatusFilter', { related: 'extras.status' }),
    name: filter('MultiValueCharFilter', { lookups: ['ic', 'ie'] }),
    face: filter('MultiValueCharFilter'),
    cr_stands_in_for__source: filter('RelationshipFilter', { related: 'dcim.device' }),
    last_updated: filter('MultiValueDateTimeFilter', { lookups: ['gte', 'lte', 'gt', 'isnull'] }),
    install_date: filter('MultiValueDateFilter', { lookups: ['gte', 'lte', 'lt'] })
  }
})

it.each(['count', 'find'] as const)(
  'takes a name in other letters for the one that there is, and says so: %s',
  async (tool) => {
    const { call } = await withStatus()
    const { text, facts } = await call(tool, { model: 'devices', filters: { status: 'active' } })

    expect(text).toMatchObject({ read_as: { status: ['Active'] } })
    expect(text.count).toBe(tool === 'count' ? 10 : 2)
    expect(facts.links[0]?.url).toContain('?status=Active&')
  }
)

it('says nothing of names that were right', async () => {
  const { call, sent } = await withStatus()
  const { text } = await call('count', { model: 'devices', filters: { status: 'Active' } })

  expect(text).toEqual({ model: 'dcim.device', count: 10 })
  expect(sent('graphql')).toHaveLength(0)
})

it('takes all values of a filter so, although Nautobot refuses the first wrong one alone', async () => {
  const { call } = await withStatus()
  const { text } = await call('count', {
    model: 'devices',
    filters: { status: ['Active', 'ACTIVE', 'PLANNED'] }
  })

  expect(text).toMatchObject({ count: 20, read_as: { status: ['Active', 'PLANNED'] } })
})

it.each([
  ['that two are called', 'planned', ['Planned', 'PLANNED']],
  ['that nothing is called', 'Activ', ['Active']]
])('refuses a name %s, with the nearest', async (_what, status, nearest) => {
  const { call } = await withStatus()
  const error = errorOf(await call('count', { model: 'devices', filters: { status } }))

  expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect(error.nearest).toEqual(nearest)
})

it('finds texts that differ in their letters alone, when nothing else is found', async () => {
  const named: Answer = ({ query }) => {
    if (query.has('group_by'))
      return {
        count: 4,
        groups: [{ values: ['ams01-sw-1'], labels: ['ams01-sw-1'], count: 4, filters: null }]
      }
    return { count: query.get('name') === 'ams01-sw-1' ? 4 : 0 }
  }
  const { call, sent } = await withStatus({ count: named })
  const { text } = await call('count', { model: 'devices', filters: { name: 'AMS01-SW-1' } })

  expect(text).toEqual({ model: 'dcim.device', count: 4, read_as: { name: ['ams01-sw-1'] } })
  expect(sent('/count/').map(({ query }) => query.toString())).toEqual([
    'name=AMS01-SW-1',
    'name__ie=AMS01-SW-1&group_by=name&top=100',
    'name=ams01-sw-1'
  ])
})

it('takes a name for an id where the filter knows ids alone, as those of relationships', async () => {
  const byId: Answer = ({ query }, response) => {
    const [name] = query.getAll('cr_stands_in_for__source')
    if (name === 'id-7') return { count: 3 }
    return json(response, 400, { cr_stands_in_for__source: [`“${name}” is not a valid value.`] })
  }
  const { call } = await withStatus({
    count: byId,
    graphql: () => ({ data: { rows: [{ id: 'id-7', name: 'ams01-rtr-01' }] } })
  })
  const filters = { cr_stands_in_for__source: 'ams01-rtr-01' }
  const { text } = await call('count', { model: 'devices', filters })

  expect(text).toMatchObject({ count: 3, read_as: { cr_stands_in_for__source: ['id-7'] } })
})

it.each([
  [{ last_updated__gte: '3 days ago' }, 'last_updated__gte', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/],
  [{ last_updated__gte: 'yesterday' }, 'last_updated__gte', /T00:00:00Z$/],
  [{ last_updated__lte: 'yesterday' }, 'last_updated__lte', /T23:59:59\.999Z$/],
  [{ last_updated__gt: 'yesterday' }, 'last_updated__gt', /T23:59:59\.999Z$/],
  [{ install_date__lt: 'last week' }, 'install_date__lt', /^\d{4}-\d\d-\d\d$/],
  [{ install_date: 'yesterday' }, 'install_date', /^\d{4}-\d\d-\d\d$/]
])(
  'reads times as people say them, and says what they were taken for: %j',
  async (filters, name, expected) => {
    const { call, sent } = await withStatus({ count: () => ({ count: 1 }) })
    const { text } = await call('count', { model: 'devices', filters })

    expect(text.read_as).toEqual({ [name]: [expect.stringMatching(expected)] })
    expect(sent('/count/')[0]?.query.get(name)).toMatch(expected)
  }
)

it.each([
  [{ last_updated__gte: '2026-11-20' }, '2026-11-20'],
  [{ last_updated__gte: '2026-11-20 08:00:00' }, '2026-11-20 08:00:00'],
  [{ last_updated__isnull: true }, 'true']
])('leaves times alone that are written out: %j', async (filters, expected) => {
  const { call, sent } = await withStatus({ count: () => ({ count: 1 }) })
  const { text } = await call('count', { model: 'devices', filters })

  expect(text).toEqual({ model: 'dcim.device', count: 1 })
  expect([...(sent('/count/')[0]?.query.values() ?? [])]).toEqual([expected])
})

it.each([
  [{ last_updated: 'yesterday' }, 'last_updated__gte or last_updated__lte'],
  [{ last_updated__gte: 'soon' }, '"soon" is not a time']
])('refuses a time that cannot be met: %j', async (filters, said) => {
  const { call, sent } = await withStatus()
  const error = errorOf(await call('count', { model: 'devices', filters }))

  expect(error.message).toContain(said)
  expect(sent('/count/')).toHaveLength(0)
})
