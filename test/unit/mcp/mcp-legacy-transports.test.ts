import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectSse, type McpConnection } from '../../../src/mcp/mcp-connection.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { type SseMcpServer, startSseMcpServer } from '../../support/sse-mcp-server.ts'

/** Longer than the pause after which the SDK's transport would ask for its stream again. */
const RECONNECT_MS = 3_500

let server: SseMcpServer
let foreign: SseMcpServer
let outbound: Outbound
let opened: McpConnection[]

beforeEach(async () => {
  opened = []
  ;[server, foreign] = await Promise.all([startSseMcpServer(), startSseMcpServer()])
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 1_000_000 })
})

afterEach(async () => {
  await Promise.all(opened.map((connection) => connection.close()))
  await outbound.close()
  await Promise.all([server.stop(), foreign.stop()])
})

const context = () => ({ signal: AbortSignal.timeout(5_000), correlationId: 'c-42' })

const access = () => ({
  address: server.url,
  secret: new Secret('canary-canary'),
  credentialHeader: 'X-API-Key',
  headers: { 'X-Tenant': 'emea' },
  fetch: outbound.fetchFor({ verifyTls: true }),
  connectTimeoutMs: 5_000,
  callTimeoutMs: 2_000,
  totalTimeoutMs: 2_000
})

async function connect(connectTimeoutMs = 5_000): Promise<McpConnection> {
  const connection = await connectSse({ ...access(), connectTimeoutMs })
  opened.push(connection)
  return connection
}

const streamsAsked = () => server.requests.filter(({ httpMethod }) => httpMethod === 'GET').length

test('lists and calls with credential, headers and correlation id, and redacts what comes back', async () => {
  const connection = await connect()
  expect((await connection.listTools(undefined, context())).tools).toHaveLength(1)
  const { content } = await connection.callTool('echo', { key: 'canary-canary' }, context())
  expect(content).toEqual([{ type: 'text', text: '{"key":"[secret]"}' }])
  for (const { headers } of server.requests) {
    expect([headers['x-api-key'], headers['x-tenant']]).toEqual(['canary-canary', 'emea'])
    expect(headers.authorization).toBeUndefined()
  }
  const call = server.requests.find(({ method }) => method === 'tools/call')
  expect(call?.headers['x-request-id']).toBe('c-42')
})

test('an address of another server to send to is refused, and that server learns nothing', async () => {
  server.nameEndpoint(foreign.url)
  await expect(connect()).rejects.toMatchObject({ kind: 'failed', message: /another server/ })
  const port = new URL(server.url).port
  server.nameEndpoint(`http://localhost:${port}/message`)
  await expect(connect()).rejects.toMatchObject({ kind: 'failed', message: /another server/ })
  expect(foreign.requests).toEqual([])
})

test('one that is named later is refused as well', async () => {
  const connection = await connect()
  server.push('endpoint', foreign.url)
  await sleep(100)
  await expect(connection.callTool('echo', {}, context())).rejects.toMatchObject({ kind: 'failed' })
  expect(foreign.requests).toEqual([])
})

test('a stream that breaks ends the calls that wait on it, and is not asked for again', async () => {
  const connection = await connect()
  server.fallSilent()
  const call = connection.callTool('echo', {}, context())
  const failed = expect(call).rejects.toMatchObject({ kind: 'failed', message: /closed/ })
  await expect.poll(() => server.requests.at(-1)?.method).toBe('tools/call')
  server.cutStreams()
  await failed
  await sleep(RECONNECT_MS)
  expect(streamsAsked()).toBe(1)
})

test.each([
  [401, 'credential-refused'],
  [500, 'failed']
])('a stream that is refused with %i is named and not asked for again', async (status, kind) => {
  server.refuse(status)
  const startedAt = performance.now()
  await expect(connect()).rejects.toMatchObject({ kind, message: new RegExp(String(status)) })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  await sleep(RECONNECT_MS)
  expect(streamsAsked()).toBe(1)
})

test.each([
  [401, 'credential-refused'],
  [404, 'session-lost'],
  [400, 'session-lost'],
  [500, 'failed']
])('a call that is refused with %i is named', async (status, kind) => {
  const connection = await connect()
  server.refuse(status)
  await expect(connection.callTool('echo', {}, context())).rejects.toMatchObject({ kind })
})

test('[S4] a compressed stream is not unpacked, and forbidden addresses are not asked', async () => {
  server.bomb()
  await expect(connect()).rejects.toMatchObject({ kind: 'failed', message: /compressed \(gzip\)/ })
  const forbidden = { ...access(), address: 'http://169.254.169.254/sse' }
  await expect(connectSse(forbidden)).rejects.toMatchObject({ message: /metadata addresses/ })
})

test('a stream that names no address to send to is given up in time', async () => {
  server.nameNothing()
  await expect(connect(300)).rejects.toMatchObject({ message: /did not answer within/ })
  expect(streamsAsked()).toBe(1)
})

test('a stream that grows beyond the bound of a response is closed', async () => {
  const connection = await connect()
  server.fallSilent()
  const call = connection.callTool('echo', {}, context())
  const failed = expect(call).rejects.toMatchObject({ kind: 'failed' })
  for (let sent = 0; sent < 20; sent += 1) server.push('noise', 'x'.repeat(100_000))
  await failed
})

test('a call without an answer ends at its time-out', async () => {
  const connection = await connect()
  server.fallSilent()
  await expect(connection.callTool('echo', {}, context())).rejects.toMatchObject({
    kind: 'timeout'
  })
})
