import { EventSchemas } from '@ag-ui/core/schemas'
import { afterEach, expect, it } from 'vitest'
import { counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, finish, raw, say, textOf } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

afterEach(() => model.stop())

interface Piece {
  readonly index?: number
  readonly id?: string
  readonly name?: string
  readonly args?: string
}

/** Chunks with pieces of tool calls, as compatible servers send them. */
function callPieces(pieces: readonly Piece[]): string {
  return pieces
    .map(({ index, id, name, args = '' }) => {
      const call = { index, id, type: 'function', function: { name, arguments: args } }
      const choices = [
        { index: 0, delta: { role: 'assistant', tool_calls: [call] }, finish_reason: null }
      ]
      return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'm', choices })}\n\n`
    })
    .join('')
}

it.each<{ how: string; pieces: Piece[] }>([
  {
    how: 'indexes that do not begin at 0',
    pieces: [
      { index: 1, id: 'a', name: 'count', args: '{"model":' },
      { index: 1, args: '"x"}' }
    ]
  },
  {
    how: 'no index at all',
    pieces: [{ id: 'a', name: 'count', args: '{"model":' }, { args: '"x"}' }]
  },
  {
    how: 'the same index for every call',
    pieces: [
      { index: 0, id: 'a', name: 'count', args: '{"model":"x"}' },
      { index: 0, id: 'b', name: 'count', args: '{"model":"x"}' }
    ]
  }
])('puts calls together from pieces with $how', async ({ pieces }) => {
  model = await startScriptedModel({
    script: [[raw(callPieces(pieces)), finish('tool_calls')], [say('Done.')]]
  })
  const seen: unknown[] = []
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(async (name, args) => {
        seen.push([name, args])
        return counted('1')
      })
  })
  await eventsOf((await ask('Count')).runId)

  const calls = new Set(pieces.map(({ id }) => id).filter(Boolean)).size
  expect(seen).toEqual(Array.from({ length: calls }, () => ['count', { model: 'x' }]))
})

it('keeps calls apart when the provider uses an id again', async () => {
  const sameId = [
    raw(callPieces([{ index: 0, id: 'call_0', name: 'count' }])),
    finish('tool_calls')
  ]
  model = await startScriptedModel({
    script: [sameId, [say('First.')], sameId, [say('Second.')]]
  })
  let calls = 0
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(async () => {
        calls += 1
        return counted(`result ${calls}`)
      })
  })
  const { runId, conversationId } = await ask('One')
  await eventsOf(runId)
  await eventsOf((await ask('Two', { conversationId })).runId)

  const results = model.requests[3]?.body.messages.filter(({ role }) => role === 'tool') ?? []
  expect(results.map(textOf)).toEqual(['result 1', 'result 2'])
  expect(new Set(results.map(({ tool_call_id: id }) => id)).size).toBe(2)
})

it('tells how far a call has come, between the call and its result', async () => {
  model = await startScriptedModel({ script: [[callTool('count', {})], [say('Done.')]] })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(async (_name, _args, { onProgress }) => {
        onProgress?.({ progress: 1 })
        onProgress?.({ progress: 2, total: 3, message: 'counting' })
        return counted('7')
      })
  })
  const events = await eventsOf((await ask('Count')).runId)
  for (const event of events) EventSchemas.parse(event)

  const start = events.find(({ type }) => type === 'TOOL_CALL_START')
  const toolCallId = start?.type === 'TOOL_CALL_START' ? start.toolCallId : ''
  const ended = events.findIndex(({ type }) => type === 'TOOL_CALL_END')
  expect(events.slice(ended + 1, ended + 4)).toEqual([
    { type: 'CUSTOM', name: 'tool_progress', value: { toolCallId, progress: 1 } },
    {
      type: 'CUSTOM',
      name: 'tool_progress',
      value: { toolCallId, progress: 2, total: 3, message: 'counting' }
    },
    expect.objectContaining({ type: 'TOOL_CALL_RESULT', toolCallId })
  ])
})
