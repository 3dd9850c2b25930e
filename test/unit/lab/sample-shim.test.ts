import { expect, test } from 'vitest'
import { MAX_TOKENS } from '../../../src/lab/sample-users.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { at, devices } from './support/network.ts'
import { startSample } from './support/sample.ts'

const BASE = '/api/plugins/ai-ops'
const MODEL_ID = '11111111-1111-4111-8111-111111111111'
const MODEL = {
  id: MODEL_ID,
  name: 'm',
  provider: 'openai',
  model_name: 'm',
  remote_url: 'http://127.0.0.1:1/v1'
}
const exchange = (body: unknown, who = 'service' as const) =>
  [`${BASE}/token-exchange/`, { who, body }] as const

test('tells who is asking', async () => {
  const { ask } = await startSample({ llmModels: [MODEL] })
  const { body } = await ask(`${BASE}/whoami/`)
  expect(body).toMatchObject({
    username: 'lab',
    write_enabled: true,
    exchanged: false,
    scopes: ['chat', 'operate', 'erase'],
    llm_models: [MODEL_ID],
    mcp_servers: []
  })
  const restricted = await ask(`${BASE}/whoami/`, { who: 'restricted' })
  expect(restricted.body.scopes).toEqual(['chat'])
})

test('exchanges an API token for a read-only token and a grant, and the grant again', async () => {
  let nowMs = Date.now()
  const { ask } = await startSample({ now: () => nowMs })
  const first = await ask(...exchange({ api_token: 'restricted-token' }))
  expect(first.status).toBe(201)
  expect(first.body.expires - Math.floor(nowMs / 1000)).toBe(600)
  expect(first.body.grant_expires - Math.floor(nowMs / 1000)).toBe(3600)
  const { token, grant } = first.body
  const who = await ask(`${BASE}/whoami/`, { token })
  expect(who.body).toMatchObject({ username: 'restricted', exchanged: true, write_enabled: false })

  nowMs += 600_000
  const late = await ask('/api/dcim/devices/', { token })
  expect([late.status, late.body.detail]).toEqual([403, 'Token expired'])
  const again = await ask(...exchange({ grant }))
  expect(again.body).toMatchObject({ grant, grant_expires: first.body.grant_expires })

  nowMs += 3_000_000
  const lapsed = await ask(...exchange({ grant }))
  expect([lapsed.status, lapsed.body.code]).toEqual([400, 'token_expired'])
})

