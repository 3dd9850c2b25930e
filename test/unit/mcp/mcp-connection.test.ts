import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectHttp, type McpConnection } from '../../../src/mcp/mcp-connection.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  type Fault,
  type FaultMcpServer,
  startFaultMcpServer
} from '../../support/fault-mcp-server.ts'

/** Long enough for a busy machine to answer in, short enough to wait for. */
const CALL_TIMEOUT_MS = 700

let server: FaultMcpServer
let outbound: Outbound
let connection: McpConnection | undefined

beforeEach(async () => {
  server = await startFaultMcpServer()
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 1_000_000 })
})

afterEach(async () => {
  await connection?.close()
  connection = undefined
  await outbound.close()
  await server.stop()
})

const context = () => ({ signal: AbortSignal.timeout(5000), correlationId: 'c-42' })

async function connect(secret?: string, connectTimeoutMs = 5000): Promise<McpConnection> {
  connection = await connectHttp({
    address: server.url,
    secret: secret ? new Secret(secret) : undefined,
    credentialHeader: '',
    headers: {},
    fetch: outbound.fetchFor({ verifyTls: true }),
    connectTimeoutMs,
    callTimeoutMs: CALL_TIMEOUT_MS,
    totalTimeoutMs: 10 * CALL_TIMEOUT_MS
  })
  return connection
}

const onCall = (fault: Fault) =>
  server.misbehave(({ method }) => (method === 'tools/call' ? fault : undefined))

test('lists and calls with the credential and the correlation id', async () => {
  const opened = await connect('canary')
  const { tools } = await opened.listTools(undefined, context())
  expect(tools.map(({ name }) => name)).toEqual(['echo'])
  const { content } = await opened.callTool('echo', { text: 'hi' }, context())
  expect(content).toEqual([{ type: 'text', text: '{"text":"hi"}' }])
  for (const { headers } of server.requests) expect(headers.authorization).toBe('Bearer canary')
  expect(server.asked('tools/call')[0]?.headers['x-request-id']).toBe('c-42')
  expect(server.requests.filter(({ httpMethod }) => httpMethod === 'GET')).toEqual([])
})

test('ends its session when it closes', async () => {
  await (await connect()).close()
  expect(server.requests.at(-1)?.httpMethod).toBe('DELETE')
})

test.each<[string, Fault, string, RegExp]>([
  ['500', { kind: 'status', status: 500 }, 'failed', /answered 500/],
  ['404', { kind: 'status', status: 404 }, 'session-lost', /answered 404/],
  ['400', { kind: 'status', status: 400 }, 'session-lost', /answered 400/],
  ['401', { kind: 'status', status: 401 }, 'credential-refused', /refuses the credential \(401\)/],
  ['a page', { kind: 'html' }, 'failed', /does not answer as an MCP server/],
  ['broken JSON', { kind: 'raw', body: '{oops' }, 'failed', /not valid MCP/],
  ['JSON that is not MCP', { kind: 'raw', body: '{"a":1}' }, 'failed', /not valid MCP/],
  ['a result that is none', { kind: 'result', result: { content: 7 } }, 'failed', /not valid MCP/],
  ['a reset', { kind: 'reset' }, 'failed', /reset|closed/],
  ['a stream that ends early', { kind: 'cut-stream' }, 'failed', /broke before the result/],
  ['silence', { kind: 'hang' }, 'timeout', /did not answer within/],
  ['a stream that stays silent', { kind: 'open-stream' }, 'timeout', /did not answer within/],
  ['an error', { kind: 'error', code: -32602, message: 'No such tool' }, 'refused', /No such tool/]
])('names %s in a call', async (_name, fault, kind, message) => {
  const opened = await connect()
  onCall(fault)
  await expect(opened.callTool('echo', {}, context())).rejects.toMatchObject({
    name: 'McpFailure',
    kind,
    message: expect.stringMatching(message)
  })
})

