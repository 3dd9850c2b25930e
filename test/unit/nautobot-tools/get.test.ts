import { expect, it } from 'vitest'
import { readIdentifier } from '../../../src/nautobot-tools/identifier.ts'
import { type Answer, errorOf, graphqlText, setup } from '../../support/fake-nautobot.ts'
import { json } from '../../support/wire-server.ts'

const ID = '6f1c2f4e-5a53-4b12-9a3e-0d6a1c1b2c3d'
const OTHER = '7a1c2f4e-5a53-4b12-9a3e-0d6a1c1b2c3e'
const named = (objectType: string, id: string, name: string, more = {}) => ({
  id,
  object_type: objectType,
  display: `display of ${name}`,
  url: `http://nautobot/api/${objectType}/${id}/`,
  name,
  natural_slug: `${name}_slug`,
  ...more
})
/** What the user may not view, as Nautobot answers it with a depth. */
const withheld = (objectType: string, id: string, display: string) => ({
  id,
  object_type: objectType,
  url: `http://nautobot/api/${objectType}/${id}/`,
  display
})
const FRANKFURT = withheld('dcim.location', 'id-fra', 'EMEA → FRA01')
const DEVICE = named('dcim.device', ID, 'ams01-rtr-01', {
  serial: 'JU4137',
  position: null,
  comments: '',
  face: { value: 'front', label: 'Front' },
  airflow: { value: 'ftr', label: 'Front to rear' },
  status: named('extras.status', 'id-active', 'Active'),
  location: FRANKFURT,
  primary_ip4: {
    ...named('ipam.ipaddress', 'id-ip', ''),
    address: '10.0.0.1/24',
    display: '10.0.0.1/24'
  },
  interface_count: 7,
  tags: [],
  custom_fields: { site_code: 'NL-1', owner: null },
  relationships: {
    spare: {
      label: 'Spare',
      destination: {
        label: 'spares',
        objects: [named('dcim.device', OTHER, 'spare-1'), withheld('dcim.device', 'x', 'spare-2')]
      }
    },
    backup: { label: 'Backup', peer: { label: 'peers', objects: [] } }
  },
  notes_url: 'http://nautobot/notes/'
})
const found = {
  id: ID,
  name: 'ams01-rtr-01',
  location: { name: 'AMS01' },
  status: { name: 'Active' }
}
/** Rows of the first list; none of all others. */
const rows = (first: unknown[]): Answer => {
  return ({ body }) => {
    const aliases = String((body as { query: string }).query).match(/l\d+(?=:)/g) ?? []
    return { data: Object.fromEntries(aliases.map((alias, i) => [alias, i === 0 ? first : []])) }
  }
}
const device: Answer = () => DEVICE

it('reads an object by its id with one request, in words, and links it with what it names', async () => {
  const { call, anotherRun, server, sent } = await setup({ rest: device })
  await (await anotherRun())('get', { model: 'device', object: ID })
  const before = server.requests.length
  const { text, facts } = await call('get', { model: 'device', object: ID.toUpperCase() })

  expect(server.requests.length - before).toBe(1)
  const [request] = sent(`/objects/dcim.device/${ID}/`)
  expect(request?.query.toString()).toBe('depth=1&exclude_m2m=false&include=relationships')
  expect(text).toEqual({
    model: 'dcim.device',
    id: ID,
    object: 'ams01-rtr-01',
    fields: {
      name: 'ams01-rtr-01',
      serial: 'JU4137',
      face: 'front',
      airflow: 'Front to rear (ftr)',
      status: 'Active',
      location: '(hidden)',
      primary_ip4: '10.0.0.1/24',
      cf_site_code: 'NL-1'
    },
    relationships: { spare: ['spare-1', '(hidden)'] },
    not_set: ['position', 'comments', 'tags', 'cf_owner'],
    gaps: [
      '"location" is hidden: your rights do not show it.',
      '"spare" is hidden in 1 of 2: your rights do not show it.'
    ]
  })
  expect(facts.gaps).toEqual(text.gaps)
  expect(facts.links).toEqual([
    {
      label: 'device ams01-rtr-01',
      url: `https://nautobot.example.com/dcim/devices/${ID}/`
    },
    {
      label: 'IP address 10.0.0.1/24',
      url: 'https://nautobot.example.com/ipam/ipaddresss/id-ip/'
    },
    { label: 'device spare-1', url: `https://nautobot.example.com/dcim/devices/${OTHER}/` },
    { label: 'status Active', url: 'https://nautobot.example.com/extras/statuss/id-active/' }
  ])
})

