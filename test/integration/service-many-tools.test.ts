import { afterAll, beforeAll, expect, test } from 'vitest'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { type ManyTool, manyTools, pagesOf } from '../support/many-tools.ts'
import {
  callTool,
  type ModelRequest,
  say,
  sinceLastQuestion,
  textOf
} from '../support/model-steps.ts'
import { refusalsOf } from '../support/provider-schema-rules.ts'
import { decide, whenRun } from './support/approvals.ts'
import { auditOf } from './support/audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

const CALLS_OF_A_RUN = 50
const tools = manyTools()

let replicas: Replicas
let plant: FaultMcpServer
let desk: FaultMcpServer
let service: LabSidecar

beforeAll(async () => {
  plant = await startFaultMcpServer({ pages: pagesOf(tools, 50) })
  desk = await startFaultMcpServer({
    tools: [{ ...ECHO, name: 'hand_over', description: 'Hands a shift over to the next one.' }]
  })
  replicas = await startReplicas({
    env: {
      AI_OPS_MAX_TOOL_CALLS: '200',
      AI_OPS_MCP_SERVERS: JSON.stringify([
        { name: 'plant', url: plant.url, readOnlyTools: ['*'] },
        { name: 'desk', url: desk.url }
      ])
    }
  })
  service = await replicas.start()
})
afterAll(async () => {
  await replicas.stop()
  await Promise.all([plant.stop(), desk.stop()])
})

const resultsOf = (request: ModelRequest) =>
  sinceLastQuestion(request).flatMap((message) =>
    message.role === 'tool' ? [textOf(message)] : []
  )

/** The best tool in an answer of `search_tools`. */
function best(answer: string): { readonly name: string; readonly arguments: unknown } {
  return JSON.parse(answer.split('\n').find((each) => each.startsWith('{')) ?? '{}')
}

const wordsOf = ({ description }: ManyTool) => description.replace(/ of the plant\.$/, '')

async function whole(message: string) {
  const { headers } = replicas
  const run = await startRun(service.url, { headers, body: { message } })
  await run.rest()
  const { state } = await whenRun(service.url, run.runId, { headers, states: ['succeeded'] })
  return { runId: run.runId, state }
}

test('[T5] of 300 tools on six pages, with long names and exotic schemas, every one is found by its words and called', async () => {
  const before = replicas.model.requests.length
  const refusals: string[] = []
  for (const part of pagesOf(tools, CALLS_OF_A_RUN)) {
    let round = 0
    replicas.model.answer((request) => {
      round += 1
      if (round === 1) return part.map((tool) => callTool('search_tools', { query: wordsOf(tool) }))
      if (round > 2) return [say('Done.')]
      return resultsOf(request).map((answer, at) => {
        const { name, arguments: schema } = best(answer)
        refusals.push(...refusalsOf(schema))
        return callTool('call_tool', { name, arguments: { target: `t${at}` } })
      })
    })
    await whole('Call what you find.')
  }
  const called = plant.asked('tools/call').map(({ params }) => params.name)
  expect(called.toSorted()).toEqual(tools.map(({ name }) => name).toSorted())
  expect(refusals).toEqual([])
  // The health check asks for the first page too, once a minute.
  const cursors = plant.asked('tools/list').flatMap(({ params: { cursor } }) => cursor ?? [])
  expect(cursors).toEqual(['1', '2', '3', '4', '5'])
  for (const { body } of replicas.model.requests.slice(before)) {
    const offered = body.tools ?? []
    expect(offered.length).toBeLessThanOrEqual(128)
    expect(offered.map((tool) => tool.function.name)).toContain('search_tools')
  }
  const lists = replicas.model.requests.slice(before).map(({ body }) => JSON.stringify(body.tools))
  expect(new Set(lists).size).toBe(1)
}, 120_000)

test('a found tool waits for approval, and is audited, under its own name', async () => {
  const { headers, model } = replicas
  const args = { text: 'the night shift' }
  model.answer((request) =>
    resultsOf(request).length > 0
      ? [say('Handed over.')]
      : [callTool('call_tool', { name: 'desk_hand_over', arguments: JSON.stringify(args) })]
  )
  const run = await startRun(service.url, { headers, body: { message: 'Hand the shift over.' } })
  const waiting = await whenRun(service.url, run.runId, { headers, states: ['waiting'] })
  expect(waiting.approvals).toMatchObject([
    { name: 'desk_hand_over', server: 'desk', arguments: args }
  ])
  expect(desk.asked('tools/call')).toEqual([])
  const [{ toolCallId } = { toolCallId: '' }] = waiting.approvals
  await decide(service.url, run.runId, {
    headers,
    decisions: [{ toolCallId, decision: 'approve' }]
  })
  const done = await whenRun(service.url, run.runId, { headers, states: ['succeeded'] })
  expect(done.response).toBe('Handed over.')
  expect(desk.asked('tools/call')).toMatchObject([
    { params: { name: 'hand_over', arguments: args } }
  ])
  const audited = auditOf(service).filter((line) => line.runId === run.runId)
  expect(audited).toContainEqual(
    expect.objectContaining({ event: 'tool.called', tool: 'desk_hand_over', server: 'desk' })
  )
  expect(JSON.stringify(audited)).not.toContain('call_tool')
  const shown = model.requests.at(-1)?.body.messages.findLast(({ tool_calls }) => tool_calls)
  expect(shown?.tool_calls?.map((call) => call.function.name)).toEqual(['call_tool'])
})
