import { expect, it } from 'vitest'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { nautobotToolDefinitions } from '../../../src/nautobot-tools/server.ts'
import {
  type Answer,
  API,
  devices,
  errorOf,
  graphqlText,
  setup
} from '../../support/fake-nautobot.ts'
import { connectTools } from '../../support/tool-client.ts'
import { json } from '../../support/wire-server.ts'

it('describes all tools in under 2,500 tokens', () => {
  expect(nautobotToolDefinitions.map(({ name }) => name)).toEqual([
    'changes',
    'count',
    'find',
    'get',
    'describe',
    'query'
  ])
  // A token is seldom less than three characters of English and JSON.
  expect(JSON.stringify(nautobotToolDefinitions).length / 3).toBeLessThan(2_500)
})

it('counts with one request and links the list that shows the same number', async () => {
  const { call, server, sent } = await setup({ count: () => ({ count: 12 }) })
  const args = {
    model: 'devices',
    filters: { location: ['AMS01', 'FRA01'], has_primary_ip: false }
  }
  const answer = await call('count', args)

  expect(answer.text).toEqual({ model: 'dcim.device', count: 12 })
  expect(answer.facts).toEqual({
    count: 12,
    gaps: [],
    links: [
      {
        label: 'Devices: 12',
        url: 'https://nautobot.example.com/dcim/devices/?location=AMS01&location=FRA01&has_primary_ip=false&clear_view=true'
      }
    ]
  })
  expect(sent('/count/dcim.device/')[0]?.query.toString()).toBe(
    'location=AMS01&location=FRA01&has_primary_ip=false'
  )
  const before = server.requests.length
  await call('count', { model: 'devices', filters: { location: 'NYC01' } })
  expect(server.requests.length - before).toBe(1)
})

it('lists with one request, names for relations, and a link to each object of a short list', async () => {
  const { call, sent } = await setup({ graphql: () => ({ data: { rows: devices(2) } }) })
  const { text, facts } = await call('find', {
    model: 'device',
    filters: { location: 'AMS01', name__ic: 'a"b', position: [1, 2], has_primary_ip: true }
  })

  expect(graphqlText(sent('graphql')[0])).toBe(
    '{ rows: devices(location: "AMS01", name__ic: "a\\"b", position: [1, 2], has_primary_ip: true, limit: 26, offset: 0) ' +
      '{ id name status { name } role { name } device_type { model } location { name } primary_ip4 { address } } }'
  )
  expect(text).toEqual({
    model: 'dcim.device',
    count: 2,
    columns: ['name', 'status', 'role', 'device_type', 'location', 'primary_ip4'],
    rows: [
      ['device-0', 'Active', 'switch', 'C9300', 'AMS01', null],
      ['device-1', 'Active', 'switch', 'C9300', 'AMS01', null]
    ]
  })
  expect(facts).toMatchObject({ rows: 2, count: 2, gaps: [] })
  expect(facts.links.map(({ label }) => label)).toEqual([
    'Devices: 2',
    'device device-0',
    'device device-1'
  ])
  expect(facts.links[1]?.url).toBe('https://nautobot.example.com/dcim/devices/id-0/')
  expect(sent('/count/')).toHaveLength(0)
})

it('says how many there are when the list is cut', async () => {
  const { call, sent } = await setup({
    graphql: () => ({ data: { rows: devices(26) } }),
    count: () => ({ count: 310 })
  })
  const { text, facts } = await call('find', { model: 'devices' })

  expect(text.count).toBe(310)
  expect(text.rows).toHaveLength(25)
  expect(text.gaps).toEqual(['The list was cut at 25 of 310.'])
  expect(facts).toMatchObject({ rows: 25, count: 310 })
  expect(facts.links).toHaveLength(1)
  expect(facts.objects).toHaveLength(25)
  expect(facts.objects?.[24]).toEqual({
    label: 'device device-24',
    url: 'https://nautobot.example.com/dcim/devices/id-24/'
  })
  expect(sent('/count/')).toHaveLength(1)
})

it('cuts a text that would grow beyond its bound, and says so', async () => {
  const rows = devices(200).map((row) => ({ ...row, name: 'x'.repeat(1_000) }))
  const { call } = await setup({ graphql: () => ({ data: { rows } }) })
  const { text } = await call('find', { model: 'devices', limit: 200 })

  expect(JSON.stringify(text).length).toBeLessThan(41_000)
  expect(text.gaps).toEqual([`The list was cut at ${(text.rows as []).length} of 200.`])
})