it('tells no name of what the user may not view, wherever Nautobot says it', async () => {
  const terminations = { A: { 1: FRANKFURT }, B: [{ far: FRANKFURT }] }
  const { call } = await setup({ rest: () => ({ ...DEVICE, terminations }) })
  const read = await call('get', { model: 'device', object: ID })
  const answer = JSON.stringify(read)

  expect(read.text.fields).toMatchObject({
    terminations: { A: { 1: '(hidden)' }, B: [{ far: '(hidden)' }] }
  })
  for (const name of ['FRA01', 'spare-2', 'display of', '_slug'])
    expect([name, answer.includes(name)]).toEqual([name, false])
})

it.each([
  `https://nautobot.example.com/dcim/devices/${ID}/`,
  `https://nautobot.example.com/dcim/devices/${ID}/interfaces/?tab=main`,
  `https://nautobot.example.com/api/dcim/devices/${ID}/`,
  `/dcim/devices/${ID}/`
])('reads the object of %s with one request', async (url) => {
  const { call, anotherRun, server } = await setup({ rest: device })
  await (await anotherRun())('get', { object: url })
  const before = server.requests.length

  expect((await call('get', { object: url })).text.object).toBe('ams01-rtr-01')
  expect(server.requests.length - before).toBe(1)
})

it.each([
  ['another Nautobot', `https://elsewhere.example.com/dcim/devices/${ID}/`, {}, 'not the address'],
  ['a list', 'https://nautobot.example.com/dcim/devices/', {}, 'address of a list'],
  ['no object', 'https://nautobot.example.com/user/profile/', {}, 'not the address'],
  [
    'another model',
    `/dcim/devices/${ID}/`,
    { model: 'location' },
    'of a device, not of a location'
  ],
  ['an id without a model', ID, {}, 'name the model'],
  ['nothing', '  ', {}, 'Name the object'],
  ['what the database cannot take', 'a\u0000b', {}, 'control characters']
])('refuses %s instead of guessing', async (_what, object, more, sentence) => {
  const { call, sent } = await setup({ rest: device })
  const error = errorOf(await call('get', { object, ...more }))

  expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
  expect(error.message).toContain(sentence)
  expect([...sent('/objects/'), ...sent('graphql')]).toEqual([])
})

it('finds and reads an object by its name with one request when nothing else is meant', async () => {
  const parts = { object: DEVICE, related: [], none: [], hidden: [] }
  const { call, anotherRun, server, sent } = await setup({
    only: () => ({ found: 1, object_type: 'dcim.device', ...parts })
  })
  await (await anotherRun())('get', { object: 'AMS01-RTR-01' })
  const before = server.requests.length
  const { text } = await call('get', { model: 'device', object: 'ams01 rtr 01' })

  expect(text).toMatchObject({ model: 'dcim.device', id: ID, object: 'ams01-rtr-01' })
  expect(server.requests.length - before).toBe(1)
  expect(sent('/objects/').at(-1)?.query.getAll('in')).toEqual(['1 dcim.device name ams01 rtr 01'])
  expect(sent('graphql')).toEqual([])
})

it.each<[what: string, only: Answer]>([
  ['none', () => ({ found: 0 })],
  ['several', () => ({ found: 2 })],
  ['a wrong list', (_, response) => json(response, 400, { in: ['No.'] })],
  ['an older app', (_, response) => json(response, 404, { detail: 'Not found.' })]
])('searches when the shim knows of %s', async (_what, only) => {
  const { call } = await setup({ only, graphql: rows([found]), rest: device })
  expect((await call('get', { object: 'ams01-rtr-01' })).text.id).toBe(ID)
})

it.each([
  [163, 1],
  [164, 0]
])('names the lists of a name of %i letters in %i request', async (letters, requests) => {
  const { call, sent } = await setup({ only: () => ({ found: 0 }), graphql: rows([]) })
  await call('get', { model: 'device', object: '界'.repeat(letters) })
  const asked = sent('/objects/')
  expect([letters, asked.length]).toEqual([letters, requests])
})

it('says that it could not ask, when it could not', async () => {
  const { call } = await setup({
    only: (_, response) => json(response, 502, '<h1>Bad gateway</h1>'),
    graphql: rows([])
  })
  const { isError, text } = await call('get', { object: 'ams01-rtr-01' })
  expect([isError, (text.error as { code: string }).code]).toEqual([true, 'NAUTOBOT_UNAVAILABLE'])
})

