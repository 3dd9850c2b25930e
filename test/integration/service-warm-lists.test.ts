import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, say, sinceLastQuestion } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { ask, send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

/** What a question waits for a list that has never been seen. */
const LIST_WAIT_MS = 2_000
/** Many, so that one pause of a busy machine is no wait of theirs. */
const QUESTIONS = 5

let model: ScriptedModel
let tickets: FaultMcpServer
let mute: FaultMcpServer
let service: LabSidecar

beforeAll(async () => {
  ;[model, tickets, mute] = await Promise.all([
    startScriptedModel({}),
    startFaultMcpServer(),
    startFaultMcpServer()
  ])
  mute.misbehave(({ method }) => (method === 'tools/list' ? { kind: 'hang' } : undefined))
  service = await startLabSidecar(model.url, {
    AI_OPS_MCP_SERVERS: JSON.stringify([
      { name: 'mute', url: mute.url },
      { name: 'tickets', url: tickets.url, readOnlyTools: ['*'] }
    ])
  })
})

afterAll(async () => {
  await service.stop()
  await Promise.all([model, tickets, mute].map((peer) => peer.stop()))
})

/** Perhaps more than once: the health check looks, too. */
const wasAsked = (server: FaultMcpServer) => server.asked('tools/list').length > 0

/** An MCP server, as an administrator describes it; then somebody looks what there is to choose. */
async function describe({ url }: LabSidecar, server: object): Promise<void> {
  const body = { status: 'Healthy', ...server }
  expect((await send(url, { path: '/api/v1/mcp-servers', body })).status).toBe(201)
  await send(url, { path: '/api/v1/chat/options', method: 'GET' })
}

test('the first question after a start has the tools of all that answer, and waits for no silent server', async () => {
  await expect.poll(() => wasAsked(tickets) && wasAsked(mute), { timeout: 20_000 }).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, LIST_WAIT_MS))
  model.answer((request) => {
    const called = sinceLastQuestion(request).some(({ role }) => role === 'tool')
    return called ? [say('Fine.')] : [callTool('tickets_echo', { text: 'hello' })]
  })
  const startedAt = performance.now()
  for (let asked = 0; asked < QUESTIONS; asked += 1) {
    const answer = await ask(service.url, { message: 'What do the tickets say?' })
    expect(answer.toolCalls).toMatchObject([{ name: 'tickets_echo', isError: false }])
    expect(answer.gaps).toEqual(['mute could not be asked: it did not list its tools within 2 s.'])
  }
  expect(performance.now() - startedAt).toBeLessThan(QUESTIONS * LIST_WAIT_MS)
  expect(mute.asked('tools/list')[0]?.closedByClient).toBe(false)
})

test('a server that is added is asked for its tools when the catalog is read, unless it is disabled', async () => {
  const [added, disabled] = await Promise.all([startFaultMcpServer(), startFaultMcpServer()])
  try {
    const remoteUrl = disabled.url
    await describe(service, { name: 'off', remoteUrl, enabled: false })
    await describe(service, { name: 'weather', remoteUrl: added.url })
    await expect.poll(() => wasAsked(added)).toBe(true)
    expect(disabled.requests).toEqual([])
  } finally {
    await Promise.all([added.stop(), disabled.stop()])
  }
})

test('a stop in the middle of it ends the service in an orderly way', async () => {
  const dead = await startFaultMcpServer()
  dead.misbehave(() => ({ kind: 'hang' }))
  const own = await startLabSidecar(model.url)
  try {
    await describe(own, { name: 'dead', remoteUrl: dead.url, connectTimeoutSeconds: 60 })
    await expect.poll(() => dead.requests.length).toBeGreaterThan(0)
  } finally {
    await own.stop()
    await dead.stop()
  }
})
