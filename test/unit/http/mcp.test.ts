import { McpServer } from '@modelcontextprotocol/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { CLIENTS } from '../../support/door-clients.ts'
import { ALICE_TOKEN, BOB_TOKEN, NAUTOBOT_URL, startApp } from '../../support/http-app.ts'

type Started = Awaited<ReturnType<typeof startApp>>

const ACCEPT = 'application/json, text/event-stream'
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {}
}
const alice = { authorization: `Bearer ${ALICE_TOKEN}` }

let door: Started
/** Of the servers that were made, by whom they were made for. */
let made: string[]
let closed: number
let slow: { started: number; aborted: number }
let breaks: boolean

beforeEach(async () => {
  made = []
  closed = 0
  slow = { started: 0, aborted: 0 }
  breaks = false
  door = await startApp({ toolServerFor: ({ username }) => createServer(username) })
})

afterEach(() => door.stop())

function createServer(user: string): McpServer {
  if (breaks) throw new Error('secret detail')
  made.push(user)
  const server = new McpServer({ name: 'door', version: '1' })
  server.server.onclose = () => {
    closed += 1
  }
  server.registerTool('whoami', { inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: JSON.stringify({ user }) }]
  }))
  server.registerTool('wait', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
    slow.started += 1
    await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve))
    slow.aborted += 1
    return { content: [] }
  })
  return server
}

