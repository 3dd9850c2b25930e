import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { CLIENTS } from '../support/door-clients.ts'
import { countAs } from './support/rest.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const DEVICES = { model: 'dcim.device' }
/** What the service asks by itself, texts of saved queries included, or to learn who is calling. */
const IDENTITY =
  /^\/api\/(extras\/graphql-queries|plugins\/ai-ops\/(whoami|token-exchange|jwks|llm-models|mcp-servers|system-prompts))\//

let service: Service

beforeAll(async () => {
  service = await startService()
})

afterAll(() => service?.stop())

beforeEach(() => service.proxy.forget())

/** Whose token it is that was sent to Nautobot. */
async function ownerOf(authorization = 'none') {
  const url = `${inject('nautobot').url}/api/plugins/ai-ops/whoami/`
  const answer = await fetch(url, { headers: { authorization } })
  const { username, exchanged, write_enabled } = await answer.json()
  return { username, exchanged, write_enabled }
}

/** Everybody who has read the network since the last `forget()`. */
async function readers() {
  const reads = service.proxy.requests.filter(({ path }) => !IDENTITY.test(path))
  const tokens = new Set(reads.map(({ authorization }) => authorization))
  return Promise.all([...tokens].map(ownerOf))
}

test.each(CLIENTS)('[T12] %s sees what the owner of its API token sees', async (...row) => {
  for (const user of ['alice', 'bob'] as const) {
    service.proxy.forget()
    const client = await row[2](service.sidecar.url, { authorization: apiToken(user) })
    const { text } = await client.call('count', DEVICES)
    expect(text.count).toBe(await countAs(user, 'dcim/devices/'))
    const { text: listed } = await client.call('find', { ...DEVICES, limit: 2 })
    expect(listed).toMatchObject({ count: text.count, links: expect.any(Array) })
    await client.close()
    const owner = { username: user, exchanged: true, write_enabled: false }
    expect(await readers()).toEqual([owner])
  }
})

test('a session token of the chat page opens it too', async () => {
  const [, , connect] = CLIENTS[0] ?? []
  const { authorization, logOut } = await sessionToken('bob')
  const client = await connect?.(service.sidecar.url, { authorization })
  const answer = await client?.call('count', DEVICES)
  expect(answer?.text.count).toBe(await countAs('bob', 'dcim/devices/'))
  await client?.close()
  await logOut()
})

test('who may not chat is refused with the permission that is missing, and nothing is read', async () => {
  const { status, body } = await service.call('/mcp', {
    authorization: apiToken('mallory'),
    headers: { accept: 'application/json, text/event-stream' },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  })
  expect([status, body.error.code]).toEqual([403, 'FORBIDDEN'])
  expect(body.error.message).toContain('nautobot_ai_ops.chat_llmmodel')
  expect(await readers()).toEqual([])
})

test('no identity and a wrong one are 401 with a sentence', async () => {
  for (const authorization of [undefined, `Token ${'0'.repeat(40)}`, 'Bearer hello']) {
    const { status, body } = await service.call('/mcp', {
      authorization,
      headers: { accept: 'application/json, text/event-stream' },
      body: { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    })
    expect([status, body.error.code]).toEqual([401, 'UNAUTHENTICATED'])
    expect(body.error.message).toMatch(/^[A-Z].+\.$/)
  }
  expect(await readers()).toEqual([])
})
