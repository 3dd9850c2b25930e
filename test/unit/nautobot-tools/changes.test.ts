import { expect, it } from 'vitest'
import { type Answer, API, errorOf, graphqlText, setup } from '../../support/fake-nautobot.ts'
import { connectTools, type ToolAnswer } from '../../support/tool-client.ts'
import { json } from '../../support/wire-server.ts'

/** A Thursday. */
const NOW = Date.parse('2026-11-26T15:30:00Z')

const change = (more = {}) => ({
  id: 'id-1',
  time: '2026-11-26T12:00:00.123456+00:00',
  user_name: 'alice',
  action: 'update',
  object_type: 'dcim.device',
  object_repr: 'ams01-rtr-01',
  owner: null,
  fields: [{ field: 'status', before: 'Active', after: 'Failed' }],
  withheld: [],
  more_fields: 0,
  ...more
})

async function ask(answers: Parameters<typeof setup>[0], args: Record<string, unknown> = {}) {
  const { nautobot, server, sent } = await setup(answers)
  const call = await connectTools(nautobot, { userId: 'id-a', token: 'a', now: () => NOW })
  const answer: ToolAnswer = await call('changes', args)
  return { ...answer, server, asked: sent('/change-log/'), counted: sent('/count/') }
}

it('tells who changed what, before and after, with the range it looked at and the page that shows the same', async () => {
  const log = () => ({
    count: 1,
    changes: [change({ owner: 'rack 1', withheld: ['token'], more_fields: 2 })]
  })
  const args = {
    since: 'Friday',
    until: 'today',
    model: 'devices',
    object: 'ams01-rtr-01',
    location: ['Europe', 'AMER'],
    user: 'alice',
    action: 'update'
  }
  const { text, facts, asked } = await ask({ log }, args)

  expect(text).toEqual({
    range: 'from 2026-11-20T00:00:00Z until 2026-11-27T00:00:00Z',
    count: 1,
    changes: [
      {
        time: '2026-11-26T12:00:00Z',
        user: 'alice',
        action: 'update',
        object: 'ams01-rtr-01',
        of: 'rack 1',
        model: 'dcim.device',
        fields: [{ field: 'status', before: 'Active', after: 'Failed' }],
        withheld: ['token'],
        more_fields: 2
      }
    ],
    gaps: ['Values of fields that may hold secrets are withheld.']
  })
  const query =
    'time__gte=2026-11-20T00%3A00%3A00Z&time__lt=2026-11-27T00%3A00%3A00Z&changed_object_type=dcim.device' +
    '&nautobot_ai_ops_object=ams01-rtr-01&nautobot_ai_ops_location=Europe&nautobot_ai_ops_location=AMER' +
    '&user_name__ie=alice&action=update'
  expect(asked.map(({ query: sent }) => sent.toString())).toEqual([`${query}&limit=20`])
  expect(facts.links).toEqual([
    {
      label: 'Object changes: 1',
      url: `https://nautobot.example.com/extras/object-changes/?${query}&clear_view=true`
    },
    {
      label: 'update ams01-rtr-01',
      url: 'https://nautobot.example.com/extras/object-changes/id-1/'
    }
  ])
})

it('says how many more there are', async () => {
  const changes = [change(), change({ id: 'id-2', action: 'create', fields: null })]
  const { text, facts } = await ask({ log: () => ({ count: 12, changes }) }, { limit: 2 })

  expect(text).toMatchObject({ range: 'from the first entry until now', count: 12, more: 10 })
  expect(facts).toMatchObject({ rows: 2, count: 12 })
  expect(facts.gaps).toEqual(['The newest 2 of 12 changes are shown; there are more: 10.'])
})

it('cuts a text that would grow beyond its bound, and counts what is left out', async () => {
  const fields = [{ field: 'comments', before: 'x'.repeat(1_000), after: 'y'.repeat(1_000) }]
  const changes = Array.from({ length: 50 }, () => change({ fields }))
  const { text } = await ask({ log: () => ({ count: 50, changes }) }, { limit: 50 })

  expect(JSON.stringify(text).length).toBeLessThan(31_000)
  expect(text.more).toBe(50 - (text.changes as []).length)
})

