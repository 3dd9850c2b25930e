import { afterEach, beforeEach, expect, test } from 'vitest'
import type { McpServer } from '../../../src/catalog/catalog.ts'
import { createMcpClients, type McpClients, type McpLimits } from '../../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { mcpServer, vouchForNobody } from '../../support/agent-fixture.ts'
import { type FaultMcpServer, startFaultMcpServer } from '../../support/fault-mcp-server.ts'

let outbound: Outbound
let clients: McpClients
let server: FaultMcpServer

beforeEach(async () => {
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 1_000_000 })
  server = await startFaultMcpServer()
})

afterEach(async () => {
  await server.stop()
  await clients.close()
  await outbound.close()
})

function limitTo(limits: Partial<McpLimits>): void {
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: 2000,
    limits: { listMaxWaitMs: 5000, ...limits }
  })
}

function described(name: string): McpServer {
  return mcpServer({ id: name, name, address: server.url, timeoutMs: 5000 })
}

async function lease(...names: string[]) {
  const context = { signal: AbortSignal.timeout(8000), correlationId: 'c-1' }
  const { unavailable } = await clients.lease(names.map(described), undefined, context)
  expect(unavailable).toEqual([])
}

test('keeps as many lists as allowed, and forgets the one that was used longest ago', async () => {
  limitTo({ maxKeptLists: 2 })
  const asked = () => server.asked('tools/list').length
  await lease('a')
  await lease('b')
  await lease('a')
  expect(asked()).toBe(2)
  await lease('c')
  await lease('a')
  expect(asked()).toBe(3)
  await lease('b')
  expect(asked()).toBe(4)
})

test('asks for as many lists at a time as allowed', async () => {
  limitTo({ maxListsAtATime: 2, maxListPlaceMs: 60_000 })
  server.misbehave(({ method }) => (method === 'tools/list' ? { kind: 'hang' } : undefined))
  const stop = new AbortController()
  const context = { signal: stop.signal, correlationId: 'c-1' }
  const leasing = clients.lease(['a', 'b', 'c'].map(described), undefined, context)
  await expect.poll(() => server.asked('tools/list').length).toBe(2)
  expect(server.asked('initialize')).toHaveLength(2)
  stop.abort(new Error('stopped'))
  await expect(leasing).rejects.toThrow('stopped')
})