function send(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${door.url}/mcp`, {
    method: 'POST',
    headers: { ...alice, accept: ACCEPT, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
}

const message = (method: string, params?: object) => ({
  jsonrpc: '2.0',
  id: 7,
  method,
  ...(params && { params })
})
const list = message('tools/list')
const modern = (method: string, params = {}) => message(method, { ...params, _meta: MODERN })
const modernHeaders = (method: string) => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method
})

test.each(CLIENTS)('%s lists and calls, each request with a server of its own', async (...row) => {
  const [, protocol, connect] = row
  const client = await connect(door.url, alice)
  expect(client.protocol).toBe(protocol)
  expect(await client.listTools()).toEqual(['whoami', 'wait'])
  const before = made.length
  const answers = await Promise.all([1, 2, 3].map(() => client.call('whoami', {})))
  expect(answers.map(({ text }) => text)).toEqual(Array(3).fill({ user: 'alice' }))
  expect(made.slice(before)).toEqual(['alice', 'alice', 'alice'])
  await client.close()
  await expect.poll(() => closed).toBe(made.length)
})

test.each(CLIENTS)('a call that %s gives up is aborted', async (...row) => {
  const client = await row[2](door.url, alice)
  const stop = new AbortController()
  const call = client.call('wait', {}, { signal: stop.signal })
  await expect.poll(() => slow.started).toBe(1)
  stop.abort(new Error('enough'))
  await expect(call).rejects.toThrow()
  await client.close()
  // The old protocol leaves the request open; its client ends it by leaving.
  await expect.poll(() => slow.aborted).toBe(1)
  await expect.poll(() => closed).toBe(made.length)
})

test.each([
  ['2025', message('tools/call', { name: 'wait', arguments: {} }), {}],
  [
    '2026',
    modern('tools/call', { name: 'wait', arguments: {} }),
    { ...modernHeaders('tools/call'), 'mcp-name': 'wait' }
  ]
])(
  'a call in the protocol of %s is aborted when its client leaves',
  async (_era, body, headers) => {
    const leave = new AbortController()
    const request = fetch(`${door.url}/mcp`, {
      method: 'POST',
      headers: { ...alice, accept: ACCEPT, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: leave.signal
    }).then((response) => response.text())
    request.catch(() => undefined)
    await expect.poll(() => slow.started).toBe(1)
    leave.abort()
    await expect(request).rejects.toThrow()
    await expect.poll(() => slow.aborted).toBe(1)
    await expect.poll(() => closed).toBe(1)
    expect(door.log()).toContain('"clientLeft":true')
  }
)

test.each([
  ['no identity', { authorization: '' }],
  ['an identity that is refused', { authorization: 'Bearer mallory-token' }]
])('%s is 401 with a challenge and a sentence, and makes no server', async (_name, headers) => {
  const response = await send(list, headers)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer')
  expect(await response.json()).toMatchObject({
    error: { code: 'UNAUTHENTICATED', message: expect.stringMatching(/\.$/) }
  })
  expect(made).toEqual([])
})

test.each(['GET', 'DELETE', 'PUT'])('%s is 405: there are no sessions', async (method) => {
  const response = await fetch(`${door.url}/mcp`, {
    method,
    headers: { ...alice, accept: 'text/event-stream' }
  })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('POST')
  expect(await response.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } })
})

test.each([
  ['broken JSON', '{"jsonrpc": "2.0"', -32_700],
  ['nothing', '', -32_600],
  ['null', 'null', -32_600],
  ['no message', '{"hello": "world"}', -32_600],
  ['an empty batch', '[]', -32_600],
  ['a batch that is too long', Array(21).fill(list), -32_600],
  ['JSON that nests for ever', '['.repeat(1_000), -32_600]
])('%s is 400 in the shape of JSON-RPC', async (_name, body, code) => {
  const response = await send(body)
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await response.json()).toMatchObject({
    jsonrpc: '2.0',
    id: null,
    error: { code, message: expect.any(String) }
  })
})

test('what we refuse ourselves carries our code in the data', async () => {
  const { error } = (await (await send('{')).json()) as { error: { data: unknown } }
  expect(error.data).toEqual({
    code: 'INVALID_REQUEST',
    message: 'The body is not valid JSON.',
    retryable: false
  })
})

test('a batch of the oldest protocol is answered message by message', async () => {
  const call = { ...message('tools/call', { name: 'whoami', arguments: {} }), id: 8 }
  const text = await (await send([list, call])).text()
  const answers = [...text.matchAll(/^data: (.+)$/gm)].map(([, json = '']) => JSON.parse(json))
  expect(answers.map(({ id }) => id).sort()).toEqual([7, 8])
  expect(made).toEqual(['alice'])
})

test('an unknown method and an unknown tool are errors of the protocol', async () => {
  const unknown = await send(message('resources/list'))
  expect(await unknown.text()).toContain('"code":-32601')
  const newer = await send(modern('resources/list'), modernHeaders('resources/list'))
  expect([newer.status, await newer.json()]).toMatchObject([
    404,
    { id: 7, error: { code: -32601 } }
  ])
  const tool = await send(message('tools/call', { name: 'drop_tables', arguments: {} }))
  expect(await tool.text()).toContain('"code":-32602')
})

test('a notification is 202 and nothing more', async () => {
  const response = await send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  expect([response.status, await response.text()]).toEqual([202, ''])
})

test('a protocol that nobody speaks is named', async () => {
  const params = { _meta: { ...MODERN, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } }
  const response = await send(message('tools/list', params), {
    'mcp-protocol-version': '2099-01-01',
    'mcp-method': 'tools/list'
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { data: { supported: ['2026-07-28'] } } })
})

test.each([
  ['too large', 'x'.repeat(256 * 1024 + 1), 'application/json', 413, 'PAYLOAD_TOO_LARGE'],
  ['no JSON', 'hello', 'text/plain', 415, 'UNSUPPORTED_MEDIA_TYPE']
])('a body that is %s is refused as everywhere', async (...[, body, type, status, code]) => {
  const response = await send(body, { 'content-type': type })
  expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }])
  expect(made).toEqual([])
})

test('counts against the rate of its user', async () => {
  await door.stop()
  door = await startApp({
    rateLimitPerMinute: 2,
    toolServerFor: ({ username }) => createServer(username)
  })
  const statuses: number[] = []
  for (const _ of [1, 2, 3]) statuses.push((await send(list)).status)
  expect(statuses).toEqual([200, 200, 429])
  const bob = await send(list, { authorization: `Bearer ${BOB_TOKEN}` })
  expect(bob.status).toBe(200)
  expect(made).toEqual(['alice', 'alice', 'bob'])
})

test("pages of foreign origins are refused, Nautobot's are not", async () => {
  for (const origin of ['https://evil.example.com', 'null', door.url, 'https://nautobot.example']) {
    const response = await send(list, { origin })
    expect([origin, response.status]).toEqual([origin, 403])
    expect(await response.json()).toMatchObject({ error: { code: 'ORIGIN_NOT_ALLOWED' } })
  }
  expect(made).toEqual([])
  expect((await send(list, { origin: NAUTOBOT_URL })).status).toBe(200)
})

test('in LAB, where the Host header is checked, its own pages may call too', async () => {
  await door.stop()
  door = await startApp({
    environment: 'LAB',
    nautobotPublicUrl: undefined,
    toolServerFor: ({ username }) => createServer(username)
  })
  expect((await send(list, { origin: door.url })).status).toBe(200)
  expect((await send(list, { origin: 'http://127.0.0.1:1' })).status).toBe(403)
})

test('a defect is 500 without a detail, and is logged', async () => {
  breaks = true
  const response = await send(list)
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret detail')
  expect(door.log()).toContain('an MCP request broke')
})

test('answers are kept by nobody and held back by no proxy', async () => {
  const response = await send(list)
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  expect(response.headers.get('mcp-session-id')).toBeNull()
  await response.body?.cancel()
})