it('finds an object by its name whatever the case of its letters', async () => {
  const { call, anotherRun, server, sent } = await setup({ graphql: rows([found]), rest: device })
  await (await anotherRun())('get', { object: 'AMS01-RTR-01' })
  const before = server.requests.length

  expect((await call('get', { object: 'AMS01-RTR-01' })).text.id).toBe(ID)
  expect(server.requests.length - before).toBe(3)
  expect(graphqlText(sent('graphql')[0])).toBe(
    '{ l0: devices(name: "AMS01-RTR-01", limit: 11, offset: 0) ' +
      '{ id name location { name } role { name } status { name } serial } }'
  )
})

it.each([
  ['10.0.0.1', 'ip_addresses(address: "10.0.0.1", limit: 11'],
  ['10.0.0.1/24', 'ip_addresses(address: "10.0.0.1/24", limit: 11'],
  ['2001:db8::1', 'ip_addresses(address: "2001:db8::1", limit: 11']
])('looks for the address %s among the addresses', async (object, list) => {
  const address = () => ({ id: ID, object_type: 'ipam.ipaddress', address: '10.0.0.1/24' })
  const { call, sent } = await setup({
    graphql: rows([{ id: ID, address: '10.0.0.1/24' }]),
    rest: address
  })
  const { text } = await call('get', { object })

  expect(text).toMatchObject({ model: 'ipam.ipaddress', object: '10.0.0.1/24' })
  expect(graphqlText(sent('graphql')[0])).toContain(list)
  expect(sent(`/objects/ipam.ipaddress/${ID}/`)[0]?.query.get('depth')).toBe('2')
})

it('lists the objects that may be meant, with what tells them apart', async () => {
  const second = { ...found, id: OTHER, location: { name: 'NYC01' } }
  const { call, sent } = await setup({ graphql: rows([found, second]), rest: device })
  const answer = await call('get', { model: 'device', object: 'ams01-rtr-01' })

  expect(answer.isError).toBe(true)
  expect(answer.text.error).toEqual({
    code: 'INVALID_REQUEST',
    message: '"ams01-rtr-01" may mean 2 objects. Ask for one by its model and id, or with filters.',
    candidates: [
      { model: 'dcim.device', id: ID, object: 'ams01-rtr-01', location: 'AMS01', status: 'Active' },
      {
        model: 'dcim.device',
        id: OTHER,
        object: 'ams01-rtr-01',
        location: 'NYC01',
        status: 'Active'
      }
    ]
  })
  expect(sent('/objects/dcim')).toEqual([])
})

it('bounds the candidates and says that there are more', async () => {
  const many = Array.from({ length: 11 }, (_, i) => ({
    ...found,
    id: `${i}`,
    name: 'x'.repeat(900)
  }))
  const { call } = await setup({ graphql: rows(many) })
  const { text } = await call('get', { model: 'device', object: 'x' })
  const { message, candidates } = text.error as { message: string; candidates: unknown[] }

  expect(message).toContain('more than 10 objects')
  expect(candidates).toHaveLength(10)
  expect(JSON.stringify(text).length).toBeLessThan(5_000)
})

it('takes the object whose name is written the same', async () => {
  const upper = { ...found, id: OTHER, name: 'AMS01-RTR-01' }
  const { call } = await setup({ graphql: rows([upper, found]), rest: device })

  expect((await call('get', { model: 'device', object: 'ams01-rtr-01' })).text.id).toBe(ID)
})

it('narrows a name by filters, and refuses a wrong one with the nearest', async () => {
  const { call, sent } = await setup({
    graphql: rows([found]),
    rest: device,
    count: (_, response) => json(response, 400, { locaton: ['Unknown filter field'] })
  })
  await call('get', { model: 'device', object: 'rtr', filters: { location: ['AMS01'] } })
  expect(graphqlText(sent('graphql')[0])).toContain('name: "rtr", location: "AMS01", limit: 11')

  const wrong = { model: 'device', object: 'rtr', filters: { locaton: 'AMS01' } }
  expect(errorOf(await call('get', wrong))).toMatchObject({ isError: true, nearest: ['location'] })
  expect(sent('graphql')).toHaveLength(1)
})

it('names the nearest for a name that nothing has, and says that rights may hide it', async () => {
  const { call } = await setup({
    graphql: (request) =>
      graphqlText(request)?.includes('limit: 1000')
        ? { data: { l0: [{ name: 'ams01-rtr-01' }, { name: 'nyc01-sw-09' }] } }
        : rows([])(request, undefined as never)
  })

  expect(errorOf(await call('get', { model: 'device', object: 'ams01-rtr-1' }))).toEqual({
    isError: true,
    code: 'OBJECT_NOT_FOUND',
    message: 'There is no device called "ams01-rtr-1", or your rights do not show it.',
    nearest: ['ams01-rtr-01']
  })
})

