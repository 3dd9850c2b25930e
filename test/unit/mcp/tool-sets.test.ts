import { McpServer as SdkServer } from '@modelcontextprotocol/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { McpServer } from '../../../src/catalog/catalog.ts'
import { createMcpClients, type McpClients } from '../../../src/mcp/mcp-clients.ts'
import type { BuiltInServer } from '../../../src/mcp/tool-sets.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { mcpServer, vouchForNobody } from '../../support/agent-fixture.ts'
import {
  ECHO,
  type FaultMcpServer,
  type FaultMcpServerOptions,
  startFaultMcpServer
} from '../../support/fault-mcp-server.ts'
import { startSteadyClock } from '../../support/steady-clock.ts'

const MAX_RESULT_BYTES = 2000
const SHORT_WAIT_MS = 400

let outbound: Outbound
let clients: McpClients
let started: FaultMcpServer[]
let secret: string
let forgotten: string[]
let nowMs: number

beforeEach(() => {
  started = []
  secret = 'canary'
  forgotten = []
  nowMs = 0
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 8_000_000 })
  clients = createClients(5000)
})

function createClients(listMaxWaitMs: number): McpClients {
  return createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret(secret) }),
    forgetCredential: ({ name }) => {
      forgotten.push(name)
      secret = 'renewed'
    },
    stateUser: vouchForNobody,
    maxResultBytes: MAX_RESULT_BYTES,
    limits: { listMaxWaitMs, maxTools: 10 },
    now: () => nowMs
  })
}

afterEach(async () => {
  await clients.close()
  await outbound.close()
  await Promise.all(started.map((server) => server.stop()))
})

const context = (signal = AbortSignal.timeout(8000)) => ({ signal, correlationId: 'c-1' })

async function start(options?: FaultMcpServerOptions): Promise<FaultMcpServer> {
  const server = await startFaultMcpServer(options)
  started.push(server)
  return server
}

function described(name: string, { url }: FaultMcpServer, changes = {}): McpServer {
  return mcpServer({
    id: `id-${name}`,
    name,
    address: url,
    connectTimeoutMs: 2000,
    timeoutMs: 5000,
    ...changes
  })
}

const lease = (...servers: McpServer[]) => clients.lease(servers, undefined, context())

test('offers the tools of several servers under the names of their servers', async () => {
  const [one, two] = [await start(), await start()]
  const set = await lease(described('NetBox Tools', one), described('tickets', two))
  expect(set.tools.map(({ name }) => name)).toEqual(['netbox-tools_echo', 'tickets_echo'])
  expect(set.tools[0]).toMatchObject({ server: 'NetBox Tools', readOnly: false })
  expect(await set.call('tickets_echo', { text: 'hi' }, context())).toEqual({
    isError: false,
    text: '{"text":"hi"}',
    links: [],
    gaps: []
  })
  expect(one.asked('tools/call')).toEqual([])
  expect(two.asked('tools/call')).toHaveLength(1)
})

test('what runs unasked follows the rules of the run, and the origin follows the address', async () => {
  const server = await start()
  const [plain] = (await lease(described('a', server))).tools
  const [known] = (await lease(described('a', server, { readOnlyTools: ['ec*'] }))).tools
  const marked = { readOnlyTools: ['*'], approvalTools: ['echo'] }
  const [asked] = (await lease(described('a', server, marked))).tools
  const [moved] = (await lease(described('a', await start()))).tools

  expect([plain, known, asked].map((tool) => tool?.readOnly)).toEqual([false, true, false])
  expect(known?.origin).toBe(plain?.origin)
  expect(moved?.origin).not.toBe(plain?.origin)
  // The rules are no part of a connection: the list was asked for once.
  expect(server.asked('tools/list')).toHaveLength(1)
})

test('names of two servers that look alike do not depend on their order', async () => {
  const [one, two] = [await start(), await start()]
  const servers = [described('Net Box', one), described('net-box', two)] as const
  const names = async (...order: McpServer[]) =>
    new Map((await lease(...order)).tools.map(({ server, name }) => [server, name]))
  const there = await names(servers[0], servers[1])
  expect(await names(servers[1], servers[0])).toEqual(there)
  expect(new Set(there.values()).size).toBe(2)
})

test('one dead server of three is named, costs a bounded wait once, and the others answer', async () => {
  const [one, two, three] = [await start(), await start(), await start()]
  // Loads the code that is loaded with the first server, which counts as waiting.
  await lease(described('other', one))
  clients = createClients(SHORT_WAIT_MS)
  two.misbehave(() => ({ kind: 'hang' }))
  const servers = [described('one', one), described('two', two), described('three', three)]
  const clock = startSteadyClock()
  const first = await lease(...servers)
  expect(clock.stop()).toBeLessThan(SHORT_WAIT_MS + 1_000)
  expect(first.unavailable).toEqual([
    { server: 'two', reason: 'it did not list its tools within 0.4 s.' }
  ])
  expect(first.tools.map(({ name }) => name)).toEqual(['one_echo', 'three_echo'])
  await expect.poll(async () => (await lease(...servers)).unavailable[0]?.reason).toMatch(/answer/)
  const later = startSteadyClock()
  await lease(...servers)
  expect(later.stop()).toBeLessThan(SHORT_WAIT_MS)
})

