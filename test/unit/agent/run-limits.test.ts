import { afterEach, beforeEach, expect, it } from 'vitest'
import { costOf } from '../../../src/agent/model-cost.ts'
import type { AgentLimits } from '../../../src/agent/run-limits.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import type { ToolSet } from '../../../src/tool-server.ts'
import {
  catalogOf,
  counted,
  llmModel,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { callTool, endEarly, pause, raw, say, silence } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

/** Calls another thing each time, for ever; ten tokens in and none out, as the scripted model counts. */
beforeEach(async () => {
  model = await startScriptedModel({
    respond: ({ body }, index) =>
      body.tool_choice === 'none'
        ? [say('So far: 7.')]
        : [callTool('count', { model: `m${index}` })]
  })
})
afterEach(() => model.stop())

type Limits = Partial<AgentLimits> & { readonly maxRunMs?: number }

async function answer({ maxRunMs, ...limits }: Limits, call?: ToolSet['call']) {
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    limits: { maxModelCalls: 50, maxToolCalls: 50, ...limits },
    tools: () => toolSet(call ?? (async () => counted('7'))),
    catalog: () => catalogOf({ llmModels: [llmModel({ inputPrice: 100_000, outputPrice: 0 })] }),
    ...(maxRunMs !== undefined && { maxRunMs })
  })
  const outcome = outcomeOf(await eventsOf((await ask('Count for ever')).runId))
  return { ...outcome, gaps: outcome.footer?.gaps, requests: model.requests.length }
}

it.each<[string, Partial<AgentLimits>, number, string]>([
  ['model calls', { maxModelCalls: 4 }, 4, '4 model calls'],
  ['tool calls', { maxToolCalls: 3 }, 4, '3 tool calls'],
  ['tokens', { maxRunTokens: 30 }, 4, '30 tokens'],
  ['tokens', { maxRunTokens: 31 }, 5, '31 tokens'],
  ['cost', { maxRunCost: 2 }, 3, 'a cost of 2']
])(
  'answers with what it has at the limit of %s, and says which',
  async (_name, limits, requests, what) => {
    expect(await answer(limits)).toMatchObject({
      state: 'succeeded',
      response: 'So far: 7.',
      gaps: [`The limit of ${what} for one question was reached.`],
      requests
    })
  }
)

it('holds the limit of tokens where the provider counts none', async () => {
  const args = JSON.stringify({ model: 'x' })
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'count', arguments: args } }
  const choices = [{ index: 0, delta: { tool_calls: [call] }, finish_reason: 'tool_calls' }]
  model.answer(({ body }) =>
    body.tool_choice === 'none'
      ? [say('So far: 7.')]
      : [raw(`data: ${JSON.stringify({ choices })}\n\n`), endEarly()]
  )
  // The system prompt alone is longer.
  const { gaps, requests } = await answer({ maxRunTokens: 100 })
  expect(gaps).toEqual(['The limit of 100 tokens for one question was reached.'])
  expect(requests).toBe(2)
})

it('knows no limit of cost when it is 0', async () => {
  const { gaps } = await answer({ maxRunCost: 0, maxModelCalls: 10 })
  expect(gaps).toEqual(['The limit of 10 model calls for one question was reached.'])
})

it('answers before its time is up when a tool does not come back', async () => {
  const startedAt = performance.now()
  const answered = await answer(
    { maxRunMs: 6_000 },
    (_name, _args, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
  )
  expect(answered).toMatchObject({ state: 'succeeded', response: 'So far: 7.' })
  expect(answered.gaps).toEqual([
    'count was not finished in time.',
    'The limit of 6 seconds for one question was reached.',
    'Not found in the data: 7.'
  ])
  expect(performance.now() - startedAt).toBeLessThan(6_000)
})

it('answers before its time is up when the model thinks too long', async () => {
  model.answer(({ body }) => (body.tool_choice === 'none' ? [say('So far: 7.')] : [silence()]))
  const answered = await answer({ maxRunMs: 6_000 })
  expect(answered).toMatchObject({
    state: 'succeeded',
    response: 'So far: 7.',
    gaps: ['The limit of 6 seconds for one question was reached.', 'Not found in the data: 7.'],
    requests: 2
  })
  expect(model.requests[0]?.closedByClient).toBe(true)
})

it('does not take the word from a model that is answering', async () => {
  model.answer(() => [say('There are'), pause(5_100), say(' seven.')])
  expect(await answer({ maxRunMs: 6_000 })).toMatchObject({
    state: 'succeeded',
    response: 'There are seven.',
    gaps: []
  })
})

it('tells the model to answer now', async () => {
  await answer({ maxToolCalls: 1 })
  expect(model.requests.at(-1)?.body).toMatchObject({ tool_choice: 'none' })
  expect(model.requests.at(-1)?.body.messages.at(-1)).toMatchObject({
    role: 'user',
    content: expect.stringContaining('Answer now with what you have.')
  })
})

it.each([
  [{ inputPrice: 2, cachedInputPrice: 0.5, outputPrice: 8 }, 0.6 * 2 + 0.4 * 0.5 + 0.1 * 8],
  [{ inputPrice: 2, cachedInputPrice: undefined, outputPrice: 8 }, 2 + 0.8],
  [{ inputPrice: undefined, cachedInputPrice: undefined, outputPrice: 8 }, 0.8],
  [{ inputPrice: undefined, cachedInputPrice: undefined, outputPrice: undefined }, 0]
])('counts what tokens cost with %j', (prices, cost) => {
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 100_000 }
  expect(costOf(usage, prices)).toBeCloseTo(cost)
})