it('says when the state before a change is not known', async () => {
  const { text } = await ask({ log: () => ({ count: 1, changes: [change({ fields: null })] }) })

  expect(text.changes).toEqual([expect.objectContaining({ before: 'not known' })])
})

it('says that the change log may not be seen, never that there are no changes', async () => {
  const log: Answer = (_, response) => json(response, 403, { detail: 'You may not view it.' })
  const answer = await ask({ log })

  expect(errorOf(answer)).toMatchObject({
    isError: true,
    code: 'FORBIDDEN',
    message: expect.stringMatching(/rights do not show Nautobot's change log.*not known/)
  })
})

it.each([
  [503, 'NAUTOBOT_UNAVAILABLE', /could not be asked/],
  [501, 'NOT_IN_SAMPLE', /not in the sample/]
])('reports the status %i as %s, never as "none"', async (status, code, message) => {
  const log: Answer = (_, response) =>
    json(response, status, { detail: 'That is not in the sample.' })
  const error = errorOf(await ask({ log }))

  expect(error).toMatchObject({ isError: true, code })
  expect(error.message).toMatch(message)
})

it('explains why there is nothing: a hidden place, an unknown user, another time', async () => {
  const log = () => ({ count: 0, changes: [] })
  const groups = ['alice', 'bob'].map((name) => ({
    values: [name],
    labels: [name],
    count: 3,
    filters: null
  }))
  const count: Answer = ({ path, query }) => {
    if (path === `${API}/count/dcim.location/`) return { count: 0 }
    return query.has('group_by') ? { count: 6, groups } : { count: 4 }
  }
  const args = { location: 'NYC01', user: 'alicia', since: 'yesterday' }
  const { text, counted } = await ask({ log, count }, args)

  expect(text).toMatchObject({ count: 0, changes: [] })
  expect(text.gaps).toEqual([
    'Your rights do not show the location "NYC01", so nothing there is seen.',
    'The change log that you may see has no user "alicia". Near to it: alice.',
    'At all times there are 4 such changes.'
  ])
  expect(counted).toHaveLength(3)
})

const noChanges: Answer = () => ({ count: 0, changes: [] })
const devicesNamed = (...names: string[]) => ({
  data: { l0: names.map((name, index) => ({ id: `id-${index}`, name })) }
})
/** A search by name first, and then the names that are near. */
const searched =
  (found: object, near: object): Answer =>
  (request) =>
    graphqlText(request)?.includes('{ name: name }') ? near : found

it('refuses a name that neither the log nor Nautobot knows, with those that are near', async () => {
  const graphql = searched(devicesNamed(), devicesNamed('ams01-rtr-01', 'ams01-rtr-02', 'x'))
  const answer = await ask({ log: noChanges, graphql }, { object: 'ams01-rtr-1' })

  expect(errorOf(answer)).toMatchObject({
    isError: true,
    code: 'OBJECT_NOT_FOUND',
    message:
      'There is no device called "ams01-rtr-1", or your rights do not show it. If it is something else, name its model as well.',
    nearest: ['ams01-rtr-01', 'ams01-rtr-02']
  })
})

it('refuses one misspelt name among others that have changes', async () => {
  const log = () => ({ count: 1, changes: [change()] })
  const graphql = searched(devicesNamed(), devicesNamed())
  const count: Answer = ({ query }) => ({
    count: query.get('nautobot_ai_ops_object') === 'ams01-rtr-01' ? 1 : 0
  })
  const answer = await ask({ log, graphql, count }, { object: ['ams01-rtr-01', 'ams01-rtr-0l'] })

  expect(errorOf(answer)).toMatchObject({ isError: true, code: 'OBJECT_NOT_FOUND' })
})

it('finds no changes of an object that was never changed, and of one that is gone none since', async () => {
  const graphql = () => devicesNamed('AMS01-rtr-01')
  const never = await ask({ log: noChanges, graphql }, { object: 'ams01-rtr-01' })
  const gone = await ask(
    { log: noChanges, count: () => ({ count: 3 }) },
    { object: 'ams01-old-01', since: 'yesterday' }
  )

  expect(never).toMatchObject({ isError: false, text: { count: 0, changes: [] } })
  expect(gone.text).toMatchObject({ count: 0, gaps: ['At all times there are 3 such changes.'] })
})

it('asks by id for what is named otherwise than in the log', async () => {
  const log: Answer = ({ query }) =>
    query.get('nautobot_ai_ops_object') === 'id-7'
      ? { count: 1, changes: [change()] }
      : { count: 0, changes: [] }
  const graphql = () => ({ data: { l0: [{ id: 'id-7', address: '10.0.0.1/24' }] } })
  const { text, facts } = await ask({ log, graphql }, { object: '10.0.0.1' })

  expect(text).toMatchObject({ count: 1, read_as: { object: ['10.0.0.1/24'] } })
  expect(facts.links[0]?.url).toContain('nautobot_ai_ops_object=id-7')
})

it('says that it does not know where the asker may not look', async () => {
  const mayView = (objectType: string) => objectType === 'extras.objectchange'
  const { text } = await ask({ log: noChanges, mayView }, { object: 'ams01-rtr-01' })

  expect(text.gaps).toEqual([
    'Whether there is a "ams01-rtr-01" is not known: it cannot be looked for by name, or your rights do not show where.'
  ])
})

it.each(['locations', 'notes'])(
  'does not say that there is none among %s, where it has not looked',
  async (model) => {
    const { text } = await ask({ log: noChanges }, { object: 'AMS99', model })

    expect(text).toMatchObject({ count: 0, gaps: [expect.stringContaining('is not known')] })
  }
)

it('asks by id for what the log has only parts of, or calls by a longer name', async () => {
  const log: Answer = ({ query }) =>
    query.get('nautobot_ai_ops_object') === 'id-0'
      ? { count: 1, changes: [change({ object_repr: 'xe-0/0/0', owner: 'ams01-rtr-01' })] }
      : { count: 0, changes: [] }
  const graphql = () => devicesNamed('ams01-rtr-01')
  const { text } = await ask({ log, graphql }, { object: 'AMS01-rtr-01' })

  expect(text).toMatchObject({ count: 1, changes: [{ object: 'xe-0/0/0' }] })
  expect(text).not.toHaveProperty('read_as')
})

it('names what is gone as the log calls it', async () => {
  const log: Answer = ({ query }) =>
    query.get('object_repr__isw') === '10.0.0.9'
      ? { count: 1, changes: [change({ object_repr: '10.0.0.9/24' })] }
      : { count: 0, changes: [] }
  const answer = await ask({ log, graphql: () => ({ data: { l0: [] } }) }, { object: '10.0.0.9' })

  expect(errorOf(answer)).toMatchObject({ code: 'OBJECT_NOT_FOUND', nearest: ['10.0.0.9/24'] })
})

it('takes a name that looks like a path for a name when the log has it', async () => {
  const log = () => ({ count: 1, changes: [change({ object_repr: '/Common/pool' })] })
  const count = () => ({ count: 1 })
  const { text } = await ask({ log, count }, { object: ['/Common/pool', 'ams01-rtr-01'] })

  expect(text).toMatchObject({ count: 1 })
})

it('names a wrong place in the words of its own arguments', async () => {
  const log: Answer = (_, response) =>
    json(response, 400, {
      nautobot_ai_ops_location: [
        'Select a valid choice. Europ is not one of the available choices.'
      ]
    })
  const error = errorOf(await ask({ log }, { location: 'Europ' }))

  expect(error.message).toBe(
    'location: Select a valid choice. Europ is not one of the available choices.'
  )
})

it.each<[string, Record<string, unknown>]>([
  ['a time that is none', { since: 'soon' }],
  ['a time to come', { since: '2027-01-01' }],
  ['a blank name', { object: '  ' }],
  ['no name', { location: [] }],
  ['a model that is none', { model: 'devize' }],
  ['an action that is none', { action: 'updated' }],
  ['too many rows', { limit: 51 }],
  ['filters of a list', { filters: { name: 'a' } }]
])('refuses %s before anything is asked', async (_what, args) => {
  const answer = await ask({}, args)

  expect(errorOf(answer)).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect(answer.asked).toHaveLength(0)
})