test('a server that comes back is asked again after a while', async () => {
  const server = await start()
  server.misbehave(() => ({ kind: 'status', status: 503 }))
  const named = described('one', server)
  expect((await lease(named)).unavailable).toEqual([{ server: 'one', reason: 'it answered 503.' }])
  server.misbehave(() => undefined)
  expect((await lease(named)).tools).toEqual([])
  nowMs += 30_000
  await lease(named)
  await expect.poll(async () => (await lease(named)).tools.length).toBe(1)
})

test('a server killed in a run is named by its call, and others still answer', async () => {
  const [one, two] = [await start(), await start()]
  const set = await lease(described('one', one), described('two', two))
  await one.stop()
  const result = await set.call('one_echo', {}, context())
  expect(result.isError).toBe(true)
  // Closed: when the socket of the call before has not been seen to be gone.
  expect(result.gaps).toEqual([
    expect.stringMatching(/^one could not be asked: the connection was (refused|closed|reset)\.$/)
  ])
  expect((await set.call('two_echo', {}, context())).isError).toBe(false)
})

test.each([404, 400] as const)('a lost session (%i) costs one reconnect', async (status) => {
  const server = await start({ lostSessionStatus: status })
  const set = await lease(described('one', server))
  await set.call('one_echo', {}, context())
  server.forgetSessions()
  expect((await set.call('one_echo', { n: 1 }, context())).text).toBe('{"n":1}')
  expect(server.asked('initialize')).toHaveLength(2)
  server.misbehave(({ method }) =>
    method === 'tools/call' ? { kind: 'status', status } : undefined
  )
  const before = server.asked('tools/call').length
  expect((await set.call('one_echo', {}, context())).isError).toBe(true)
  expect(server.asked('tools/call')).toHaveLength(before + 2)
})

test.each([
  ['a reset', { kind: 'reset' }],
  ['a cut stream', { kind: 'cut-stream' }],
  ['silence', { kind: 'hang' }],
  ['500', { kind: 'status', status: 500 }]
] as const)('never repeats a call after %s', async (_name, fault) => {
  const server = await start()
  const set = await lease(described('one', server, { timeoutMs: 700 }))
  server.misbehave(({ method }) => (method === 'tools/call' ? fault : undefined))
  const result = await set.call('one_echo', {}, context())
  expect(result).toMatchObject({ isError: true, text: expect.stringContaining('not known') })
  expect(server.asked('tools/call')).toHaveLength(1)
})

test('after three failures a server rests: its calls fail at once, until one may try', async () => {
  const server = await start()
  const set = await lease(described('one', server))
  server.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'reset' } : undefined))
  for (let call = 0; call < 5; call += 1) await set.call('one_echo', {}, context())
  expect(server.asked('tools/call')).toHaveLength(3)
  server.misbehave(() => undefined)
  expect((await set.call('one_echo', {}, context())).isError).toBe(true)
  nowMs += 30_000
  expect((await set.call('one_echo', {}, context())).isError).toBe(false)
  expect((await set.call('one_echo', {}, context())).isError).toBe(false)
})

/** A server that rests, and the set that may try it again. */
async function startResting() {
  const server = await start()
  const set = await lease(described('one', server, { timeoutMs: 300 }))
  server.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'reset' } : undefined))
  for (let call = 0; call < 3; call += 1) await set.call('one_echo', {}, context())
  nowMs += 30_000
  return { server, set }
}

test('a server that answers the trial with an error of its own rests no longer', async () => {
  const { server, set } = await startResting()
  const refusal = { kind: 'error', code: -32_602, message: 'No such device' } as const
  server.misbehave(({ method }) => (method === 'tools/call' ? refusal : undefined))
  expect((await set.call('one_echo', {}, context())).text).toContain('No such device')
  server.misbehave(() => undefined)
  expect((await set.call('one_echo', {}, context())).isError).toBe(false)
})

test('a trial that takes too long or is stopped leaves the next one to try', async () => {
  const { server, set } = await startResting()
  server.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  expect((await set.call('one_echo', {}, context())).isError).toBe(true)
  const before = server.asked('tools/call').length
  const stop = new AbortController()
  const calling = set.call('one_echo', {}, context(stop.signal))
  await expect.poll(() => server.asked('tools/call').length).toBe(before + 1)
  expect((await set.call('one_echo', {}, context())).isError).toBe(true)
  expect(server.asked('tools/call')).toHaveLength(before + 1)
  stop.abort(new Error('stopped'))
  await expect(calling).rejects.toThrow('stopped')
  server.misbehave(() => undefined)
  expect((await set.call('one_echo', {}, context())).isError).toBe(false)
})

