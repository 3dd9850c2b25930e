import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test
} from 'vitest'
import type { McpServer } from '../../src/catalog/catalog.ts'
import { createMcpClients, type McpClients } from '../../src/mcp/mcp-clients.ts'
import { createOutbound, type Outbound } from '../../src/platform/outbound.ts'
import { Secret } from '../../src/platform/secret.ts'
import type { ToolSet } from '../../src/tool-server.ts'
import { mcpServer, vouchForNobody } from '../support/agent-fixture.ts'
import type { McpPeer } from '../support/mcp-peers.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import {
  ensurePython,
  PYTHON_LINES,
  type PythonLine,
  pythonCommand,
  startPythonPeer
} from '../support/python-peers.ts'
import { startScriptedModel } from '../support/scripted-model.ts'
import { ask } from './support/sidecar-client.ts'
import { startLabSidecar } from './support/sidecar-lab.ts'

/** Packages that are not on the machine yet are downloaded. */
const INSTALL_TIMEOUT_MS = 300_000
const CALL_TIMEOUT_MS = 1_500
const RETRY_WAIT_MS = 60_000
/** Of the server's walk; together they take longer than a call that says nothing may. */
const STEPS = 6
const TRANSPORTS = ['http', 'sse', 'stdio'] as const
type Transport = (typeof TRANSPORTS)[number]

const search = {
  places: [
    { kind: 'room', number: 7 },
    { kind: 'rack', room: { kind: 'room', number: 8 }, name: 'R8' }
  ],
  colour: 'blue'
}

let outbound: Outbound
let clients: McpClients

beforeEach(() => {
  outbound = createOutbound({ connectTimeoutMs: 5_000, maxResponseBytes: 8_000_000 })
  clients = createMcpClients({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret('canary5e2f1ce0') }),
    stateUser: vouchForNobody,
    maxResultBytes: 48 * 1024,
    limits: { listMaxWaitMs: 15_000 }
  })
})

afterEach(async () => {
  await clients.close()
  await outbound.close()
})

for (const line of PYTHON_LINES) describe(`a server of Python's ${line.name}`, () => testLine(line))

function testLine(line: PythonLine): void {
  const peers = new Map<Transport, McpPeer>()
  let command: readonly string[]

  beforeAll(async () => {
    await ensurePython(line)
    command = await pythonCommand(line)
    peers.set('http', await startPythonPeer(line, 'http'))
    peers.set('sse', await startPythonPeer(line, 'sse'))
  }, INSTALL_TIMEOUT_MS)
  afterAll(() => Promise.all([...peers.values()].map((peer) => peer.stop())))

  function described(transport: Transport): McpServer {
    const [file = '', ...args] = command
    const program = { command: { file, args, env: {} } }
    return mcpServer({
      ...{ id: transport, name: 'py', transport, address: peers.get(transport)?.url ?? '' },
      ...{ timeoutMs: CALL_TIMEOUT_MS, totalTimeoutMs: 20_000, hasCredential: true },
      ...(transport === 'stdio' && program)
    })
  }

  test.each(TRANSPORTS)(
    'has its tools called, and its answers read, over %s',
    async (transport) => {
      const tools = await clients.lease([described(transport)], undefined, context())
      expect(tools.unavailable).toEqual([])
      await callEach(tools)
    }
  )

  test('is asked in the newest revision that it knows, with its credential', async () => {
    const tools = await clients.lease([described('http')], undefined, context())
    const headers = await tools.call('py_show_headers', {}, context())
    expect(JSON.parse(headers.text)).toEqual({
      authorization: 'Bearer [secret]',
      'mcp-protocol-version': line.revision,
      'x-request-id': 'c-1'
    })
  })

  test(
    '[T5] answers in a chat, asked with schemas that name every choice and every alternative',
    { timeout: 2 * RETRY_WAIT_MS },
    () =>
      askInChat([
        { name: 'http', url: peers.get('http')?.url },
        { name: 'sse', url: peers.get('sse')?.url, transport: 'sse' },
        { name: 'stdio', command }
      ])
  )
}

const CALLS = [
  callTool('http_find_cables', { search }),
  callTool('sse_walk', { steps: 2 }),
  callTool('stdio_name_manual', {}),
  callTool('http_break_down', { reason: 'a test' })
]

type LabServer = { readonly name: string } & Readonly<Record<string, unknown>>

/** Asks the service in LAB, whose model calls a tool of each server. */
async function askInChat(servers: readonly LabServer[]): Promise<void> {
  const model = await startScriptedModel({ respond: () => [say('Yes.')] })
  onTestFinished(model.stop)
  const unasked = servers.map((server) => ({ ...server, readOnlyTools: ['*'] }))
  const service = await startLabSidecar(model.url, { AI_OPS_MCP_SERVERS: JSON.stringify(unasked) })
  onTestFinished(service.stop)
  const mcpServers = servers.map(({ name }) => name)
  // A program of Python may take longer to start than it is given; then it is started again half a minute later.
  const early = async () => (await ask(service.url, { message: 'Are you there?', mcpServers })).gaps
  await expect.poll(early, { timeout: RETRY_WAIT_MS, interval: 500 }).toEqual([])
  model.answer((request) => {
    const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
    return results.length > 0 ? [say(results.map(textOf).join('\n'))] : CALLS
  })
  const answer = await ask(service.url, { message: 'Which cables are blue?', mcpServers })
  expect(answer.toolCalls.map(({ name, isError }) => [name, isError])).toEqual([
    ['http_find_cables', false],
    ['sse_walk', false],
    ['stdio_name_manual', false],
    ['http_break_down', true]
  ])
  expect(answer.gaps).toEqual([])
  expect(answer.response).toContain('walked 2 steps')
  expect(answer.response).toContain('https://manual.example.com/cables')
  const offered = model.requests.at(-1)?.body.tools ?? []
  const shown = offered.find(({ function: { name } }) => name === 'http_find_cables')
  for (const word of ['room', 'rack', 'red', 'blue', 'any', 'number', 'metres', 'note']) {
    expect(JSON.stringify(shown)).toContain(`"${word}"`)
  }
}

async function callEach(tools: ToolSet): Promise<void> {
  const call = (name: string, args: object = {}) => tools.call(`py_${name}`, args, context())
  const found = await call('find_cables', { search, note: null })
  expect(found).toMatchObject({ isError: false, links: [], gaps: [] })
  expect(JSON.parse(found.text)).toEqual({
    seen: { ...search, metres: 'any' },
    note: null,
    total: 2
  })
  const wrong = await call('find_cables', { search: { ...search, colour: 'green' } })
  expect(wrong).toMatchObject({ isError: true, gaps: [] })
  expect(wrong.text).toContain('green')
  expect((await call('list_colours')).text).toBe('red\nblue')
  const broken = await call('break_down', { reason: 'a test' })
  expect(broken).toMatchObject({ isError: true, text: expect.stringContaining('a test'), gaps: [] })
  expect((await call('draw')).text).toBe('[An image (image/png) that is not shown here.]')
  expect((await call('name_manual')).text).toBe(
    '[A resource named manual: https://manual.example.com/cables]'
  )
  expect(await call('walk', { steps: STEPS })).toMatchObject({
    isError: false,
    text: `walked ${STEPS} steps`
  })
}

const context = () => ({ signal: AbortSignal.timeout(20_000), correlationId: 'c-1' })
