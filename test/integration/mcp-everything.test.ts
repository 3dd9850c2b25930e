import { setTimeout as sleep } from 'node:timers/promises'
import { McpServer as SdkServer } from '@modelcontextprotocol/server'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { McpServer } from '../../src/catalog/catalog.ts'
import { MIN_INTERVAL_MS } from '../../src/mcp/call-progress.ts'
import { createMcpClients, type McpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../src/platform/outbound.ts'
import { Secret } from '../../src/platform/secret.ts'
import type { ToolProgress, ToolSet } from '../../src/tool-server.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'
import {
  type McpPeer,
  type ModernPeer,
  startEverything,
  startModernPeer
} from '../support/mcp-peers.ts'
import { startSteadyClock } from '../support/steady-clock.ts'

let everything: McpPeer
let modern: ModernPeer
let outbound: Outbound
let clients: McpClients
/** What the slow tool of the modern peer has seen. */
let slow: { started: number; cancelled: number }

beforeAll(async () => {
  everything = await startEverything()
  modern = await startModernPeer(modernServer, { legacy: 'reject' })
})

afterAll(async () => {
  await everything.stop()
  await modern.stop()
})

beforeEach(() => {
  slow = { started: 0, cancelled: 0 }
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret('canary') }),
    stateUser: vouchForNobody,
    maxResultBytes: 48 * 1024,
    limits: { listMaxWaitMs: 5000 }
  })
})

afterEach(async () => {
  await clients.close()
  await outbound.close()
})

function modernServer(): SdkServer {
  const server = new SdkServer({ name: 'modern', version: '1' })
  server.registerTool(
    'add',
    { description: 'Adds.', inputSchema: z.object({ a: z.number(), b: z.number() }) },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] })
  )
  server.registerTool('copy', {}, async ({ mcpReq: { _meta, notify } }) => {
    const { progressToken } = _meta ?? {}
    for (const said of [{ message: 'copying\nconfiguration' }, {}]) {
      const progress = 'message' in said ? 1 : 2
      const params = { progressToken: progressToken ?? '', progress, total: 2, ...said }
      await notify({ method: 'notifications/progress', params })
      await sleep(MIN_INTERVAL_MS + 200)
    }
    return { content: [{ type: 'text', text: 'Copied.' }] }
  })
  server.registerTool('slow', {}, async (context) => {
    slow.started += 1
    const { signal } = context.mcpReq
    signal.addEventListener('abort', () => {
      slow.cancelled += 1
    })
    await sleep(20_000, undefined, { signal }).catch(() => undefined)
    return { content: [] }
  })
  return server
}

const context = (signal = AbortSignal.timeout(20_000)) => ({ signal, correlationId: 'c-1' })

function described(name: string, address: string, changes = {}): McpServer {
  const common = { id: `id-${name}`, name, address, timeoutMs: 10_000, hasCredential: true }
  return mcpServer({ ...common, ...changes })
}

const lease = (...servers: McpServer[]): Promise<ToolSet> =>
  clients.lease(servers, undefined, context())

test('calls the tools of a server that nobody here wrote', async () => {
  const set = await lease(described('everything', everything.url))
  expect(set.unavailable).toEqual([])
  expect(set.tools.map(({ name }) => name)).toContain('everything_echo')
  for (const { name } of set.tools) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  const echo = await set.call('everything_echo', { message: 'hello' }, context())
  expect(echo).toEqual({ isError: false, text: 'Echo: hello', links: [], gaps: [] })
  const sum = await set.call('everything_get-sum', { a: 2, b: 40 }, context())
  expect(sum.text).toContain('42')
  const image = await set.call('everything_get-tiny-image', {}, context())
  expect(image.text).toContain('[An image (image/png) that is not shown here.]')
  const links = await set.call('everything_get-resource-links', { count: 2 }, context())
  expect(links.text).toContain('[A resource named ')
  const wrong = await set.call('everything_get-sum', { a: 'x' }, context())
  expect(wrong).toMatchObject({ isError: true, gaps: [] })
})

