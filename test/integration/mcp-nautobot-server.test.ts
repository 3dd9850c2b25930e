import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createSampleNautobot, type SampleNautobot } from '../../src/lab/sample-nautobot.ts'
import { createMcpClients, type McpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../src/platform/outbound.ts'
import { Secret } from '../../src/platform/secret.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import { ensurePython, NAUTOBOT_MCP_LOCK } from '../support/python-peers.ts'
import { startScriptedModel } from '../support/scripted-model.ts'
import { ask } from './support/sidecar-client.ts'
import { startLabSidecar } from './support/sidecar-lab.ts'

/** Packages that are not on the machine yet are downloaded. */
const INSTALL_TIMEOUT_MS = 300_000
/** A program of Python takes a while to start, and longer beside other tests. */
const START_TIMEOUT_MS = 20_000
const RETRY_WAIT_MS = 60_000
const TOKENS = { all: 'token-of-lab-user', some: 'token-of-restricted-user' }
const DEVICE = 'ams01-rtr-01'
/** Tools of `nautobot-mcp` without those for other apps. */
const MIN_TOOLS = 70

let program: string
let sample: SampleNautobot
let sampleUrl: string
let outbound: Outbound
let clients: McpClients

beforeAll(async () => {
  program = join(await ensurePython({ lockFile: NAUTOBOT_MCP_LOCK }), 'nautobot-mcp')
  sample = createSampleNautobot({
    serviceToken: new Secret('token-of-service'),
    labToken: new Secret(TOKENS.all),
    restrictedToken: new Secret(TOKENS.some)
  })
  sampleUrl = (await sample.listen()).url
}, INSTALL_TIMEOUT_MS)
afterAll(() => sample.close())

beforeEach(() => {
  outbound = createOutbound({ connectTimeoutMs: 5_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: 256 * 1024,
    limits: { listMaxWaitMs: START_TIMEOUT_MS }
  })
})
afterEach(async () => {
  await clients.close()
  await outbound.close()
})

const context = () => ({ signal: AbortSignal.timeout(START_TIMEOUT_MS), correlationId: 'c-1' })

/** Its environment: Nautobot, and the token that it reads with, whoever asks. */
const environment = (token: string) => ({ NAUTOBOT_URL: sampleUrl, NAUTOBOT_TOKEN: token })

async function lease(token: string) {
  const command = { file: program, args: [], env: environment(token) }
  const where = { id: token, name: 'other', address: '', transport: 'stdio', command } as const
  const timeouts = { connectTimeoutMs: START_TIMEOUT_MS, timeoutMs: START_TIMEOUT_MS }
  return clients.lease([mcpServer({ ...where, ...timeouts })], undefined, context())
}

test('nautobot-mcp of PyPI has its tools called: lists, objects, GraphQL, and refusals in its words', async () => {
  const tools = await lease(TOKENS.all)
  expect(tools.unavailable).toEqual([])
  expect(tools.tools.length).toBeGreaterThan(MIN_TOOLS)
  const call = (name: string, args: object) => tools.call(`other_${name}`, args, context())
  const listed = await call('list_devices', { filters: { name: DEVICE } })
  expect(JSON.parse(listed.text)).toMatchObject({ count: 1, results: [{ name: DEVICE }] })
  const device = await call('get_device', { name_or_id: DEVICE })
  expect(JSON.parse(device.text)).toMatchObject({ object_type: 'dcim.device', name: DEVICE })
  const graph = await call('graphql_query', { query: `{ devices(name: "${DEVICE}") { name } }` })
  expect(JSON.parse(graph.text)).toEqual({ data: { devices: [{ name: DEVICE }] } })
  const written = await call('rest_create', { endpoint: '/api/dcim/devices/', data: {} })
  expect(written).toMatchObject({ isError: true, text: expect.stringContaining('rest_create') })
  const wrong = await call('list_devices', { limit: 'many' })
  expect(wrong).toMatchObject({ isError: true, text: expect.stringContaining('limit'), gaps: [] })
})

test('it reads with the token that it was started with', async () => {
  const counts = await Promise.all(
    [TOKENS.all, TOKENS.some].map(async (token) => {
      const tools = await lease(token)
      const { text } = await tools.call('other_list_devices', { limit: 1 }, context())
      return JSON.parse(text).count as number
    })
  )
  const [all = 0, some = 0] = counts
  expect(some).toBeGreaterThan(0)
  expect(some).toBeLessThan(all)
})

test('beside our own tools both are asked in one answer, and agree', {
  timeout: 2 * RETRY_WAIT_MS
}, async () => {
  const model = await startScriptedModel({ respond: () => [say('Yes.')] })
  onTestFinished(model.stop)
  const command = { command: [program], env: environment(TOKENS.all) }
  const service = await startLabSidecar(model.url, {
    AI_OPS_MCP_SERVERS: JSON.stringify([{ name: 'other', ...command, readOnlyTools: ['list_*'] }])
  })
  onTestFinished(service.stop)
  const mcpServers = ['other']
  // A program of Python may take longer to start than it is given; then it is started again half a minute later.
  const early = async () => (await ask(service.url, { message: 'Are you there?', mcpServers })).gaps
  await expect.poll(early, { timeout: RETRY_WAIT_MS, interval: 500 }).toEqual([])
  model.answer((request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    if (results.length > 0) return [say(results.map(textOf).join('\n'))]
    return [
      callTool('count', { model: 'dcim.device', filters: {} }),
      callTool('other_list_devices', { limit: 1 })
    ]
  })
  const answer = await ask(service.url, { message: 'How many devices are there?', mcpServers })
  expect(answer.toolCalls.map(({ server, isError }) => [server, isError])).toEqual([
    ['nautobot', false],
    ['other', false]
  ])
  const counts = [...answer.response.matchAll(/"count": ?(\d+)/g)].map(([, count]) => Number(count))
  expect(counts).toHaveLength(2)
  expect(counts[0]).toBeGreaterThan(0)
  expect(counts[1]).toBe(counts[0])
})
