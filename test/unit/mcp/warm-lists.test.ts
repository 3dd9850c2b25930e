import { afterEach, beforeEach, expect, test } from 'vitest'
import type { McpServer } from '../../../src/catalog/catalog.ts'
import { createMcpClients, type McpClients, type McpLimits } from '../../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { mcpServer, vouchForNobody } from '../../support/agent-fixture.ts'
import { type FaultMcpServer, startFaultMcpServer } from '../../support/fault-mcp-server.ts'

const RETRY_MS = 30_000
/** Longer than any of these tests may take: whoever waits for it fails. */
const FOR_EVER_MS = 60_000
const BUILT_IN = {
  name: 'nautobot',
  tools: [],
  create: () => {
    throw new Error('Nobody calls it')
  }
}

let outbound: Outbound
let clients: McpClients
let fault: FaultMcpServer
let failures: string[]
/** Names of the servers whose lists have come. */
let known: string[]
let nowMs: number

beforeEach(async () => {
  failures = []
  known = []
  nowMs = 0
  outbound = createOutbound({ connectTimeoutMs: 2000, maxResponseBytes: 1_000_000 })
  fault = await startFaultMcpServer()
  limitTo({})
})

afterEach(async () => {
  await clients.close()
  await fault.stop()
  await outbound.close()
})

function limitTo(limits: Partial<McpLimits>): void {
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: 2000,
    limits: { listMaxWaitMs: FOR_EVER_MS, listRetryAfterMs: RETRY_MS, ...limits },
    onListed: ({ name }) => known.push(name),
    onFailed: ({ name }, { message }) => failures.push(`${name}: ${message}`),
    now: () => nowMs
  })
}

/** All at the same address; each shows its name in a header. */
function described(name: string, change: Partial<McpServer> = {}): McpServer {
  return mcpServer({
    ...{ id: name, name, address: fault.url, headers: { 'x-name': name } },
    ...{ connectTimeoutMs: FOR_EVER_MS, timeoutMs: FOR_EVER_MS, ...change }
  })
}

const warm = (...names: string[]) =>
  clients.warm(
    names.map((name) => described(name)),
    BUILT_IN
  )

async function lease(...names: string[]) {
  const context = { signal: AbortSignal.timeout(8000), correlationId: 'c-1' }
  const servers = names.map((name) => described(name))
  const { tools, unavailable } = await clients.lease(servers, BUILT_IN, context)
  return { tools: tools.map(({ name }) => name), unavailable }
}

/** Names of the servers that were asked, in the order of the requests. */
const asked = (method = 'tools/list') =>
  fault.asked(method).map(({ headers }) => String(headers['x-name']))

const hang = (method: string, ...names: string[]) =>
  fault.misbehave((request) => {
    const isMeant = request.method === method && names.includes(String(request.headers['x-name']))
    return isMeant ? { kind: 'hang' } : undefined
  })

async function listed(...names: string[]) {
  await expect.poll(() => known).toEqual(expect.arrayContaining(names))
}

test('the first question after a warm-up asks nothing', async () => {
  warm('a', 'b')
  await listed('a', 'b')
  const before = fault.requests.length
  fault.misbehave(() => ({ kind: 'hang' }))
  expect(await lease('a', 'b')).toEqual({ tools: ['a_echo', 'b_echo'], unavailable: [] })
  expect(fault.requests).toHaveLength(before)
  expect(asked().sort()).toEqual(['a', 'b'])
})

test('a question during the warm-up shares its requests', async () => {
  warm('a', 'b')
  expect(await lease('b', 'a')).toEqual({ tools: ['b_echo', 'a_echo'], unavailable: [] })
  warm('a', 'b')
  expect(asked().sort()).toEqual(['a', 'b'])
  expect(asked('initialize').sort()).toEqual(['a', 'b'])
})

test.each(['initialize', 'tools/list'])(
  'nobody waits for a server that has been silent since the warm-up: %s',
  async (method) => {
    hang(method, 'mute')
    warm('mute', 'a')
    await expect.poll(() => asked(method)).toContain('mute')
    await listed('a')
    nowMs = FOR_EVER_MS
    expect(await lease('mute', 'a')).toEqual({
      tools: ['a_echo'],
      unavailable: [{ server: 'mute', reason: 'it did not list its tools within 60 s.' }]
    })
    expect(asked(method).filter((name) => name === 'mute')).toHaveLength(1)
  }
)

test('a server that is waited for since the warm-up is waited for no longer than the rest of the time', async () => {
  hang('tools/list', 'mute')
  warm('mute')
  await expect.poll(() => asked()).toEqual(['mute'])
  nowMs = FOR_EVER_MS - 50
  expect((await lease('mute')).unavailable).toHaveLength(1)
})

test('silent servers hold up no other', async () => {
  limitTo({ maxListsAtATime: 2, maxListPlaceMs: 50 })
  hang('tools/list', 'm1', 'm2', 'm3')
  warm('m1', 'm2', 'm3', 'a', 'b', 'c')
  await listed('a', 'b', 'c')
})

