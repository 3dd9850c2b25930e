import { afterEach, expect, it, vi } from 'vitest'
import { mcpServer, startAgentFixture } from '../../support/agent-fixture.ts'
import { leaseFrom } from '../../support/agent-tool-servers.ts'
import { ECHO, startFaultMcpServer } from '../../support/fault-mcp-server.ts'
import { callTool, type ModelRequest, say, sinceLastQuestion } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

const TURNS = 10
const DAY_MS = 86_400_000

let model: ScriptedModel

afterEach(async () => {
  vi.useRealTimers()
  await model.stop()
})

/** Up to where the next message is added. */
const beginningOf = ({ body }: ModelRequest) =>
  JSON.stringify([body.tools, body.messages]).slice(0, -2)

it('keeps the bytes of a prompt over ten turns: date and page change, and a tool server dies', async () => {
  const server = await startFaultMcpServer({ tools: [ECHO] })
  const address = server.url
  model = await startScriptedModel({
    respond: (request) =>
      sinceLastQuestion(request).some(({ role }) => role === 'tool')
        ? [say('Seen.')]
        : [callTool('weather_echo', { text: 'hi' })]
  })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: leaseFrom(() => [mcpServer({ address, readOnlyTools: ['*'] })], {
      listMaxAgeMs: 0,
      listRetryAfterMs: 0
    })
  })
  vi.useFakeTimers({ toFake: ['Date'] })
  let conversationId: string | undefined
  for (let turn = 0; turn < TURNS; turn += 1) {
    vi.setSystemTime(Date.UTC(2026, 10, 20) + turn * DAY_MS)
    if (turn === 5) await server.stop()
    const pageContext = { objectType: 'dcim.device', id: `page-${turn}` }
    const run = await ask(`Question ${turn}?`, { conversationId, pageContext })
    conversationId = run.conversationId
    await eventsOf(run.runId)
  }

  expect(model.requests).toHaveLength(2 * TURNS)
  for (const [index, request] of model.requests.entries()) {
    const before = model.requests[index - 1]
    if (before) expect(beginningOf(request).startsWith(beginningOf(before))).toBe(true)
  }
  const last = JSON.stringify(model.requests.at(-1)?.body.messages)
  expect(last).toContain('date: 2026-11-29')
  expect(last).toContain('page: dcim.device:page-9')
  expect(last).toContain('could not be asked')
  expect(last.match(/\[context\]\\ndate/g)).toHaveLength(TURNS)
})