test('slow calls do not make a server rest', async () => {
  const server = await start()
  const set = await lease(described('one', server, { timeoutMs: 500 }))
  server.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  for (let call = 0; call < 4; call += 1) await set.call('one_echo', {}, context())
  expect(server.asked('tools/call')).toHaveLength(4)
})

test('an abort of a call throws its reason and reaches the server', async () => {
  const server = await start()
  const set = await lease(described('one', server, { timeoutMs: 5000 }))
  server.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  const stop = new AbortController()
  const calling = set.call('one_echo', {}, context(stop.signal))
  await expect.poll(() => server.asked('tools/call').length).toBe(1)
  const clock = startSteadyClock()
  stop.abort(new Error('stopped'))
  await expect(calling).rejects.toThrow('stopped')
  await expect.poll(() => server.asked('tools/call')[0]?.closedByClient).toBe(true)
  expect(server.asked('notifications/cancelled')).toHaveLength(1)
  expect(clock.stop()).toBeLessThan(500)
})

test('an abort while a list is awaited throws at once', async () => {
  const server = await start()
  server.misbehave(() => ({ kind: 'hang' }))
  const stop = new AbortController()
  const leasing = clients.lease([described('one', server)], undefined, context(stop.signal))
  stop.abort(new Error('stopped'))
  await expect(leasing).rejects.toThrow('stopped')
})

test('concurrent first use makes one connection, and an idle one is used again', async () => {
  const server = await start()
  const named = described('one', server)
  const sets = await Promise.all(Array.from({ length: 8 }, () => lease(named)))
  await Promise.all(sets.map((set) => set.call('one_echo', {}, context())))
  await Promise.all(sets.map((set) => set.release()))
  expect(server.asked('initialize')).toHaveLength(1)
  expect(server.asked('tools/list')).toHaveLength(1)
})

test('a changed description or status reconnects nothing', async () => {
  const server = await start()
  await lease(described('one', server))
  await lease(described('one', server, { description: 'new', status: 'Failed' }))
  expect(server.asked('initialize')).toHaveLength(1)
  expect(server.asked('tools/list')).toHaveLength(1)
})

test('a refused credential is resolved once more', async () => {
  const server = await start()
  server.misbehave(({ headers }) =>
    headers.authorization === 'Bearer renewed' ? undefined : { kind: 'status', status: 401 }
  )
  const set = await lease(described('one', server, { hasCredential: true }))
  expect(set.tools).toHaveLength(1)
  expect(forgotten).toEqual(['one'])
})

test('a credential refused twice is given up, and shows nowhere', async () => {
  const server = await start()
  server.misbehave(() => ({ kind: 'status', status: 401 }))
  const set = await lease(described('one', server, { hasCredential: true }))
  expect(set.unavailable).toEqual([{ server: 'one', reason: 'it refuses the credential (401).' }])
  expect(forgotten).toEqual(['one'])
})

test('a result of 5 MB is cut, and says so', async () => {
  const server = await start()
  const set = await lease(described('one', server, { timeoutMs: 5000 }))
  const content = [{ type: 'text', text: 'ü'.repeat(2_500_000) }]
  server.misbehave(({ method }) =>
    method === 'tools/call' ? { kind: 'result', result: { content } } : undefined
  )
  const result = await set.call('one_echo', {}, context())
  expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(MAX_RESULT_BYTES)
  expect(result.text).toMatch(/^ü+\n\[Cut here: only 2 of 4883 KiB are shown\. Ask for less\.\]$/)
  expect(result.gaps).toEqual(['The result of echo of one was cut: 2 of 4883 KiB were read.'])
})

test('an unknown tool and arguments that are no object are results', async () => {
  const set = await lease(described('one', await start()))
  expect(await set.call('two_echo', {}, context())).toMatchObject({ isError: true })
  expect(await set.call('one_echo', 'text', context())).toMatchObject({ isError: true })
})

test('arguments become headers in the newest protocol alone, and are not sent when they are too long', async () => {
  const inputSchema = {
    type: 'object',
    properties: { text: { type: 'string', 'x-mcp-header': 'Text' } }
  }
  const server = await start({ tools: [{ ...ECHO, inputSchema }] })
  const set = await lease(described('one', server))
  await set.call('one_echo', { text: 'hi' }, context())
  expect(server.asked('tools/call')[0]?.headers).not.toHaveProperty('mcp-param-text')
  const long = await set.call('one_echo', { text: 'x'.repeat(9_000) }, context())
  expect(long).toMatchObject({ isError: true, text: expect.stringContaining('too long'), gaps: [] })
  expect(server.asked('tools/call')).toHaveLength(1)
})