it('says of an id that is not there, and of one that is hidden, the same', async () => {
  const { call } = await setup()

  expect(errorOf(await call('get', { model: 'device', object: ID }))).toEqual({
    isError: true,
    code: 'OBJECT_NOT_FOUND',
    message: `There is no device with the id "${ID}", or your rights do not show it.`
  })
})

it('refuses a model that the user may not view, where GraphQL would show an empty list', async () => {
  const { call, sent } = await setup()

  expect(errorOf(await call('get', { model: 'location', object: 'AMS01' }))).toMatchObject({
    code: 'FORBIDDEN',
    message: 'Your rights do not show any locations.'
  })
  expect(sent('graphql')).toEqual([])
})

it.each([
  [503, 'NAUTOBOT_UNAVAILABLE', /could not be asked/],
  [501, 'NOT_IN_SAMPLE', /not in the sample/],
  [403, 'FORBIDDEN', /permission/]
])('reports the status %i as %s, never as "not there"', async (status, code, sentence) => {
  const detail = { 503: 'down', 501: 'That is not in the sample.', 403: 'No permission.' }[status]
  const refuse: Answer = (_, response) => json(response, status, { detail, code })
  const { call } = await setup({ graphql: refuse, rest: refuse })
  for (const object of [ID, 'ams01-rtr-01']) {
    const error = errorOf(await call('get', { model: 'device', object }))
    expect(error).toMatchObject({ isError: true, code })
    expect(error.message).toMatch(sentence)
  }
})

it('takes an answer without a list for an outage, not for "not there"', async () => {
  const { call } = await setup({ graphql: () => ({ data: {} }) })

  expect(errorOf(await call('get', { model: 'device', object: 'a' })).code).toBe(
    'NAUTOBOT_UNAVAILABLE'
  )
})

it('keeps an object within bounds, and says what it left out', async () => {
  const others = Array.from({ length: 60 }, (_, i) => named('dcim.device', `d${i}`, `sw-${i}`))
  const long = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`field_${i}`, 'x'.repeat(5_000)])
  )
  const { call } = await setup({ rest: () => ({ ...DEVICE, others, ...long }) })
  const { text, facts } = await call('get', { model: 'device', object: ID })

  expect(JSON.stringify(text).length).toBeLessThan(16_000)
  expect((text.fields as { others: string[] }).others).toHaveLength(25)
  expect(facts.gaps).toContain('"others" was cut at 25 of 60.')
  expect(facts.gaps.at(-1)).toMatch(/^\d+ fields were left out/)
  expect(facts.links).toHaveLength(15)
})

it('does not read secrets out', async () => {
  const { call } = await setup({
    rest: () => ({
      ...DEVICE,
      wifi_psk: 'hunter2',
      headers: { 'x-key': 'hunter2' },
      max_tokens: 5
    })
  })
  const answer = await call('get', { model: 'device', object: ID })

  expect(JSON.stringify(answer)).not.toContain('hunter2')
  expect(answer.text.fields).toMatchObject({
    wifi_psk: '(not shown here)',
    headers: '(not shown here)',
    max_tokens: 5
  })
})

it('does not read secrets out of documents, whatever their depth and case', async () => {
  const secret = 'hunter2'
  const { call } = await setup({
    rest: () => ({
      ...DEVICE,
      secrets_group: named('extras.secretsgroup', OTHER, 'routers'),
      config_context: { snmp: [{ community: 'public', AuthKey: secret }], ntp: ['10.0.0.1'] },
      custom_fields: {
        wifi: { ssid: 'guest', 'pre-shared-key': secret, apiKey: [secret], password: 1234 },
        tokens: [secret],
        limits: { max_tokens: 5 }
      }
    })
  })
  const { text, facts } = await call('get', { model: 'device', object: ID })

  expect(JSON.stringify(text)).not.toMatch(/hunter2|1234/)
  expect(text.fields).toMatchObject({
    secrets_group: 'routers',
    config_context: { snmp: [{ AuthKey: '(not shown here)' }], ntp: ['10.0.0.1'] },
    cf_wifi: { ssid: 'guest', 'pre-shared-key': '(not shown here)' },
    cf_tokens: '(not shown here)',
    cf_limits: { max_tokens: 5 }
  })
  expect(facts.gaps).toContain(
    'A part of "config_context" is not shown here; its page in Nautobot may show it.'
  )
})

