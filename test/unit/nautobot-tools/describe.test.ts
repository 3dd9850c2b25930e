import { expect, it } from 'vitest'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { type Answer, errorOf, graphqlText, setup } from '../../support/fake-nautobot.ts'
import { connectTools } from '../../support/tool-client.ts'
import { json } from '../../support/wire-server.ts'

const statuses = (names: string[]): Answer => {
  return () => ({ data: { v0: names.map((name) => ({ name })) } })
}

it('describes a model: fields, filters that take the same together, and allowed values', async () => {
  const { call, sent } = await setup({ graphql: statuses(['Active', 'Planned']) })
  const { text, facts } = await call('describe', { model: 'devices' })

  expect(text).toEqual({
    model: 'dcim.device',
    fields: {
      text: 'name',
      choice: 'face',
      'custom fields': 'cf_site_code',
      related: {
        status: 'extras.status',
        role: 'extras.role',
        device_type: 'dcim.devicetype',
        location: 'dcim.location',
        tenant: 'tenancy.tenant',
        primary_ip4: 'ipam.ipaddress'
      }
    },
    filters: [
      { takes: 'text', suffixes: 'ic isw', names: 'name' },
      { takes: 'name or id, with everything below it', suffixes: 'n', names: 'location' },
      { takes: 'true or false', names: 'has_primary_ip' },
      { takes: 'number', suffixes: 'gte isnull', names: 'position' },
      { takes: 'text', names: 'cf_site_code tags q' },
      { takes: 'time', suffixes: 'gte lte', names: 'created' }
    ],
    suffixes: {
      __n: 'is not',
      __ic: 'contains',
      __isw: 'starts with',
      __gte: 'greater or equal',
      __lte: 'less or equal',
      __isnull: 'true: has no value'
    },
    values: { face: ['front', 'rear'], status: ['Active', 'Planned'] }
  })
  expect(facts.links).toEqual([
    { label: 'Devices', url: 'https://nautobot.example.com/dcim/devices/?clear_view=true' }
  ])
  expect(graphqlText(sent('graphql')[0])).toBe(
    '{ v0: statuses(content_types: "dcim.device", limit: 41, offset: 0) { name } }'
  )
})

it('asks Nautobot nothing when it is warm', async () => {
  const { call, server } = await setup({ graphql: statuses(['Active']) })
  await call('describe', { model: 'devices' })
  const before = server.requests.length
  await call('describe', {})
  await call('describe', { model: 'device' })
  await call('describe', { model: 'device', name: 'status' })

  expect(server.requests.length - before).toBe(0)
})

it('keeps the values that one user sees from another', async () => {
  const { nautobot } = await setup({
    graphql: ({ headers }) => ({
      data: { v0: [{ name: `seen with ${headers.authorization}` }] }
    })
  })
  const directory = createModelDirectory()
  for (const name of ['alice', 'bob', 'alice']) {
    const call = await connectTools(nautobot, { userId: name, token: `${name}-token`, directory })
    const { text } = await call('describe', { model: 'device', name: 'status' })
    expect(text.values).toEqual([`seen with Token ${name}-token`])
  }
})

it('describes one filter in full', async () => {
  const { call } = await setup({ graphql: statuses([]) })

  expect((await call('describe', { model: 'device', name: 'name__ic' })).text).toEqual({
    model: 'dcim.device',
    name: 'name',
    field: { kind: 'text', required: false },
    filter: { takes: 'text', suffixes: { __ic: 'contains', __isw: 'starts with' } }
  })
})

it('says that there are more values than it lists', async () => {
  const names = Array.from({ length: 41 }, (_, index) => `status ${index}`)
  const { call } = await setup({ graphql: statuses(names) })
  const { text } = await call('describe', { model: 'device', name: 'status' })

  expect(text.values).toEqual([...names.slice(0, 40), '… and more'])
})

it('lists the models that the user may view, and says how many are left out', async () => {
  const { call } = await setup()
  const { text, facts } = await call('describe', {})

  expect(text).toEqual({
    models: {
      dcim: 'device, interface',
      ipam: 'ipaddress (IP addresses)',
      extras: 'status (statuses), objectchange, note',
      virtualization: 'vminterface'
    },
    note: 'A model is written app.model.',
    gaps: ['1 models are left out: you may view none of their objects.']
  })
  expect(facts).toMatchObject({ rows: 7, gaps: [] })
})

it('finds models by a word in their names', async () => {
  const { call } = await setup()

  expect((await call('describe', { model: 'addr' })).text.models).toEqual({
    ipam: 'ipaddress (IP addresses)'
  })
  expect((await call('describe', { model: 'locat' })).text.gaps).toEqual([
    'You may view no dcim.location.'
  ])
})

it.each([
  ['a model', { model: 'devcies' }, ['dcim.device']],
  ['a field', { model: 'device', name: 'statsu' }, ['status']],
  ['a filter', { model: 'device', name: 'cf_sitecode' }, ['cf_site_code']],
  ['a word for some objects of a model', { model: 'sites' }, undefined],
  ['a field without its model', { name: 'status' }, undefined]
])('refuses %s that Nautobot does not know, with the nearest', async (_what, args, near) => {
  const { call } = await setup({ graphql: statuses([]) })

  expect(errorOf(await call('describe', args))).toMatchObject({
    isError: true,
    code: 'INVALID_REQUEST',
    ...(near && { nearest: near })
  })
})

it.each([
  [503, 'NAUTOBOT_UNAVAILABLE'],
  [501, 'NOT_IN_SAMPLE']
])('reports the status %i as %s, and asks anew the next time', async (status, code) => {
  let refusals = 1
  const { call } = await setup({
    graphql: (request, response) => {
      refusals -= 1
      const refuse = () => json(response, status, { detail: 'no', code })
      return refusals < 0 ? statuses(['Active'])(request, response) : refuse()
    }
  })

  expect(errorOf(await call('describe', { model: 'device' })).code).toBe(code)
  expect((await call('describe', { model: 'device', name: 'status' })).text.values).toEqual([
    'Active'
  ])
})

it('keeps a description within bounds, and says what it left out', async () => {
  const choices = Array.from({ length: 60 }, (_, index) => `choice ${index} ${'x'.repeat(100)}`)
  const fields = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`f${index}`, { type: 'ChoiceField', choices }])
  )
  const { call } = await setup({ describe: () => ({ fields, filters: {} }) })
  const { text } = await call('describe', { model: 'device' })

  expect(JSON.stringify(text).length).toBeLessThan(14_000)
  expect(text.gaps).toEqual(['"values" is left out: too long. Ask with name for one.'])
})
