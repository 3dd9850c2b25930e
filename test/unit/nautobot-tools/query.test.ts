import { expect, it } from 'vitest'
import { setupQueries } from '../../support/fake-graphql.ts'
import { errorOf } from '../../support/fake-nautobot.ts'
import { json } from '../../support/wire-server.ts'

const rows = (count: number, more = {}) =>
  Array.from({ length: count }, (_, index) => ({ name: `d${index}`, ...more }))

it('asks Nautobot for one row more than wanted, and shows what was wanted with the number of all', async () => {
  const { call, sent } = await setupQueries({
    counts: { 'dcim.device': 310 },
    answer: () => ({ data: { rows: rows(3) } })
  })
  const query = '{ rows: devices(location: "AMS01", limit: 2) { name } }'
  const { text, facts } = await call('query', { query })

  expect(sent).toEqual(['{ rows: devices(location: "AMS01", limit: 3, offset: 0) { name } }'])
  expect(text).toEqual({
    counts: { rows: 310 },
    data: { rows: rows(2) },
    gaps: ['"rows" was cut at 2 of 310.']
  })
  expect(facts).toEqual({
    rows: 2,
    count: 310,
    gaps: ['"rows" was cut at 2 of 310.'],
    links: [
      {
        label: 'Devices: 310',
        url: 'https://nautobot.example.com/dcim/devices/?location=AMS01&clear_view=true'
      }
    ]
  })
})

it.each<[string, string, Record<string, unknown>?]>([
  ['{ devices { name } }', '{ devices(limit: 51, offset: 0) { name } }'],
  ['{ devices(limit: 200) { name } }', '{ devices(limit: 201, offset: 0) { name } }'],
  ['{ devices(limit: 999999999) { name } }', '{ devices(limit: 201, offset: 0) { name } }'],
  ['{ devices(limit: 5, offset: 20) { name } }', '{ devices(limit: 6, offset: 20) { name } }'],
  [
    'query ($n: Int) { devices(limit: $n) { name } }',
    '{ devices(limit: 8, offset: 0) { name } }',
    { n: 7 }
  ],
  [
    '{ devices { ...F } } fragment F on DeviceType { interfaces(name: ["a"]) { name } }',
    '{ devices(limit: 51, offset: 0) { ... on DeviceType { interfaces(name: "a") { name } } } }'
  ],
  ['{ device(id: "id-1") { name } }', '{ device(id: "id-1") { name } }'],
  ['{ unlisted { name } }', '{ unlisted(limit: 51) { name } }']
])('sends %s as %s', async (query, printed, variables = {}) => {
  const { call, sent } = await setupQueries({
    counts: { 'dcim.device': 60, 'dcim.interface': 300 },
    answer: () => ({ data: { devices: [], device: {}, unlisted: [] } })
  })
  await call('query', { query, variables })

  expect(sent).toEqual([printed])
})