it('says which relations are hidden: those that must be set, and those of models the user may not view', async () => {
  const rows = devices(2).map((row) => ({ ...row, role: null, tenant: null, location: null }))
  const { call } = await setup({ graphql: () => ({ data: { rows } }) })
  const fields = ['name', 'role', 'location', 'tenant', 'primary_ip4']
  const { facts } = await call('find', { model: 'devices', fields })

  expect(facts.gaps).toEqual([
    '"role" is hidden in 2 of 2 rows: your rights do not show it.',
    '"location" is hidden in 2 of 2 rows: your rights do not show it.',
    '"tenant" is hidden in 2 of 2 rows: your rights do not show it.'
  ])
})

it('reads choices, lists of relations, content types and paths as people write them', async () => {
  const row = {
    id: 'id-1',
    face: 'FRONT',
    tags: [{ name: 'lab' }, { name: 'pci' }],
    device_type__manufacturer__name: { manufacturer: { name: 'Juniper' } },
    changed_object_type: { app_label: 'dcim', model: 'device' },
    _custom_field_data: { site_code: 'NL-1', other: 'x' }
  }
  const { call, sent } = await setup({ graphql: () => ({ data: { rows: [row] } }) })
  const fields = [
    'face',
    'tags',
    'device_type.manufacturer.name',
    'changed_object_type',
    'cf_site_code'
  ]
  const { text } = await call('find', { model: 'devices', fields })

  expect(text.rows).toEqual([['front', ['lab', 'pci'], 'Juniper', 'dcim.device', 'NL-1']])
  expect(graphqlText(sent('graphql')[0])).toContain(
    '{ id face tags { name } device_type__manufacturer__name: device_type { manufacturer { name } } changed_object_type { app_label model } _custom_field_data }'
  )
})

it('says of a filter that GraphQL learns with a restart that count takes it', async () => {
  const { call } = await setup({
    count: () => ({ count: 3 }),
    graphql: (_, response) =>
      json(response, 400, {
        errors: [{ message: "Unknown argument 'cf_site_code' on field 'devices'." }]
      })
  })
  const error = errorOf(await call('find', { model: 'devices', filters: { cf_site_code: 'NL-1' } }))

  expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect(error.message).toContain('"cf_site_code" only after a restart')
})

it.each([
  ['device', 'dcim.device'],
  ['Devices', 'dcim.device'],
  ['DCIM.Device', 'dcim.device'],
  ['IP addresses', 'ipam.ipaddress'],
  ['ip_address', 'ipam.ipaddress'],
  ['ips', 'ipam.ipaddress'],
  ['changes', 'extras.objectchange']
])('takes %j for %s', async (name, objectType) => {
  const { call, sent } = await setup()
  await call('count', { model: name })

  expect(sent('/count/')[0]?.path).toBe(`${API}/count/${objectType}/`)
})

it.each<[string, Record<string, unknown>]>([
  ['a blank value', { location: '' }],
  ['a value of blanks', { location: ['AMS01', '  '] }],
  ['no value', { location: [] }],
  ['a boolean that is none', { has_primary_ip: 'maybe' }],
  ['a number that is none', { position: 'ten' }],
  ['isnull with a text', { position__isnull: 'yes' }],
  ['two values where Nautobot takes the last', { q: ['a', 'b'] }],
  ['two times of which REST takes the last', { created__lte: ['2030-01-01', '2026-01-01'] }],
  ['a parameter of the list', { limit: 0 }],
  ['a parameter of the count', { group_by: 'role' }],
  ['a name that is no name', { 'name) { id } x: devices(q': 'a' }]
])('refuses a filter with %s instead of answering a broader question', async (_what, filters) => {
  const { call, sent } = await setup()
  const answers = [
    await call('count', { model: 'devices', filters }),
    await call('find', { model: 'devices', filters })
  ]

  for (const answer of answers)
    expect(errorOf(answer)).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect([...sent('/count/'), ...sent('graphql')]).toHaveLength(0)
})

it.each([
  [503, 'NAUTOBOT_UNAVAILABLE', /could not be asked/],
  [501, 'NOT_IN_SAMPLE', /not in the sample/],
  [403, 'FORBIDDEN', /permission/]
])('reports the status %i as %s, never as "none found"', async (status, code, sentence) => {
  const detail = { 503: 'down', 501: 'That is not in the sample.', 403: 'No permission.' }[status]
  const refuse: Answer = (_, response) => json(response, status, { detail, code })
  const { call } = await setup({ count: refuse, graphql: refuse })
  for (const tool of ['count', 'find'] as const) {
    const error = errorOf(await call(tool, { model: 'devices' }))
    expect(error).toMatchObject({ isError: true, code })
    expect(error.message).toMatch(sentence)
  }
})

