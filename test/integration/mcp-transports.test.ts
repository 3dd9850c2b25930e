import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { McpServer } from '../../src/catalog/catalog.ts'
import { createMcpClients, type McpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../src/platform/outbound.ts'
import type { ToolProgress } from '../../src/tool-server.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'
import { startEverything } from '../support/mcp-peers.ts'

const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js'
)

let outbound: Outbound
let clients: McpClients

beforeEach(() => {
  outbound = createOutbound({ connectTimeoutMs: 5_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: 100_000,
    limits: { listMaxWaitMs: 10_000 }
  })
})

afterEach(async () => {
  await clients.close()
  await outbound.close()
})

const context = () => ({ signal: AbortSignal.timeout(20_000), correlationId: 'c-1' })

async function sumOf(server: McpServer): Promise<string> {
  const tools = await clients.lease([server], undefined, context())
  expect(tools.unavailable).toEqual([])
  return (await tools.call('everything_get-sum', { a: 2, b: 40 }, context())).text
}

const everything = (change: Partial<McpServer>) =>
  mcpServer({ name: 'everything', timeoutMs: 10_000, ...change })

async function progressOf(server: McpServer): Promise<ToolProgress[]> {
  const tools = await clients.lease([server], undefined, context())
  const told: ToolProgress[] = []
  const onProgress = (progress: ToolProgress) => void told.push(progress)
  const args = { duration: 1.4, steps: 2 }
  const listening = { ...context(), onProgress }
  await tools.call('everything_trigger-long-running-operation', args, listening)
  return told
}

test('a server that nobody here wrote answers over HTTP with SSE, and tells of its progress', async () => {
  const peer = await startEverything({ mode: 'sse' })
  onTestFinished(peer.stop)
  const server = everything({ address: peer.url, transport: 'sse' })
  expect((await progressOf(server))[0]).toEqual({ progress: 1, total: 2 })
  expect(await sumOf(everything({ address: peer.url, transport: 'sse' }))).toContain('42')
})

test('[S12] a program of LAB answers on its standard streams, without our environment, and ends with the clients', async () => {
  process.env.AI_OPS_CANARY = 'canary'
  onTestFinished(() => void delete process.env.AI_OPS_CANARY)
  const command = {
    file: process.execPath,
    args: [EVERYTHING, 'stdio'],
    env: { GIVEN: 'to the program' }
  }
  const server = everything({ address: '', transport: 'stdio', command })
  expect(await sumOf(server)).toContain('42')
  const tools = await clients.lease([server], undefined, context())
  const environment = await tools.call('everything_get-env', {}, context())
  expect(environment.text).toContain('to the program')
  expect(environment.text).not.toContain('canary')
  expect((await progressOf(server))[0]).toEqual({ progress: 1, total: 2 })
  const all = () => execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' }).split('\n')
  const ours = new RegExp(`^ *${process.pid} .*server-everything.*stdio`)
  const running = () => all().filter((line) => ours.test(line))
  expect(running()).toHaveLength(1)
  await clients.close()
  expect(running()).toEqual([])
})

test('a program that is not there is a server that could not be asked', async () => {
  const command = { file: '/nonexistent/program', args: [], env: {} }
  const server = everything({ address: '', transport: 'stdio', command })
  const tools = await clients.lease([server], undefined, context())
  expect(tools.unavailable).toMatchObject([{ server: 'everything' }])
})
