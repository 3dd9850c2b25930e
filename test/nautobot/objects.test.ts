import { expect, inject, onTestFinished, test } from 'vitest'
import { createModelDirectory } from '../../src/nautobot-tools/model-directory.ts'
import { type SavedQuery, toSavedQuery } from '../../src/nautobot-tools/saved-query.ts'
import { Secret } from '../../src/platform/secret.ts'
import { startRecordingProxy } from '../support/recording-proxy.ts'
import { connectTools } from '../support/tool-client.ts'
import { logIn } from './support/browser-session.ts'
import { nautobotAt, sharedNautobot } from './support/client.ts'
import type {} from './support/provided.ts'
import { restAs } from './support/rest.ts'

type User = 'admin' | 'alice' | 'bob'

const ROUTER = 'ams01-rtr-01'
/** Far more than the largest model needs; an app may add to them. */
const MAX_DESCRIPTION_CHARACTERS = 14_000
const MAX_OBJECT_CHARACTERS = 20_000

function callAs(user: User, savedQueries: readonly SavedQuery[] = []) {
  const { token } = inject('nautobot').users[user]
  return connectTools(sharedNautobot(), { userId: user, token, savedQueries })
}

const saved = (name: string, query: string) =>
  toSavedQuery(name, query) ?? expect.fail(`${name} is no query`)

async function modelsOf(user: User) {
  const { token } = inject('nautobot').users[user]
  const call = { token: new Secret(token), signal: new AbortController().signal }
  const path = '/api/plugins/ai-ops/models/'
  const answer = await sharedNautobot().get(path, {}, { ...call, correlationId: 'models' })
  return (answer as { models: { object_type: string; api: string }[] }).models
}

async function add(path: string, body: unknown): Promise<string> {
  const answer = await restAs('admin', path, { method: 'POST', body: JSON.stringify(body) })
  expect([path, answer.status, answer.body]).toEqual([path, 201, expect.anything()])
  const id = String(answer.body.id)
  const { url, users } = inject('nautobot')
  onTestFinished(async () => {
    const headers = { authorization: `Token ${users.admin.token}` }
    await fetch(`${url}${path}${id}/`, { method: 'DELETE', headers })
  })
  return id
}

test('shows and describes an object of every model that Nautobot has, within bounds', {
  timeout: 300_000
}, async () => {
  const call = await callAs('admin')
  const wrong: unknown[] = []
  let shown = 0
  for (const { object_type: model, api } of await modelsOf('admin')) {
    const described = await call('describe', { model })
    const size = JSON.stringify(described.text).length
    if (described.isError || size > MAX_DESCRIPTION_CHARACTERS)
      wrong.push([model, size, described.text.error])
    const { body } = await restAs('admin', `${api}?limit=1`)
    const [first] = (body.results ?? []) as { id: string }[]
    if (!first) continue
    const { isError, text } = await call('get', { model, object: first.id })
    if (isError || JSON.stringify(text).length > MAX_OBJECT_CHARACTERS) wrong.push([model, text])
    shown += 1
  }

  expect((await call('get', { object: ROUTER })).text.object).toBe(ROUTER)
  expect(wrong).toEqual([])
  expect(shown).toBeGreaterThan(25)
})

test('links pages that open and show the same object, and those that it names', {
  timeout: 240_000
}, async () => {
  const session = await logIn('alice')
  const call = await callAs('alice')
  for (const object of [ROUTER, '10.10.0.11', '10.10.0.0/24', '02:00:5e:10:00:11', 'AMS01-R1-01']) {
    const { text, facts } = await call('get', { object })
    expect(facts.links[0]?.url).toContain(String(text.id))
    const pages = facts.links.filter(({ url }) => !url.includes('clear_view'))
    for (const { label, url } of pages) {
      const page = await session.page(url)
      const name = label.split(' ').at(-1) ?? ''
      const isError = page.includes('Page Not Found') || page.includes('Access Denied')
      expect([label, url, isError, page.includes(name)]).toEqual([label, url, false, true])
    }
  }
})

test('asks Nautobot once for one object, whatever it is named by, and not at all to describe', async () => {
  const { url, users } = inject('nautobot')
  const proxy = await startRecordingProxy(url)
  onTestFinished(() => proxy.stop())
  const nautobot = nautobotAt(proxy.url, { publicUrl: url })
  const directory = createModelDirectory()
  // A run each: what one has asked it remembers.
  const aRun = () => connectTools(nautobot, { userId: 'bob', token: users.bob.token, directory })
  const warm = await aRun()
  const { text, facts } = await warm('get', { object: ROUTER })
  const asked: [number, 'get' | 'describe', Record<string, unknown>][] = [
    [1, 'get', { model: 'device', object: text.id }],
    [1, 'get', { object: facts.links[0]?.url }],
    [1, 'get', { object: ROUTER }],
    [1, 'get', { object: '10.10.0.11' }],
    [0, 'describe', {}],
    [0, 'describe', { model: 'device' }]
  ]
  for (const [, tool, args] of asked) await warm(tool, args)
  for (const [requests, tool, args] of asked) {
    const call = await aRun()
    proxy.forget()
    expect((await call(tool, args)).isError).toBe(false)
    expect([tool, args, proxy.requests.length]).toEqual([tool, args, requests])
    for (const { authorization } of proxy.requests)
      expect(authorization).toBe(`Token ${users.bob.token}`)
  }
})

