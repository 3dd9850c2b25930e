import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createMcpClients, type McpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../src/platform/outbound.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'
import { ensurePython, NAUTOBOT_MCP_LOCK } from '../support/python-peers.ts'
import { connectTools } from '../support/tool-client.ts'
import { sharedNautobot } from './support/client.ts'
import type {} from './support/provided.ts'

/** Packages that are not on the machine yet are downloaded. */
const INSTALL_TIMEOUT_MS = 300_000
/** A program of Python takes a while to start, and a real Nautobot to answer the first time. */
const CALL_TIMEOUT_MS = 30_000
const ROUTER = 'ams01-rtr-01'

let program: string
let outbound: Outbound
let clients: McpClients

beforeAll(async () => {
  program = join(await ensurePython({ lockFile: NAUTOBOT_MCP_LOCK }), 'nautobot-mcp')
  outbound = createOutbound({ connectTimeoutMs: 5_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined }),
    stateUser: vouchForNobody,
    maxResultBytes: 1_000_000,
    limits: { listMaxWaitMs: CALL_TIMEOUT_MS }
  })
}, INSTALL_TIMEOUT_MS)
afterAll(async () => {
  await clients.close()
  await outbound.close()
})

/** Calls tools of a `nautobot-mcp` that reads with this user's token. */
async function theirs(token: string) {
  const env = { NAUTOBOT_URL: inject('nautobot').url, NAUTOBOT_TOKEN: token }
  const server = mcpServer({
    ...{ id: token, name: 'other', address: '', transport: 'stdio' },
    ...{ connectTimeoutMs: CALL_TIMEOUT_MS, timeoutMs: CALL_TIMEOUT_MS },
    command: { file: program, args: [], env }
  })
  const context = () => ({ signal: AbortSignal.timeout(CALL_TIMEOUT_MS), correlationId: 'c-1' })
  const tools = await clients.lease([server], undefined, context())
  expect(tools.unavailable).toEqual([])
  return (name: string, args: object) => tools.call(`other_${name}`, args, context())
}

test('nautobot-mcp of PyPI tells of a real Nautobot, and writes nothing to it', async () => {
  const call = await theirs(inject('nautobot').users.admin.token)
  const status = await call('nautobot_status', {})
  expect(JSON.parse(status.text)).toHaveProperty('nautobot-version')
  const device = await call('get_device', { name_or_id: ROUTER })
  expect(JSON.parse(device.text)).toMatchObject({ name: ROUTER, object_type: 'dcim.device' })
  const graph = await call('graphql_query', { query: `{ devices(name: "${ROUTER}") { name } }` })
  expect(JSON.parse(graph.text)).toEqual({ data: { devices: [{ name: ROUTER }] } })
  const written = await call('rest_create', { endpoint: '/api/extras/tags/', data: { name: 'x' } })
  expect(written).toMatchObject({ isError: true, gaps: [] })
})

test.each(['admin', 'alice'] as const)(
  'it counts for %s what our own tools count',
  async (user) => {
    const { token } = inject('nautobot').users[user]
    const [call, ours] = [
      await theirs(token),
      await connectTools(sharedNautobot(), { userId: user, token })
    ]
    const { text } = await call('list_devices', { limit: 1 })
    const { count } = JSON.parse(text)
    expect(count).toBeGreaterThan(0)
    expect((await ours('count', { model: 'dcim.device' })).text).toMatchObject({ count })
  }
)
