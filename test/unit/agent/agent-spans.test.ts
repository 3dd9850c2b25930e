import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages'
import { expect, test } from 'vitest'
import { createAgentSpans } from '../../../src/agent/agent-spans.ts'
import { llmModel } from '../../support/agent-fixture.ts'
import { type RecordedTraces, recordTraces } from '../../support/trace-recording.ts'

const call = { id: 'call-1', name: 'find', args: { password: 'x', text: 'psksecret canary-psk' } }
const result = { isError: false, text: 'x'.repeat(50_000), links: [], gaps: [], rows: 7 }

async function attributesOf(traces: RecordedTraces) {
  return (await traces.ended()).map(({ attributes }) => attributes)
}

test('a tool call is told by name, server and rows, without what was said', async () => {
  const traces = await recordTraces()
  const spans = createAgentSpans({ conversationId: 'c', captureContent: false })
  await spans.tool(call, 'nautobot', async () => result)
  expect(await attributesOf(traces)).toEqual([
    {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'find',
      'gen_ai.tool.call.id': 'call-1',
      'gen_ai.tool.type': 'function',
      'ai_ops.tool.server': 'nautobot',
      'ai_ops.tool.rows': 7
    }
  ])
})

test('what was said is cut, and holds no secret', async () => {
  const traces = await recordTraces()
  const spans = createAgentSpans({ conversationId: 'c', captureContent: true })
  await spans.tool(call, 'nautobot', async () => result)
  const [told] = await attributesOf(traces)
  expect(told?.['gen_ai.tool.call.arguments']).toContain('psksecret [hidden]')
  expect(told?.['gen_ai.tool.call.result']).toHaveLength(16_000)
  expect(traces.words()).not.toContain('canary')
})

test('of a long prompt the newest messages are told', async () => {
  const traces = await recordTraces()
  const spans = createAgentSpans({ conversationId: 'c', captureContent: true })
  const prompt = [
    new SystemMessage('first'),
    new HumanMessage('y'.repeat(15_950)),
    new HumanMessage('newest')
  ]
  const model = llmModel()
  const usage = { inputTokens: 9, cachedInputTokens: 4, outputTokens: 2 }
  const message = new AIMessage('An answer.')
  const answer = {
    ...{ message, calls: [], usage, gap: undefined, isFiltered: false, model, durationMs: 3 },
    ...{ finishReason: 'stop', responseModel: 'served', firstPieceMs: 250 }
  }
  const asked = { model, standsInFor: 'the best one', tries: 2, prompt }
  await spans.model(asked, async () => answer, String)
  const [told] = await attributesOf(traces)
  expect(told).toMatchObject({
    'gen_ai.usage.input_tokens': 9,
    'gen_ai.usage.cache_read.input_tokens': 4,
    'gen_ai.usage.output_tokens': 2,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.model': 'served',
    'gen_ai.response.time_to_first_chunk': 0.25,
    'ai_ops.model.tries': 2,
    'ai_ops.model.stands_in_for': 'the best one',
    'gen_ai.output.messages': expect.stringContaining('An answer.')
  })
  expect(JSON.parse(String(told?.['gen_ai.input.messages']))).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'newest' }] }
  ])
})
