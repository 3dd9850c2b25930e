import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { McpServer } from '../../../src/catalog/catalog.ts'
import { MAX_MESSAGE_CHARACTERS, MIN_INTERVAL_MS } from '../../../src/mcp/call-progress.ts'
import type { ToolProgress } from '../../../src/tool-server.ts'
import { mcpServer } from '../../support/agent-fixture.ts'
import { leaseFrom } from '../../support/agent-tool-servers.ts'
import {
  type Fault,
  type FaultMcpServer,
  startFaultMcpServer
} from '../../support/fault-mcp-server.ts'

let fault: FaultMcpServer

beforeEach(async () => {
  fault = await startFaultMcpServer()
})

afterEach(() => fault.stop())

async function start(answer: Fault, change: Partial<McpServer> = {}) {
  fault.misbehave(({ method }) => (method === 'tools/call' ? answer : undefined))
  const server = mcpServer({ name: 'inventory', address: fault.url, ...change })
  const tools = await leaseFrom(() => [server])()
  const told: ToolProgress[] = []
  const stop = new AbortController()
  const context = { signal: stop.signal, correlationId: 'c-1' }
  const onProgress = (progress: ToolProgress) => void told.push(progress)
  const calling = tools.call('inventory_echo', {}, { ...context, onProgress })
  return { told, calling, stop }
}

/** What is told of a call that reports this, the last of it `until`, and is stopped then. */
async function toldOf(says: readonly object[], until: ToolProgress): Promise<ToolProgress[]> {
  const report = (number: number) => says[number - 1] ?? {}
  const { told, calling, stop } = await start({
    ...{ kind: 'progress', everyMs: 1, times: 10_000 },
    says: report
  })
  await expect.poll(() => told.at(-1), { timeout: 9_000 }).toEqual(until)
  stop.abort(new Error('stopped'))
  await expect(calling).rejects.toThrow('stopped')
  const before = [...told]
  await sleep(MIN_INTERVAL_MS)
  expect(told).toEqual(before)
  return told
}

test('a call that may not take longer than a silent one is asked for its progress too, and ends in time', async () => {
  const { told, calling } = await start(
    { kind: 'progress', everyMs: 100, times: 50 },
    { timeoutMs: 700, totalTimeoutMs: 700 }
  )
  const result = await calling
  expect(fault.asked('tools/call')[0]?.params._meta?.progressToken).toBeDefined()
  expect(told[0]).toEqual({ progress: 1 })
  expect(told.length).toBeLessThanOrEqual(2)
  expect(result).toMatchObject({ isError: true, text: expect.stringContaining('did not answer') })
})

test('what cannot be true is not told, and the call goes on', async () => {
  const says = [
    { progress: -1 },
    { progress: 'half' },
    {},
    { progress: 3, total: 2, message: 'x\u202ey' },
    { progress: 2, total: 5 },
    { progress: 4, total: 5 }
  ]
  expect(await toldOf(says, { progress: 4, total: 5 })).toEqual([
    { progress: 3, message: 'xy' },
    { progress: 4, total: 5 }
  ])
})

test('ten megabytes of words are a line', async () => {
  const message = `a\u0000${'x'.repeat(10_000_000)}`
  const line = `a ${'x'.repeat(MAX_MESSAGE_CHARACTERS - 3)}…`
  await toldOf([{ progress: 1, message }], { progress: 1, message: line })
})

test('five hundred reports at once are told once in each interval', async () => {
  const flood = Array.from({ length: 500 }, (_, index) => ({ progress: index + 1 }))
  const startedAt = performance.now()
  const told = await toldOf(flood, { progress: 500 })
  expect(told[0]).toEqual({ progress: 1 })
  const intervals = (performance.now() - startedAt) / MIN_INTERVAL_MS
  expect(told.length).toBeLessThanOrEqual(intervals + 1)
})

test('what comes after the result is not told', async () => {
  const { told, calling } = await start({ kind: 'late-progress' })
  expect(await calling).toMatchObject({ isError: false, text: 'done' })
  await sleep(MIN_INTERVAL_MS)
  expect(told).toEqual([])
})