test('shows relationships, and withholds those that lead to what the user may not view', async () => {
  const alice = await callAs('alice')
  const idOf = async (object: string) => String((await alice('get', { object })).text.id)
  const [source, near, far] = [
    await idOf(ROUTER),
    await idOf('ams01-rtr-02'),
    await idOf('nyc01-rtr-01')
  ]
  const [source_type, destination_type] = ['dcim.device', 'dcim.device']
  const relationship = await add('/api/extras/relationships/', {
    label: 'Stands in for',
    key: 'stands_in_for',
    type: 'many-to-many',
    source_type,
    destination_type
  })
  for (const destination_id of [near, far])
    await add('/api/extras/relationship-associations/', {
      relationship,
      source_type,
      source_id: source,
      destination_type,
      destination_id
    })
  const namesIn = async (user: User) => {
    const call = await callAs(user)
    const { text } = await call('get', { object: ROUTER })
    const names = Object.values((text.relationships ?? {}) as Record<string, string[]>).flat()
    return names.toSorted()
  }

  expect(await namesIn('alice')).toEqual(['ams01-rtr-02', 'nyc01-rtr-01'])
  expect(await namesIn('bob')).toEqual(['(hidden)', 'ams01-rtr-02'])
})

test('answers a wrong model, field, filter or value with the nearest names, in every tool [T15]', async () => {
  const call = await callAs('alice', [
    saved('Devices', 'query ($place: String!) { devices(location: $place) { name } }'),
    saved('Typo', 'query ($place: String!) { devices(locaton: $place) { name } }'),
    saved('Old', '{ devices { nmae } }')
  ])
  const wrong: [string, Record<string, unknown>, string][] = [
    ['count', { model: 'devcies' }, 'dcim.device'],
    ['count', { model: 'devices', filters: { locaton: 'AMS01' } }, 'location'],
    ['count', { model: 'devices', filters: { location: 'AMS1' } }, 'AMS01'],
    ['count', { model: 'devices', group_by: 'statu' }, 'status'],
    ['find', { model: 'interfces' }, 'dcim.interface'],
    ['find', { model: 'devices', filters: { rolle: 'switch' } }, 'role'],
    ['find', { model: 'devices', filters: { role: 'swich' } }, 'switch'],
    ['find', { model: 'devices', fields: ['serail'] }, 'serial'],
    ['get', { model: 'devcie', object: ROUTER }, 'dcim.device'],
    ['get', { object: 'ams01-rtr-0' }, ROUTER],
    ['get', { model: 'device', object: ROUTER, filters: { locaton: 'AMS01' } }, 'location'],
    ['query', { query: '{ devcies { name } }' }, 'devices'],
    ['query', { query: '{ devices { naem } }' }, 'name'],
    ['query', { query: '{ devices(locaton: "AMS01") { name } }' }, 'location'],
    ['query', { query: '{ devices(location: "AMS1") { name } }' }, 'AMS01'],
    ['find', { model: 'devices', sort: 'naem' }, 'name'],
    ['describe', { model: 'devcies' }, 'dcim.device'],
    ['describe', { model: 'devices', name: 'statsu' }, 'status'],
    ['query', { query: '{ devces { name } }' }, 'devices'],
    ['query', { query: '{ devices { serail } }' }, 'serial'],
    ['query', { query: '{ devices(locaton: "AMS01") { name } }' }, 'location'],
    ['query', { query: '{ devices(role: "swich") { name } }' }, 'switch'],
    ['query', { query: '{ devices { interfaces(enabld: true) { name } } }' }, 'enabled'],
    ['query', { query: '{ devices { ... on DeviceTyp { name } } }' }, 'DeviceType'],
    ['saved_typo', { place: 'AMS01' }, 'location'],
    ['saved_devices', { place: 'AMS1' }, 'AMS01'],
    ['saved_devices', { plce: 'AMS01' }, 'place'],
    ['saved_old', {}, 'name'],
    ['count', { model: 'devices', filter: { location: 'AMS01' } }, 'filters']
  ]
  for (const [tool, args, near] of wrong) {
    const { isError, text } = await call(tool as 'count', args)
    const { nearest } = text.error as { nearest?: string[] }
    expect([tool, args, isError, nearest]).toEqual([
      tool,
      args,
      true,
      expect.arrayContaining([near])
    ])
  }
})

test('shows a custom field that was added after GraphQL had been asked, and counts by it', async () => {
  const before = await callAs('alice')
  await before('find', { model: 'devices', limit: 1 })
  const key = 'added_late'
  await add('/api/extras/custom-fields/', {
    label: 'Added late',
    key,
    type: 'text',
    content_types: ['dcim.device']
  })
  const call = await callAs('alice')
  const found = await call('find', {
    model: 'devices',
    filters: { name: ROUTER },
    fields: ['name', `cf_${key}`, 'cf_site_code']
  })

  expect(found.text).toMatchObject({ rows: [[ROUTER, null, 'NL-AMS-1']] })
  const filters = { name: ROUTER, [`cf_${key}__n`]: 'here' }
  expect((await call('count', { model: 'devices', filters })).text.count).toBe(1)
  const refused = await call('find', { model: 'devices', filters })
  expect(refused.text.error).toMatchObject({ message: expect.stringContaining('after a restart') })
})

test('finds the changes of an object by what else names it, and of no other than was named', async () => {
  const admin = await callAs('admin')
  const router = await admin('get', { object: ROUTER })
  const { serial } = router.text.fields as { serial: string }
  const named = await admin('changes', { object: ROUTER })
  const bySerial = await admin('changes', { object: serial })
  const misspelt = await admin('changes', { object: [ROUTER, 'ams01-rtr-1'] })

  expect(named.text).toMatchObject({ count: expect.any(Number) })
  expect(Number(named.text.count)).toBeGreaterThan(0)
  expect(bySerial.text).toEqual({
    ...named.text,
    read_as: { object: [ROUTER] }
  })
  expect(misspelt).toMatchObject({
    isError: true,
    text: { error: { code: 'OBJECT_NOT_FOUND', nearest: expect.arrayContaining([ROUTER]) } }
  })
})