it.each<[string, string, RegExp, string[]?]>([
  [
    'an unknown root',
    '{ devces { name } }',
    /no field "devces" in the root/,
    ['devices', 'device']
  ],
  ['an unknown field', '{ devices { nmae } }', /no field "nmae" in "devices"/, ['name']],
  [
    'an unknown field below',
    '{ a: devices { x: location { nam } } }',
    /no field "nam" in "a.x"/,
    ['name']
  ],
  ['an unknown filter', '{ devices(locaton: "AMS01") { name } }', /Unknown filter/, ['location']],
  [
    'an unknown filter of a nested list',
    '{ devices { interfaces(nam: "a") { name } } }',
    /Unknown filter/,
    ['name']
  ],
  ['an unknown type', '{ devices { ... on Zebra { name } } }', /no type "Zebra"/],
  ['no limit', '{ devices(limit: 0) { name } }', /at least 1/],
  ['a negative limit', '{ devices(limit: -1) { name } }', /one whole number/],
  ['a limit in words', '{ devices(limit: "5") { name } }', /one whole number/],
  ['two limits', '{ devices(limit: [5, 6]) { name } }', /one whole number/],
  ['a far offset', '{ devices(offset: 10001) { name } }', /at most 10000/],
  ['a nested limit', '{ devices { interfaces(limit: 1) { name } } }', /root of a query alone/],
  ['a nested offset', '{ devices { interfaces(offset: 1) { name } } }', /root of a query alone/],
  ['a limit of what is no list', '{ device(limit: 1) { name } }', /"device" is no list/],
  ['a filter that is none', '{ devices(has_primary_ip: "maybe") { name } }', /true or false/],
  [
    'eleven lists',
    `{ devices { ${Array.from({ length: 10 }, (_, i) => `l${i}: interfaces { name }`).join(' ')} } }`,
    /at most 10 lists/
  ],
  [
    'a long nested list',
    '{ devices { location { devices { name } } } }',
    /about 100 devices for each .* devices\(location: …, limit: …\)/
  ],
  [
    'too many objects by nested lists',
    '{ devices(limit: 200) { interfaces { name } } }',
    // 201 devices, 30 interfaces of each at most, and 3 for the list of each.
    /about 6834 objects; 5000 are allowed. Most of that is in "devices.interfaces"/
  ],
  [
    'too many nested lists with filters',
    '{ devices(limit: 150) { interfaces(enabled: false) { name } } }',
    /about 5587 objects/
  ],
  [
    'too many objects by relations',
    `{ interfaces(limit: 200) { ${Array.from({ length: 15 }, (_, i) => `d${i}: device { location { name } }`).join(' ')} } }`,
    /6231 objects/
  ]
])('refuses %s before it is sent', async (_what, query, sentence, nearest) => {
  const { call, sent } = await setupQueries({
    counts: { 'dcim.device': 1_000, 'dcim.interface': 10_000, 'dcim.location': 10 }
  })
  const error = errorOf(await call('query', { query }))

  expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect(error.message).toMatch(sentence)
  expect(error.nearest).toEqual(nearest)
  expect(sent).toEqual([])
})

it('counts the lists within few objects, and refuses what is long there', async () => {
  const { call, sent } = await setupQueries({
    counts: {
      'dcim.location': 100,
      'dcim.device': ({ size }) => (size === 0 ? 9_000 : 8_000)
    },
    answer: () => ({ data: { rows: [{ id: 'id-1' }, { id: 'id-2' }] } })
  })
  const query = '{ locations(limit: 2) { devices { name } } }'
  const error = errorOf(await call('query', { query }))

  expect(error.message).toMatch(/about 8012 objects; .* Most of that is in "locations.devices"/)
  expect(sent).toEqual(['{ rows: locations(limit: 3, offset: 0) { id } }'])
})

it('lets pass what is short where it is asked for, however long it is elsewhere', async () => {
  const { call, sent, server } = await setupQueries({
    counts: {
      'dcim.location': 10,
      'dcim.device': (filters) => (filters.get('location') === 'id-1' ? 7 : 5_000)
    },
    answer: () => ({ data: { location: { devices: [] } } })
  })
  const query = '{ location(id: "id-1") { devices { name } } }'

  expect((await call('query', { query })).isError).toBe(false)
  expect(sent).toEqual([query])
  expect(server.requests.map((request) => String(request.query))).toContain('location=id-1')
})

it('names what Nautobot could not answer, and shows the rest', async () => {
  const { call } = await setupQueries({
    counts: { 'dcim.device': 1, 'dcim.location': 4 },
    answer: () => ({
      data: { devices: rows(1, { interfaces: null }), locations: null },
      errors: [
        { message: 'broken', path: ['devices', 0, 'interfaces'] },
        { message: 'also broken', path: ['locations'] },
        { message: 'and all' }
      ]
    })
  })
  const query = '{ devices { name interfaces { name } } locations { name } }'
  const { text, facts, isError } = await call('query', { query })

  expect(isError).toBe(false)
  expect(text).toEqual({
    counts: { devices: 1 },
    data: { devices: rows(1, { interfaces: null }), locations: null },
    gaps: [
      'Nautobot could not answer "devices.0.interfaces": broken',
      'Nautobot could not answer "locations": also broken',
      'Nautobot reports: and all'
    ]
  })
  expect(facts.gaps).toEqual(text.gaps)
})