test.each<[string, Fault, string, RegExp]>([
  ['500', { kind: 'status', status: 500 }, 'failed', /answered 500/],
  ['404', { kind: 'status', status: 404 }, 'failed', /answered 404/],
  ['401', { kind: 'status', status: 401 }, 'credential-refused', /refuses the credential/],
  ['403', { kind: 'status', status: 403 }, 'credential-refused', /refuses the credential/],
  ['a page', { kind: 'html' }, 'failed', /does not answer as an MCP server/],
  ['JSON that is not MCP', { kind: 'raw', body: '{"a":1}' }, 'failed', /not valid MCP/],
  ['a reset', { kind: 'reset' }, 'failed', /reset|closed/],
  ['silence', { kind: 'hang' }, 'failed', /did not answer within/]
])('names %s while connecting, in bounded time', async (_name, fault, kind, message) => {
  server.misbehave(() => fault)
  const startedAt = performance.now()
  const failure = { name: 'McpFailure', kind, message: expect.stringMatching(message) }
  await expect(connect(undefined, 400)).rejects.toMatchObject(failure)
  expect(performance.now() - startedAt).toBeLessThan(8_000)
})

test.each<[string, Fault]>([
  ['silent', { kind: 'hang' }],
  ['streaming', { kind: 'open-stream' }]
])('sends a cancellation and closes the request of a %s call', async (_name, fault) => {
  const opened = await connect()
  onCall(fault)
  const stop = new AbortController()
  const calling = opened.callTool('echo', {}, { ...context(), signal: stop.signal })
  await expect.poll(() => server.asked('tools/call').length).toBe(1)
  stop.abort(new Error('stopped'))
  await expect(calling).rejects.toThrow('stopped')
  const [call] = server.asked('tools/call')
  await expect.poll(() => call?.closedByClient).toBe(true)
  expect(server.asked('notifications/cancelled')[0]?.params.requestId).toBe(call?.id)
})

test('cancels at the server what took too long', async () => {
  const opened = await connect()
  onCall({ kind: 'hang' })
  await expect(opened.callTool('echo', {}, context())).rejects.toMatchObject({ kind: 'timeout' })
  await expect.poll(() => server.asked('notifications/cancelled').length).toBe(1)
  await expect.poll(() => server.asked('tools/call')[0]?.closedByClient).toBe(true)
})

test('closes a cancelled request even when the cancellation is not delivered', async () => {
  const opened = await connect()
  server.misbehave(({ method }) => (/call|cancelled/.test(method) ? { kind: 'hang' } : undefined))
  const stop = new AbortController()
  const calling = opened.callTool('echo', {}, { ...context(), signal: stop.signal })
  await expect.poll(() => server.asked('tools/call').length).toBe(1)
  stop.abort()
  await expect(calling).rejects.toThrow()
  await expect
    .poll(() => server.asked('tools/call')[0]?.closedByClient, { timeout: 500 })
    .toBe(true)
})

test('keeps the good entries of a list and of a result', async () => {
  const opened = await connect()
  const tools = [{ name: 7 }, { name: 'good', inputSchema: { type: 'object' } }, null]
  const content = [{ type: 'hologram' }, { type: 'text', text: 'x' }]
  server.misbehave(({ method }) => {
    if (method === 'tools/list') return { kind: 'result', result: { tools } }
    return method === 'tools/call' ? { kind: 'result', result: { content } } : undefined
  })
  const page = await opened.listTools(undefined, context())
  expect(page.tools.map(({ name }) => name)).toEqual(['good'])
  expect((await opened.callTool('echo', {}, context())).content).toHaveLength(2)
})

test('says that an answer is too large', async () => {
  const opened = await connect()
  onCall({ kind: 'result', result: { content: [{ type: 'text', text: 'x'.repeat(1_100_000) }] } })
  await expect(opened.callTool('echo', {}, context())).rejects.toThrow('the answer is too large.')
})

test.each<[string, Fault]>([
  [
    'a result',
    { kind: 'result', result: { content: [{ type: 'text', text: 'got canary-4711' }] } }
  ],
  ['an error', { kind: 'error', code: -32000, message: 'got canary-4711' }],
  ['an HTTP error', { kind: 'status', status: 500, body: 'got canary-4711' }]
])('a server that repeats its credential in %s does not show it', async (_name, fault) => {
  const opened = await connect('canary-4711')
  onCall(fault)
  const said = await opened.callTool('echo', {}, context()).catch((error: unknown) => error)
  expect(inspect(said, { depth: 10 })).not.toContain('canary-4711')
  expect(inspect(said, { depth: 10 })).toContain('got [secret]')
})

test.each([301, 302, 307, 308])('a redirect (%i) elsewhere gets no credential', async (status) => {
  const other = await startFaultMcpServer()
  try {
    server.misbehave(() => ({ kind: 'status', status, location: other.url }))
    await expect(connect('canary-4711')).rejects.toMatchObject({ name: 'McpFailure' })
    expect(other.requests).toEqual([])
  } finally {
    await other.stop()
  }
})