test.each([
  [{}, 400, 'invalid_request'],
  [{ grant: 'a', api_token: 'b' }, 400, 'invalid_request'],
  [{ grant: 1 }, 400, 'invalid_request'],
  [{ grant: 'a' }, 400, 'token_invalid'],
  [{ session_token: 'a.b.c' }, 400, 'token_invalid'],
  [{ api_token: 'nobody' }, 400, 'token_invalid'],
  [{ api_token: 'service-token' }, 403, 'user_refused']
])('refuses to exchange %j with %i %s', async (body, status, code) => {
  const { ask } = await startSample()
  const answer = await ask(...exchange(body))
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('refuses an exchanged token as input, as a writer, and callers without the right', async () => {
  const { ask } = await startSample()
  const { body } = await ask(...exchange({ api_token: 'lab-token' }))
  const twice = await ask(...exchange({ api_token: body.token }))
  expect([twice.status, twice.body.code]).toEqual([400, 'token_exchanged'])
  const write = await ask(`${BASE}/system-prompts/`, { token: body.token, body: { name: 'x' } })
  expect(write.status).toBe(403)
  const other = await ask(`${BASE}/token-exchange/`, { body: { api_token: 'restricted-token' } })
  expect(other.status).toBe(403)
})

test('keeps a bounded number of exchanged tokens', async () => {
  const { ask } = await startSample()
  const oldest = (await ask(...exchange({ api_token: 'lab-token' }))).body.token
  for (let made = 0; made < MAX_TOKENS; made += 100) {
    const hundred = Array.from({ length: 100 }, () => ask(...exchange({ api_token: 'lab-token' })))
    await Promise.all(hundred)
  }
  expect((await ask(`${BASE}/whoami/`, { token: oldest })).body.detail).toBe('Invalid token')
})

test('counts with the rights of the asking user, in all and by group', async () => {
  const { ask } = await startSample()
  const { body } = await ask(`${BASE}/count/dcim.device/?location=EMEA&group_by=role`)
  const expected = devices(at('EMEA'))
  expect(body.count).toBe(expected.length)
  const sum = body.groups.reduce((total: number, { count }: { count: number }) => total + count, 0)
  expect(sum).toBe(expected.length)
  const switches = body.groups.find(({ labels }: { labels: string[] }) => labels[0] === 'switch')
  expect(switches.count).toBe(expected.filter(({ role }) => role === 'switch').length)
  const few = await ask(`${BASE}/count/dcim.device/`, { who: 'restricted' })
  expect(few.body).toEqual({ count: devices(at('AMS01')).length })
})

test('withholds labels the user may not see, and cuts groups at the top', async () => {
  const { ask } = await startSample()
  const hidden = await ask(`${BASE}/count/dcim.location/?group_by=parent`, { who: 'restricted' })
  expect(hidden.body.groups).toContainEqual(
    expect.objectContaining({ values: [expect.any(String)], labels: [null], count: 1 })
  )
  const top = await ask(`${BASE}/count/dcim.device/?group_by=location&top=2`)
  const shown = top.body.groups.map(({ count }: { count: number }) => count)
  expect(shown).toHaveLength(2)
  expect(top.body.more.objects).toBe(top.body.count - shown[0] - shown[1])
  const pairs = await ask(`${BASE}/count/dcim.device/?group_by=role&group_by=status&top=100`)
  const active = devices(({ role, status }) => role === 'switch' && status === 'Active')
  expect(pairs.body.groups).toContainEqual(
    expect.objectContaining({ labels: ['switch', 'Active'], count: active.length })
  )
  const tags = await ask(`${BASE}/count/dcim.device/?group_by=tags`)
  expect(tags.body.overlapping).toBe(true)
})

test.each([
  ['statu=Active', { statu: ['Unknown filter field'], nearest: { statu: ['status'] } }],
  ['top=0&group_by=role', { top: ['Enter a whole number from 1 to 100.'] }],
  ['top=101&group_by=role', { top: ['Enter a whole number from 1 to 100.'] }],
  ['group_by=role,status', { group_by: [expect.stringContaining('two different ones')] }],
  ['group_by=role&group_by=role', { group_by: [expect.stringContaining('two different ones')] }],
  [
    'group_by=rolee',
    { group_by: [expect.stringContaining('Did you mean role?')], nearest: { group_by: ['role'] } }
  ]
])('refuses to count with %s', async (query, expected) => {
  const { ask } = await startSample()
  const { status, body } = await ask(`${BASE}/count/dcim.device/?${query}`)
  expect([status, body]).toEqual([400, expected])
})

test('lists every model of Nautobot, and lets only those of the sample be viewed', async () => {
  const { ask } = await startSample()
  const { body } = await ask(`${BASE}/models/`)
  const viewed = (type: string) =>
    body.models.find((model: { object_type: string }) => model.object_type === type)?.view
  expect([viewed('dcim.device'), viewed('dcim.cable')]).toEqual([true, false])
  const device = await ask(`${BASE}/models/dcim.device/`)
  expect(device.body.filters.location).toEqual({
    type: 'TreeNodeMultipleChoiceFilter',
    related: 'dcim.location',
    lookups: ['n']
  })
  expect(device.body.fields.face.choices).toEqual(['front', 'rear'])
})

test('hands out a credential with its address, to the service account alone', async () => {
  const credentials = new Map([[MODEL_ID, new Secret('sk-1')]])
  const { ask } = await startSample({ llmModels: [MODEL], credentials })
  const path = `${BASE}/llm-models/${MODEL_ID}/resolve-credential/`
  const answer = await ask(path, { who: 'service', body: {} })
  expect(answer.body).toEqual({ url: MODEL.remote_url, value: 'sk-1' })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await ask(path, { body: {} })).status).toBe(403)
  const list = await ask(`${BASE}/llm-models/`, { who: 'service' })
  expect(JSON.stringify(list.body)).not.toContain('sk-1')
})

test('writes a reported health only when it changes, and never over Maintenance', async () => {
  const resting = { ...MODEL, id: MODEL_ID.replaceAll('1', '2'), name: 'r', status: 'Maintenance' }
  const { ask } = await startSample({ llmModels: [MODEL, resting] })
  const report = (id: string, healthy: unknown) =>
    ask(`${BASE}/llm-models/${id}/report-health/`, { who: 'service', body: { healthy } })
  expect((await report(MODEL_ID, false)).body).toEqual({ status: 'Failed', changed: true })
  expect((await report(MODEL_ID, false)).body).toEqual({ status: 'Failed', changed: false })
  expect((await report(resting.id, false)).body).toEqual({ status: 'Maintenance', changed: false })
  expect((await report(MODEL_ID, 'no')).status).toBe(400)
})