test('a question goes before what is only warmed', async () => {
  limitTo({ maxListsAtATime: 1, maxListPlaceMs: FOR_EVER_MS })
  warm('a', 'b', 'c')
  expect((await lease('c')).unavailable).toEqual([])
  await listed('a', 'b')
  expect(asked()).toEqual(['a', 'c', 'b'])
})

test('asks for as many lists at a time as allowed', async () => {
  limitTo({ maxListsAtATime: 2, maxListPlaceMs: FOR_EVER_MS })
  hang('tools/list', 'a', 'b')
  warm('a', 'b', 'c')
  await expect.poll(() => asked().length).toBe(2)
  expect(asked('initialize')).toHaveLength(2)
})

test('pushes out no list', async () => {
  limitTo({ maxKeptLists: 2 })
  await lease('a', 'b')
  warm('c')
  await lease('a', 'b')
  expect(asked().sort()).toEqual(['a', 'b'])

  await clients.close()
  limitTo({ maxKeptLists: 2 })
  warm('d', 'e', 'f')
  await listed('d', 'e')
  expect(asked().slice(2).sort()).toEqual(['d', 'e'])
})

test('asks no server that shows its tools to users alone', async () => {
  clients.warm([described('crm', { identity: 'user' })], BUILT_IN)
  warm('a')
  await listed('a')
  expect(new Set(asked('initialize'))).toEqual(new Set(['a']))
  expect(failures).toEqual([])
})

test('a known server is not asked again, whatever its status and age, and a renamed one is', async () => {
  warm('a')
  await listed('a')
  nowMs = 10 * RETRY_MS
  clients.warm([described('a', { status: 'Failed', description: 'edited' })], BUILT_IN)
  warm('a')
  expect(asked()).toEqual(['a'])
  const renamed = described('a', { name: 'z' })
  clients.warm([renamed], BUILT_IN)
  await expect.poll(() => asked()).toEqual(['a', 'a'])
})

test('knows the list of a server that is called like the built-in one', async () => {
  warm('nautobot')
  await lease('nautobot')
  await listed('nautobot (MCP)')
  warm('nautobot')
  expect(asked()).toEqual(['nautobot'])
})

test('a server that failed is asked again after the pause, before anybody asks for it', async () => {
  fault.misbehave(() => ({ kind: 'status', status: 502 }))
  warm('a')
  await expect.poll(() => failures).toEqual(['a: it answered 502.'])
  const attempts = asked('initialize').length
  expect((await lease('a')).unavailable).toEqual([{ server: 'a', reason: 'it answered 502.' }])
  warm('a')
  expect(asked('initialize')).toHaveLength(attempts)

  nowMs = RETRY_MS
  warm('a')
  await expect.poll(() => asked('initialize').length).toBe(2 * attempts)
  fault.misbehave(() => undefined)
  nowMs = 2 * RETRY_MS
  await expect
    .poll(async () => {
      warm('a')
      nowMs += RETRY_MS
      return asked().length
    })
    .toBe(1)
  await listed('a')
  expect(failures).toEqual(['a: it answered 502.'])
})

/** Requests of these methods that their client has given up. */
const closed = () =>
  fault.requests
    .filter(({ method, closedByClient }) => method && closedByClient)
    .map(({ method }) => method)
    .sort()

test('closing cancels it', async () => {
  limitTo({ maxListsAtATime: 2, maxListPlaceMs: FOR_EVER_MS })
  fault.misbehave(({ method, headers }) => {
    const hangsAt = headers['x-name'] === 'a' ? 'initialize' : 'tools/list'
    return method === hangsAt ? { kind: 'hang' } : undefined
  })
  warm('a', 'b', 'c', 'd')
  await expect.poll(() => asked()).toEqual(['b'])
  await clients.close()
  await expect.poll(closed).toEqual(['initialize', 'tools/list'])
  expect(asked('initialize').sort()).toEqual(['a', 'b'])
  warm('e')
  expect((await lease('e')).unavailable).toHaveLength(1)
  expect(asked('initialize').sort()).toEqual(['a', 'b'])
  expect(failures).toEqual([])
})

test('a server that refused the warm-up at once is asked again by the first question, and then not', async () => {
  fault.misbehave(() => ({ kind: 'reset' }))
  warm('a')
  await expect.poll(() => failures).toHaveLength(1)
  const before = fault.requests.length
  expect((await lease('a')).unavailable).toHaveLength(1)
  const after = fault.requests.length
  expect(after).toBeGreaterThan(before)
  expect((await lease('a')).unavailable).toHaveLength(1)
  expect(fault.requests).toHaveLength(after)
})

test('a server that was still starting at the warm-up is there for the first question', async () => {
  fault.misbehave(() => ({ kind: 'reset' }))
  warm('a')
  await expect.poll(() => failures).toHaveLength(1)
  fault.misbehave(() => undefined)
  expect(await lease('a')).toEqual({ tools: ['a_echo'], unavailable: [] })
})
