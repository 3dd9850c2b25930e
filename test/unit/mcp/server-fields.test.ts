import { afterEach, beforeEach, expect, test } from 'vitest'
import type { McpServer } from '../../../src/catalog/catalog.ts'
import { createMcpClients, type McpClients } from '../../../src/mcp/mcp-clients.ts'
import { connectionKey } from '../../../src/mcp/mcp-pool.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { mcpServer, vouchForNobody } from '../../support/agent-fixture.ts'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../../support/fault-mcp-server.ts'

let fault: FaultMcpServer
let outbound: Outbound
let clients: McpClients

beforeEach(async () => {
  const tools = ['get_host', 'get_secret', 'set_host'].map((name) => ({ ...ECHO, name }))
  fault = await startFaultMcpServer({ tools })
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret('canary-canary') }),
    stateUser: vouchForNobody,
    maxResultBytes: 4_000,
    limits: { listMaxWaitMs: 5_000 }
  })
})

afterEach(async () => {
  await clients.close()
  await outbound.close()
  await fault.stop()
})

const context = () => ({ signal: AbortSignal.timeout(8_000), correlationId: 'c-1' })

const described = (change: Partial<McpServer> = {}) =>
  mcpServer({ name: 'inventory', address: fault.url, ...change })

const lease = (change: Partial<McpServer> = {}) =>
  clients.lease([described(change)], undefined, context())

async function namesOf(change: Partial<McpServer>) {
  return (await lease(change)).tools.map(({ name }) => name)
}

test('offers what is allowed and not denied, by the rules of the run, and asks the server once', async () => {
  const denied = { allowedTools: ['get_*'], deniedTools: ['*_secret'] }
  expect(await namesOf({})).toHaveLength(3)
  expect(await namesOf(denied)).toEqual(['inventory_get_host'])
  const tools = await lease(denied)
  const refused = await tools.call('inventory_get_secret', {}, context())
  expect(refused.text).toContain('There is no tool called')
  expect(await namesOf({ deniedTools: ['*'] })).toEqual([])
  expect(fault.asked('tools/list')).toHaveLength(1)
  expect(fault.asked('tools/call')).toEqual([])
})

test('a prefix names the tools anew without another connection', async () => {
  expect(await namesOf({ toolPrefix: 'inv' })).toContain('inv_get_host')
  expect(await namesOf({ toolPrefix: 'x' })).toContain('x_get_host')
  expect(fault.asked('initialize')).toHaveLength(1)
})

test.each([
  [1_024, 1_024],
  [8_388_608, 4_000]
])('cuts a result at the %i bytes of its server, and never beyond our own %i', async (own, cut) => {
  const tools = await lease({ maxResultBytes: own })
  const { text, gaps } = await tools.call(
    'inventory_get_host',
    { text: 'x'.repeat(9_000) },
    context()
  )
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(cut)
  expect(Buffer.byteLength(text)).toBeGreaterThan(cut - 100)
  expect(gaps).toHaveLength(1)
})

test('sends the headers of the server, and the credential in the one that it names', async () => {
  const headers = { 'X-Tenant': 'emea', 'User-Agent': 'ai-ops' }
  const tools = await lease({ headers, credentialHeader: 'X-API-Key', hasCredential: true })
  await tools.call('inventory_get_host', {}, context())
  for (const request of fault.requests) {
    expect(request.headers).toMatchObject({ 'x-tenant': 'emea', 'user-agent': 'ai-ops' })
    expect(request.headers['x-api-key']).toBe('canary-canary')
    expect(request.headers.authorization).toBeUndefined()
  }
})

test.each(['none', 'service'] as const)(
  'shows no credential that is not there, as %s',
  async (identity) => {
    await lease({ identity, hasCredential: false })
    for (const { headers } of fault.requests) expect(headers.authorization).toBeUndefined()
  }
)

test('the identity of nobody shows nothing, although there is a secret', async () => {
  await lease({ identity: 'none', hasCredential: true })
  expect(fault.requests.length).toBeGreaterThan(0)
  for (const { headers } of fault.requests) expect(headers.authorization).toBeUndefined()
})

test('a call that reports progress goes on beyond its time-out, and ends at the total', async () => {
  fault.misbehave(({ method }) =>
    method === 'tools/call' ? { kind: 'progress', everyMs: 100, times: 8 } : undefined
  )
  const patient = await lease({ timeoutMs: 400, totalTimeoutMs: 5_000 })
  const done = await patient.call('inventory_get_host', {}, context())
  expect(done).toMatchObject({ isError: false, text: 'done' })

  fault.misbehave(({ method }) =>
    method === 'tools/call' ? { kind: 'progress', everyMs: 100, times: 50 } : undefined
  )
  const bounded = await lease({ timeoutMs: 400, totalTimeoutMs: 1_000 })
  const startedAt = performance.now()
  const ended = await bounded.call('inventory_get_host', {}, context())
  expect(performance.now() - startedAt).toBeLessThan(4_500)
  expect(ended.text).toContain('it did not end within 1 s.')
})

test('a server that does not take the connection is given up at its own time-out', async () => {
  fault.misbehave(() => ({ kind: 'hang' }))
  const startedAt = performance.now()
  await lease({ connectTimeoutMs: 300 })
  expect(performance.now() - startedAt).toBeLessThan(4_500)
})

test('the key of a connection holds what it depends on, and nothing else', () => {
  const plain = connectionKey(described())
  const command = { file: 'a', args: [], env: {} }
  const user = { id: 'alice', grant: new Secret('grant') }
  const others = [
    { address: 'http://127.0.0.1:2/' },
    { transport: 'sse' as const },
    { command },
    { identity: 'user' as const },
    { hasCredential: true },
    { credentialHeader: 'X-Key' },
    { headers: { 'X-A': 'a' } },
    { verifyTls: false },
    { connectTimeoutMs: 1 },
    { timeoutMs: 1 },
    { totalTimeoutMs: 1 }
  ].map((change) => connectionKey(described(change)))
  const ofUser = connectionKey({ ...described(), user })
  expect(new Set([plain, ...others, ofUser]).size).toBe(others.length + 2)
  const renewed = { ...described(), user: { ...user, grant: new Secret('another') } }
  expect(connectionKey(renewed)).toBe(ofUser)
  const alike = { status: 'Failed', description: 'new', name: 'other', enabled: false }
  const rules = { allowedTools: ['a'], deniedTools: ['b'], readOnlyTools: ['c'], toolPrefix: 'p' }
  expect(connectionKey(described({ ...alike, ...rules, maxResultBytes: 1_024 }))).toBe(plain)
  const swapped = { headers: { 'X-B': 'b', 'X-A': 'a' } }
  const sorted = { headers: { 'X-A': 'a', 'X-B': 'b' } }
  expect(connectionKey(described(swapped))).toBe(connectionKey(described(sorted)))
})