it('asks with the token of the user and nobody else, also when users share a directory', async () => {
  const { server, nautobot } = await setup()
  const directory = createModelDirectory()
  const users = await Promise.all(
    ['alice', 'bob'].map(async (name) => ({
      name,
      call: await connectTools(nautobot, { userId: name, token: `${name}-token`, directory })
    }))
  )
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const { name, call } = users[index % 2] ?? expect.fail('two users')
      await call('count', { model: 'devices', filters: { name, q: `${index}` } })
    })
  )
  const counts = server.requests.filter(({ path }) => path.includes('/count/'))
  expect(counts).toHaveLength(50)
  for (const { headers, query } of counts)
    expect(headers.authorization).toBe(`Token ${query.get('name')}-token`)
})

it('stops asking when the run is stopped', async () => {
  const arrived = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const { call, server } = await setup({
    graphql: async () => {
      arrived.resolve()
      await answered.promise
      return { data: { rows: [] } }
    }
  })
  const stopping = new AbortController()
  const waiting = call('find', { model: 'devices' }, stopping.signal)
  await arrived.promise
  stopping.abort()
  await expect(waiting).rejects.toThrow()

  // An empty list would be counted.
  const before = server.requests.length
  answered.resolve()
  await call('describe', { model: 'devices' })
  expect(server.requests.slice(before).map(({ path }) => path)).not.toContain(
    `${API}/count/dcim.device/`
  )
})

it.each<[string, Record<string, unknown>, string]>([
  ['more rows than it lists', { model: 'devices', limit: 201 }, 'limit'],
  ['no rows', { model: 'devices', limit: 0 }, 'limit'],
  ['a place too far down', { model: 'devices', offset: 10_001 }, 'offset'],
  ['too many fields', { model: 'devices', fields: Array(21).fill('name') }, 'fields'],
  ['too many values', { model: 'devices', filters: { name: Array(51).fill('a') } }, 'filters.name'],
  ['a value too long', { model: 'devices', filters: { name: 'a'.repeat(201) } }, 'filters.name'],
  [
    'too many filters',
    {
      model: 'devices',
      filters: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, 'a']))
    },
    'filters'
  ],
  ['an argument of another name', { model: 'devices', order: 'name' }, 'arguments'],
  ['too many fields to sort by', { model: 'devices', sort: ['name', 'role', 'status'] }, 'sort'],
  ['no model', {}, 'model']
])('refuses to list %s, and names the argument', async (_what, args, argument) => {
  const { call, server } = await setup()
  const { code, message } = errorOf(await call('find', args))

  expect({ code, argument: message.split(':')[0] }).toEqual({ code: 'INVALID_REQUEST', argument })
  expect(server.requests).toHaveLength(0)
})

it('says that a place is hidden instead of "none there"', async () => {
  const { call, sent } = await setup({
    count: ({ path, query }, response) => {
      if (path.includes('dcim.device/') || query.get('name') === 'FRA01') return { count: 0 }
      if (query.has('id')) return json(response, 403, { detail: 'You may not view locations.' })
      return query.get('name') === 'NYC01' ? json(response, 503, {}) : { count: 1 }
    }
  })
  const id = '6f1c2f4e-5a53-4b12-9a3e-0d6a1c1b2c3d'
  const location = ['AMS01', 'FRA01', id, 'NYC01', 'SIN01', 'SJC01']
  const { text } = await call('count', { model: 'devices', filters: { location } })

  expect(text.gaps).toEqual([
    'Your rights do not show the location "FRA01", so nothing there is seen.',
    `Your rights do not show the location "${id}", so nothing there is seen.`,
    'Nautobot could not be asked whether your rights show the location "NYC01".'
  ])
  expect(sent('/count/dcim.location/')).toHaveLength(5)
})

it('lists documents as they are, and no secret of them or of a field', async () => {
  const data = { snmp: { auth_key: 'hunter2' }, ntp: ['10.0.0.1', '10.0.0.2'] }
  const row = { id: 'i', name: 'hook', secret: 'hunter2', parameters: data, secrets_group: null }
  const { call } = await setup({ graphql: () => ({ data: { rows: [row] } }) })
  const fields = ['name', 'secret', 'parameters', 'secrets_group']
  const { text, facts } = await call('find', { model: 'devices', fields })

  expect(text.rows).toEqual([
    ['hook', '(not shown here)', { ...data, snmp: { auth_key: '(not shown here)' } }, null]
  ])
  expect(facts.gaps).toEqual([
    '"secret" is not shown here; its page in Nautobot may show it.',
    'A part of "parameters" is not shown here; its page in Nautobot may show it.'
  ])
})