it.each<[string, unknown, string, RegExp]>([
  [
    'errors alone',
    { data: { devices: null }, errors: [{ message: 'broken', path: ['devices'] }] },
    'INVALID_REQUEST',
    /could not answer "devices": broken/
  ],
  ['no data', { data: null, errors: [{ message: 'broken' }] }, 'INVALID_REQUEST', /broken/],
  ['nothing', {}, 'NAUTOBOT_UNAVAILABLE', /could not be asked.*no data/],
  ['null', { data: { devices: null } }, 'NAUTOBOT_UNAVAILABLE', /did not answer "devices"/]
])('reports %s as an error, never as "none found"', async (_what, body, code, sentence) => {
  const { call } = await setupQueries({ counts: { 'dcim.device': 1 }, answer: () => body })
  const error = errorOf(await call('query', { query: '{ devices { name } }' }))

  expect(error).toMatchObject({ isError: true, code })
  expect(error.message).toMatch(sentence)
})

it.each([
  [503, 'NAUTOBOT_UNAVAILABLE', /could not be asked/],
  [501, 'NOT_IN_SAMPLE', /not in the sample/],
  [403, 'FORBIDDEN', /permission/]
])('reports the status %i as %s', async (status, code, sentence) => {
  const detail = { 503: 'down', 501: 'That is not in the sample.', 403: 'No permission.' }[status]
  const { call } = await setupQueries({
    answer: (_, response) => json(response, status, { detail })
  })
  const error = errorOf(await call('query', { query: '{ devices { name } }' }))

  expect(error).toMatchObject({ isError: true, code })
  expect(error.message).toMatch(sentence)
})

it('says which list the rights of the user do not show', async () => {
  const { call, sent } = await setupQueries({ counts: { 'dcim.location': 403 } })
  const query = '{ devices { name } places: locations { name } }'

  expect(errorOf(await call('query', { query }))).toMatchObject({
    code: 'FORBIDDEN',
    message: '"places": your rights do not show locations.'
  })
  expect(sent).toEqual([])
})

it('says what is hidden within the answer', async () => {
  const { call } = await setupQueries({
    counts: { 'dcim.device': 2, 'dcim.interface': 403 },
    answer: () => ({
      data: { devices: rows(2, { role: null, location: null, tenant: null, interfaces: [] }) }
    })
  })
  const query =
    '{ devices { name role { name } location { name } tenant { name } interfaces { name } } }'

  expect((await call('query', { query })).text.gaps).toEqual([
    '"devices.role" is hidden in 2 of 2 objects: your rights do not show it.',
    '"devices.location" is hidden in 2 of 2 objects: your rights do not show it.',
    '"devices.interfaces" is hidden: your rights do not show it.'
  ])
})

it('cuts what would not fit into the text, and says so', async () => {
  const long = rows(150, { note: 'x'.repeat(400) })
  const { call } = await setupQueries({
    counts: { 'dcim.device': 150 },
    answer: () => ({ data: { devices: long, locations: rows(2) } })
  })
  const query = '{ devices(limit: 150) { name note: name } locations { name } }'
  const { text } = await call('query', { query })
  const shown = (text.data as { devices: unknown[] }).devices.length

  expect(JSON.stringify(text).length).toBeLessThan(41_000)
  expect(text.gaps).toContain(`"devices" was cut at ${shown} of 150.`)
})

it('says of an object that is not there that it may be hidden', async () => {
  const { call } = await setupQueries({ answer: () => ({ data: { device: null } }) })
  const { text, facts } = await call('query', { query: '{ device(id: "id-1") { name } }' })

  expect(text.gaps).toEqual([
    'There is no such object for "device", or your rights do not show it.'
  ])
  expect(facts.links).toEqual([])
})

it('links the page of an object that was asked for by id', async () => {
  const { call } = await setupQueries({ answer: () => ({ data: { device: { name: 'd' } } }) })
  const { facts } = await call('query', { query: '{ device(id: "id-1") { name } }' })

  expect(facts.links).toEqual([
    { label: 'device device', url: 'https://nautobot.example.com/dcim/devices/id-1/' }
  ])
})

