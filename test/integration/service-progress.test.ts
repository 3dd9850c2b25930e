import { afterAll, beforeAll, expect, test } from 'vitest'
import { type McpPeer, startEverything } from '../support/mcp-peers.ts'
import { callTool, say, sinceLastQuestion, textOf } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import {
  allOf,
  cancelRun,
  openEvents,
  type ReceivedEvent,
  readUntil,
  viewRun
} from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const SLOW = 'everything_trigger-long-running-operation'

let everything: McpPeer
let model: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  everything = await startEverything()
  model = await startScriptedModel({
    respond: (request) => {
      const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
      if (results.length > 0) return [say(results.map(textOf).join('\n'))]
      return [callTool(SLOW, { duration: 4, steps: 4 })]
    }
  })
  const servers = [{ name: 'everything', url: everything.url, readOnlyTools: ['*'] }]
  service = await startLabSidecar(model.url, { AI_OPS_MCP_SERVERS: JSON.stringify(servers) })
})

afterAll(async () => {
  await service?.stop()
  await everything?.stop()
  await model?.stop()
})

const progressIn = (events: readonly ReceivedEvent[]) =>
  events.flatMap(({ event }) =>
    event.type === 'CUSTOM' && event.name === 'tool_progress' ? [event.value] : []
  )

async function askSlow() {
  const message = 'Run the long operation.'
  const { response, events } = await openEvents(service.url, { body: { message } })
  const runId = response.headers.get('x-run-id') ?? ''
  await expect
    .poll(async () => (await viewRun(service.url, runId)).steps[0]?.progress, { timeout: 9_000 })
    .toMatchObject({ total: 4 })
  return { runId, events }
}

test('who asked, who comes later and who looks see how far a call is; when it has ended, nobody', async () => {
  const { runId, events } = await askSlow()
  const path = `/api/v1/runs/${runId}/events`
  const second = await openEvents(service.url, { path, method: 'GET' })
  const [seen, seenLater] = await Promise.all([allOf(events), allOf(second.events)])

  const told = progressIn(seen)
  expect(told.length).toBeGreaterThanOrEqual(2)
  expect(told[0]).toMatchObject({ progress: 1, total: 4 })
  expect(progressIn(seenLater)).toEqual(told)
  const [last] = (await viewRun(service.url, runId)).steps
  expect(last).toMatchObject({ isError: false, result: expect.stringContaining('completed') })
  expect(last).not.toHaveProperty('progress')
})

test('a stop in the middle of it is told no more, and leaves nothing behind', async () => {
  const { runId, events } = await askSlow()
  const { run } = await cancelRun(service.url, runId)
  expect(run.state).toBe('stopped')
  const seen = await readUntil(events, 'RUN_FINISHED')
  expect(progressIn(seen).length).toBeGreaterThan(0)
  const { steps } = await viewRun(service.url, runId)
  expect(steps).toHaveLength(1)
  expect(steps[0]).not.toHaveProperty('progress')
})
