import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { type AskingUser, askedBy } from '../../../src/mcp/asked-server.ts'
import { createMcpClients, type McpClients } from '../../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { mcpServer } from '../../support/agent-fixture.ts'
import { type FaultMcpServer, startFaultMcpServer } from '../../support/fault-mcp-server.ts'

const LIFETIME_MS = 600_000

let fault: FaultMcpServer
let outbound: Outbound
let clients: McpClients
let nowMs: number
let stated: string[]

beforeEach(async () => {
  nowMs = 0
  stated = []
  fault = await startFaultMcpServer()
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async () => {
      throw new Error('The secret of the service is for no user')
    },
    stateUser: async ({ address }, { id, grant }) => {
      if (grant.reveal() !== `grant of ${id}`) throw new AppError('UNAUTHENTICATED', 'Sign in.')
      stated.push(id)
      const secret = new Secret(`statement on ${id}, number ${stated.length}`)
      return { address, secret, expiresAt: nowMs + LIFETIME_MS }
    },
    maxResultBytes: 4_000,
    limits: { listMaxWaitMs: 5_000 },
    now: () => nowMs
  })
})

afterEach(async () => {
  await clients.close()
  await outbound.close()
  await fault.stop()
})

const context = () => ({ signal: AbortSignal.timeout(30_000), correlationId: 'c-1' })
const named = (id: string): AskingUser => ({ id, grant: new Secret(`grant of ${id}`) })
/** A shared machine stands still for seconds now and then. */
const SLOW = { timeoutMs: 20_000, connectTimeoutMs: 20_000 }
const server = (change = {}) =>
  mcpServer({ name: 'crm', identity: 'user', address: fault.url, ...SLOW, ...change })

const lease = (user: AskingUser, ...servers: ReturnType<typeof server>[]) =>
  clients.lease(askedBy(servers, user), undefined, context())

test('[S9] two users interleaved 1,000 times never cross, as the server sees it', async () => {
  const users = ['alice', 'bob']
  const tools = await Promise.all(users.map((id) => lease(named(id), server())))
  const calls = Array.from({ length: 1_000 }, async (_, place) => {
    const text = users[place % 2] ?? ''
    const result = await tools[place % 2]?.call('crm_echo', { text }, context())
    expect(result?.text).toBe(JSON.stringify({ text }))
  })
  await Promise.all(calls)
  const seen = fault.asked('tools/call')
  expect(seen).toHaveLength(1_000)
  for (const { headers, params } of seen) {
    const { text } = params.arguments as { text: string }
    expect(headers.authorization).toMatch(new RegExp(`^Bearer statement on ${text}, `))
  }
  // A session each, and a list of tools each.
  expect(new Set(seen.map(({ headers }) => headers['mcp-session-id'])).size).toBe(2)
  expect(fault.asked('tools/list')).toHaveLength(2)
  expect(stated.sort()).toEqual(['alice', 'bob'])
})

test('concurrent first use of one user makes one connection', async () => {
  await Promise.all(Array.from({ length: 20 }, () => lease(named('alice'), server())))
  expect(fault.asked('initialize')).toHaveLength(1)
})

test('a statement that is about to lapse opens no more calls', async () => {
  const tools = await lease(named('alice'), server())
  nowMs = LIFETIME_MS - 60_001
  await tools.call('crm_echo', {}, context())
  expect(stated).toHaveLength(1)
  nowMs = LIFETIME_MS - 60_000
  await tools.call('crm_echo', {}, context())
  expect(stated).toHaveLength(2)
  const calls = fault.asked('tools/call').map(({ headers }) => headers.authorization)
  expect(calls.map((value) => value?.at(-1))).toEqual(['1', '2'])
})

test('a statement that is refused is made once more, and then given up', async () => {
  const tools = await lease(named('alice'), server())
  fault.misbehave(({ method }) =>
    method === 'tools/call' ? { kind: 'status', status: 401 } : undefined
  )
  const result = await tools.call('crm_echo', {}, context())
  expect(result.text).toContain('refuses the credential (401)')
  expect(fault.asked('tools/call')).toHaveLength(2)
  expect(stated).toHaveLength(2)
})

test("another user's outage is not mine", async () => {
  fault.misbehave(({ headers }) =>
    headers.authorization?.includes('bob') ? { kind: 'status', status: 500 } : undefined
  )
  const bob = await lease(named('bob'), server())
  expect(bob.unavailable).toMatchObject([{ server: 'crm' }])
  expect((await lease(named('alice'), server())).unavailable).toEqual([])
})

test('one that Nautobot does not vouch for is told so, and the server is not asked', async () => {
  const gone = { id: 'alice', grant: new Secret('an old grant') }
  const tools = await lease(gone, server())
  expect(tools.unavailable).toEqual([{ server: 'crm', reason: 'Sign in.' }])
  expect(fault.requests).toEqual([])
})

test('without a user nothing is sent at all', async () => {
  const tools = await clients.lease([server()], undefined, context())
  expect(tools.unavailable[0]?.reason).toContain('wants to know who asks')
  expect(fault.requests).toEqual([])
})

test('only servers that take the identity of users learn of the user', () => {
  const [none, service, user] = askedBy(
    (['none', 'service', 'user'] as const).map((identity) => server({ identity })),
    named('alice')
  )
  expect([none?.user, service?.user]).toEqual([undefined, undefined])
  expect(user?.user?.id).toBe('alice')
})

test('a user has sixteen connections at a time, and other users have theirs', async () => {
  const servers = Array.from({ length: 17 }, (_, place) =>
    server({ id: `s-${place}`, name: `s${place}` })
  )
  const tools = await lease(named('alice'), ...servers)
  // Their lists came one after another, so that idle connections made room.
  expect(tools.unavailable).toEqual([])
  fault.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  const stop = new AbortController()
  const hanging = { signal: stop.signal, correlationId: 'c-1' }
  const calls = servers
    .slice(0, 16)
    .map(({ name }) => tools.call(`${name}_echo`, {}, hanging).catch(() => 'stopped'))
  await expect.poll(() => fault.asked('tools/call').length).toBe(16)
  const one = await tools.call('s16_echo', {}, context())
  expect(one.text).toContain('all 16 connections of one user are in use')
  fault.misbehave(() => undefined)
  const other = await lease(named('bob'), servers[16] ?? server())
  expect((await other.call('s16_echo', {}, context())).isError).toBe(false)
  stop.abort()
  await Promise.all(calls)
})

test('a probe asks as nobody, and a server that wants to know who asks is there all the same', async () => {
  const healthy = await clients.probe(server(), context())
  expect(healthy).toMatchObject({ ok: true, tools: 1 })
  fault.misbehave(() => ({ kind: 'status', status: 401 }))
  expect(await clients.probe(server(), context())).toMatchObject({ ok: true, tools: undefined })
  expect(await clients.probe(server({ identity: 'none' }), context())).toMatchObject({ ok: false })
  fault.misbehave(() => ({ kind: 'status', status: 500 }))
  expect(await clients.probe(server(), context())).toMatchObject({ ok: false })
  expect(stated).toEqual([])
  for (const { headers } of fault.requests) expect(headers.authorization).toBeUndefined()
})