it('asks once for what it has asked a moment ago, and needs two requests for a list when warm', async () => {
  const { call, server } = await setupQueries({ counts: { 'dcim.device': 1 } })
  const ask = (name: string) => call('query', { query: `{ devices(name: "${name}") { name } }` })
  await ask('a')
  const before = server.requests.length
  await ask('a')
  expect(server.requests.length - before).toBe(0)
  await ask('b')
  expect(server.requests.length - before).toBe(2)
})

it('reads the schema anew when Nautobot knows a name that the schema lacks', async () => {
  const { call, sent, learn } = await setupQueries({
    counts: { 'dcim.device': 1 },
    answer: () => ({ data: { devices: [{ brand_new: 1 }] } })
  })
  await call('query', { query: '{ devices { name } }' })
  learn('brand_new')
  const query = '{ devices { brand_new } }'
  expect(errorOf(await call('query', { query })).message).toContain('has just changed')
  expect(sent.at(-1)).toBe('{ devices(limit: 1) { brand_new } }')

  expect((await call('query', { query })).text.data).toEqual({ devices: [{ brand_new: 1 }] })
})

it('reads no secret out, under whatever alias and however deep in a document', async () => {
  const fake = await setupQueries({
    counts: { 'dcim.device': 1 },
    answer: () => ({
      data: {
        devices: [
          {
            name: 'd1',
            motto: 'hunter2',
            data: { snmp: [{ auth_key: 'hunter2' }], ntp: ['10.0.0.1'] },
            role: { name: 'router' }
          }
        ]
      }
    })
  })
  for (const name of ['wifi_psk', 'local_config_context_data']) fake.learn(name)
  const query = '{ devices { name motto: wifi_psk data: local_config_context_data role { name } } }'
  const { text, facts } = await fake.call('query', { query })

  expect(text.data).toEqual({
    devices: [
      {
        name: 'd1',
        motto: '(not shown here)',
        data: { snmp: [{ auth_key: '(not shown here)' }], ntp: ['10.0.0.1'] },
        role: { name: 'router' }
      }
    ]
  })
  expect(facts.gaps).toEqual([
    '"devices.motto" is not shown here; its page in Nautobot may show it.',
    'A part of "devices.data" is not shown here; its page in Nautobot may show it.'
  ])
})

it('reads times as the other tools do, in filters at the root and below it', async () => {
  const { call, sent } = await setupQueries({ counts: { 'dcim.device': 5 } })
  const query = '{ devices(created__gte: "2 days ago", created__lte: "2026-11-20") { name } }'
  const { text } = await call('query', { query })

  expect(sent).toEqual([
    expect.stringMatching(
      /^{ devices\(created__gte: "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created__lte: "2026-11-20", limit/
    )
  ])
  expect(Object.keys(Object(text.read_as))).toEqual(['devices'])
  const soon = await call('query', { query: '{ devices(created__gte: "soon") { name } }' })
  expect(errorOf(soon).message).toMatch(/"soon" is not a time. Use 2026-11-20/)
  expect(sent).toHaveLength(1)
})

it('takes a name in other letters for the one that there is, and says so', async () => {
  const { call, sent } = await setupQueries({
    counts: { 'dcim.device': (filters) => (filters.get('location') === 'AMS01' ? 2 : 400) },
    answer: (request) =>
      /name__ie/.test(JSON.stringify(request.body))
        ? { data: { rows: [{ id: 'i', name: 'AMS01' }] } }
        : { data: { devices: rows(2) } }
  })
  const { text, facts } = await call('query', {
    query: '{ devices(location: "ams01") { name } }'
  })

  expect(text).toEqual({
    counts: { devices: 2 },
    read_as: { devices: { location: ['AMS01'] } },
    data: { devices: rows(2) }
  })
  expect(facts.links[0]?.url).toContain('location=AMS01')
  expect(sent.at(-1)).toBe('{ devices(location: "AMS01", limit: 51, offset: 0) { name } }')
})