test('a server of the newest protocol is asked in it', async () => {
  const set = await lease(described('modern', modern.url))
  const result = await set.call('modern_add', { a: 2, b: 40 }, context())
  expect(result).toEqual({ isError: false, text: '42', links: [], gaps: [] })
  const call = modern.requests.at(-1)
  expect(call?.['mcp-protocol-version']).toBe('2026-07-28')
  expect(call?.authorization).toBe('Bearer canary')
  expect(call?.['x-request-id']).toBe('c-1')
})

test('a stop reaches a running call of the newest protocol within half a second', async () => {
  const set = await lease(described('modern', modern.url))
  const stop = new AbortController()
  const calling = set.call('modern_slow', {}, context(stop.signal))
  await expect.poll(() => slow.started).toBe(1)
  const clock = startSteadyClock()
  stop.abort(new Error('stopped'))
  await expect(calling).rejects.toThrow('stopped')
  await expect.poll(() => slow.cancelled).toBe(1)
  expect(clock.stop()).toBeLessThan(500)
})

test('a call that tells of its progress is waited for beyond the time-out of a silent one', async () => {
  const set = await lease(described('everything', everything.url, { timeoutMs: 1_500 }))
  const args = { duration: 3, steps: 6 }
  const slow = await set.call('everything_trigger-long-running-operation', args, context())
  expect(slow).toMatchObject({ isError: false, text: expect.stringContaining('completed') })
})

test('a call of the older protocol that takes too long ends, and the next one works', async () => {
  const set = await lease(described('everything', everything.url, { timeoutMs: 400 }))
  const args = { duration: 5, steps: 5 }
  const late = await set.call('everything_trigger-long-running-operation', args, context())
  expect(late).toMatchObject({ isError: true, text: expect.stringContaining('did not answer') })
  const echo = await set.call('everything_echo', { message: 'hello' }, context())
  expect(echo.text).toBe('Echo: hello')
})

test('one of three servers is killed: the others answer, and it is named', async () => {
  const third = await startEverything()
  const set = await lease(
    described('everything', everything.url),
    described('modern', modern.url),
    described('third', third.url)
  )
  expect((await set.call('third_echo', { message: 'a' }, context())).text).toBe('Echo: a')
  await third.stop()
  const [one, two, dead] = await Promise.all([
    set.call('everything_echo', { message: 'b' }, context()),
    set.call('modern_add', { a: 1, b: 1 }, context()),
    set.call('third_echo', { message: 'c' }, context())
  ])
  expect([one.text, two.text]).toEqual(['Echo: b', '2'])
  expect(dead.isError).toBe(true)
  expect(dead.gaps).toEqual([expect.stringMatching(/^third could not be asked: /)])
})

test('a restarted server is asked again, once', async () => {
  const first = await startEverything()
  const set = await lease(described('restarting', first.url))
  await set.call('restarting_echo', { message: 'before' }, context())
  await first.stop()
  const second = await startEverything({ port: first.port })
  try {
    const after = await set.call('restarting_echo', { message: 'after' }, context())
    expect(after.text).toBe('Echo: after')
  } finally {
    await second.stop()
  }
})

const toldOf = async (set: ToolSet, tool: string, args: object) => {
  const told: ToolProgress[] = []
  const onProgress = (progress: ToolProgress) => void told.push(progress)
  const result = await set.call(tool, args, { ...context(), onProgress })
  return { told, result }
}

test('a server that nobody here wrote is heard telling how far its call has come', async () => {
  // Also where it is not waited for any longer.
  const noLonger = { timeoutMs: 10_000, totalTimeoutMs: 10_000 }
  const set = await lease(described('everything', everything.url, noLonger))
  const tool = 'everything_trigger-long-running-operation'
  const { told, result } = await toldOf(set, tool, { duration: 3, steps: 3 })
  expect(result.isError).toBe(false)
  expect(told.slice(0, 2)).toEqual([
    { progress: 1, total: 3 },
    { progress: 2, total: 3 }
  ])
})

test('so is a server of the newest protocol', async () => {
  const set = await lease(described('modern', modern.url))
  const { told, result } = await toldOf(set, 'modern_copy', {})
  expect(result).toMatchObject({ isError: false, text: 'Copied.' })
  expect(modern.requests.at(-1)?.['mcp-protocol-version']).toBe('2026-07-28')
  expect(told).toEqual([
    { progress: 1, total: 2, message: 'copying configuration' },
    { progress: 2, total: 2 }
  ])
})