test('follows all pages, and does not go round a cursor that comes back', async () => {
  const page = (n: number) => [{ ...ECHO, name: `tool-${n}` }]
  const server = await start({ pages: [page(0), page(1), page(2)] })
  expect((await lease(described('one', server))).tools).toHaveLength(3)
  const looping = await start()
  looping.misbehave(({ method }) =>
    method === 'tools/list'
      ? { kind: 'result', result: { tools: [], nextCursor: 'again' } }
      : undefined
  )
  await lease(described('two', looping))
  expect(looping.asked('tools/list')).toHaveLength(2)
})

test('says how many tools are beyond the limit', async () => {
  const tools = Array.from({ length: 12 }, (_each, n) => ({ ...ECHO, name: `tool-${n}` }))
  const set = await lease(described('one', await start({ tools })))
  expect(set.tools).toHaveLength(10)
  expect(set.unavailable).toEqual([
    { server: 'one', reason: 'only 10 of its 12 tools fit the limit of 10.' }
  ])
})

function builtIn(created: { count: number; closed: number }): BuiltInServer {
  const inputSchema = { type: 'object', properties: { model: { type: 'string' } } }
  const about = { description: 'Counts.', inputSchema, server: 'Nautobot', readOnly: true }
  return {
    name: 'Nautobot',
    tools: [
      { name: 'count', ...about },
      { name: 'boom', ...about }
    ],
    create: () => {
      created.count += 1
      const server = new SdkServer({ name: 'nautobot', version: '1' })
      server.registerTool(
        'count',
        { inputSchema: z.object({ model: z.string() }) },
        ({ model }) => ({
          content: [{ type: 'text', text: `${model}: 42` }],
          structuredContent: {
            rows: 3,
            links: [{ label: 'Devices', url: 'http://nautobot/dcim/devices/' }],
            gaps: ['The list was cut at 3 of 42.']
          }
        })
      )
      server.registerTool('boom', {}, () => {
        throw new Error('broken')
      })
      server.server.onclose = () => {
        created.closed += 1
      }
      return server
    }
  }
}

test('the built-in server is made at the first call, keeps its facts, and ends with the run', async () => {
  const created = { count: 0, closed: 0 }
  const set = await clients.lease([], builtIn(created), context())
  expect(set.tools.map(({ name }) => name)).toEqual(['count', 'boom'])
  expect(created.count).toBe(0)
  const [result] = await Promise.all([
    set.call('count', { model: 'dcim.device' }, context()),
    set.call('count', { model: 'dcim.rack' }, context())
  ])
  expect(result).toEqual({
    isError: false,
    text: 'dcim.device: 42',
    rows: 3,
    links: [{ label: 'Devices', url: 'http://nautobot/dcim/devices/' }],
    gaps: ['The list was cut at 3 of 42.']
  })
  expect((await set.call('count', { model: 7 }, context())).isError).toBe(true)
  expect((await set.call('boom', {}, context())).isError).toBe(true)
  await set.release()
  await set.release()
  expect(created).toEqual({ count: 1, closed: 1 })
})

test('a server that is named twice offers its tools once', async () => {
  const server = await start()
  const set = await lease(described('one', server), described('one', server))
  expect(set.tools.map(({ name }) => name)).toEqual(['one_echo'])
})

test('a server with the name of the built-in one is told from it', async () => {
  const server = await start()
  const dead = described('Nautobot', await start(), { id: 'dead', address: 'http://127.0.0.1:1' })
  const own = builtIn({ count: 0, closed: 0 })
  const set = await clients.lease([described('nautobot', server), dead], own, context())
  expect(set.tools.map(({ server: of }) => of)).toEqual(['Nautobot', 'Nautobot', 'nautobot (MCP)'])
  expect(set.unavailable).toMatchObject([{ server: 'Nautobot (MCP)' }])
  expect((await set.call('nautobot-mcp_echo', { n: 1 }, context())).text).toBe('{"n":1}')
})

test('links and gaps that a foreign server claims are not taken over', async () => {
  const server = await start()
  const set = await lease(described('one', server))
  const structuredContent = {
    links: [{ label: 'Proof', url: 'http://evil' }],
    gaps: ['x'],
    rows: 9
  }
  server.misbehave(({ method }) =>
    method === 'tools/call'
      ? { kind: 'result', result: { content: [], structuredContent } }
      : undefined
  )
  const result = await set.call('one_echo', {}, context())
  expect(result).toEqual({
    isError: false,
    text: JSON.stringify(structuredContent),
    links: [],
    gaps: []
  })
})