it.each([
  ['10.0.0.0/24', true],
  ['10.0.0.1/24', false],
  ['10.0.0.1/32', true],
  ['0.0.0.0/0', true],
  ['2001:db8::/32', true],
  ['2001:db8::1/64', false],
  ['::ffff:10.0.0.0/104', true]
])('takes %s for a network: %s', (address, isNetwork) => {
  expect(readIdentifier(address, 'https://nautobot.example.com')).toEqual({
    kind: 'address',
    address,
    isNetwork
  })
})

it.each(['10.0.0.0/33', '10.0.0', '1/1/1', 'fe80::1%eth0', '10.0.0.1/24/1', '10.0.0.1/'])(
  'takes %s for a name',
  (name) => {
    const read = readIdentifier(name, 'https://nautobot.example.com')
    expect(read).toEqual({ kind: 'name', name })
  }
)

it('reads the path of a Nautobot that does not stand at the root of its host', () => {
  const home = 'https://example.com/nautobot'
  const read = readIdentifier(`${home}/dcim/devices/${ID}/`, home)

  expect(read).toEqual({ kind: 'url', path: `/dcim/devices/${ID}/` })
})

const list = (name: string, objectType: string, more = {}) => ({
  name,
  object_type: objectType,
  count: 1,
  filters: null,
  objects: [],
  ...more
})

it('tells how many objects point at it, names the first, and links the lists', async () => {
  const { call, sent } = await setup({
    rest: device,
    related: {
      related: [
        list('interfaces', 'dcim.interface', {
          count: 48,
          filters: { device: ID },
          objects: [
            { id: 'i-1', label: 'xe-0/0/0', facts: { addresses: ['10.0.0.1/24', '(hidden)'] } },
            { id: 'i-2', label: 'xe-0/0/1', facts: {} }
          ]
        }),
        list('vc_master_for', 'dcim.device', {
          objects: [{ id: OTHER, label: 'spare-1', facts: { connected_to: ['a b'] } }]
        }),
        list('plans', 'app.plan', { count: 2, filters: { device: ID } })
      ],
      none: ['console_ports', 'services'],
      hidden: ['cables']
    }
  })
  const { text, facts } = await call('get', { model: 'device', object: ID })

  expect(text).toMatchObject({
    related: {
      interfaces: { count: 48, first: ['xe-0/0/0 (addresses: 10.0.0.1/24, (hidden))', 'xe-0/0/1'] },
      vc_master_for: { count: 1, first: ['spare-1 (connected to: a b)'] },
      plans: { count: 2, first: [] }
    },
    related_none: 'console_ports services',
    related_hidden_by_your_rights: 'cables'
  })
  expect(facts.links.slice(0, 3)).toEqual([
    expect.objectContaining({ label: 'device ams01-rtr-01' }),
    {
      label: 'Interfaces of ams01-rtr-01: 48',
      url: `https://nautobot.example.com/dcim/interfaces/?device=${ID}&clear_view=true`
    },
    {
      label: 'device spare-1',
      url: `https://nautobot.example.com/dcim/devices/${OTHER}/`
    }
  ])
  expect(sent('/objects/')).toHaveLength(1)
})

it('keeps what points at an object within bounds, but for the numbers', async () => {
  const objects = Array.from({ length: 5 }, (_, i) => ({
    id: `${i}`,
    label: 'x'.repeat(200),
    facts: { addresses: ['y'.repeat(200)] }
  }))
  const related = Array.from({ length: 60 }, (_, i) =>
    list(`list_${i}`, 'dcim.interface', { count: 5, filters: { device: ID }, objects })
  )
  const { call } = await setup({ rest: device, related: { related } })
  const { text, facts } = await call('get', { model: 'device', object: ID })

  expect(JSON.stringify(text).length).toBeLessThan(10_000)
  expect(Object.keys(text.related as object)).toHaveLength(60)
  expect((text.related as Record<string, unknown>).list_59).toEqual({ count: 5 })
  expect(facts.links.filter(({ label }) => label.startsWith('List '))).toHaveLength(8)
})

it('looks for a MAC among all models that have them', async () => {
  const { call, sent } = await setup({ graphql: rows([{ id: ID, name: 'eth0' }]), rest: device })
  await call('get', { object: '02:00:5e:10:00:11' })
  const text = graphqlText(sent('graphql')[0])

  expect(text).toContain('l0: interfaces(mac_address: "02:00:5E:10:00:11", limit: 11')
  expect(text).toContain('l1: vm_interfaces(mac_address: "02:00:5E:10:00:11", limit: 11')
})
