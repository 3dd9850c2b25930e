import { afterEach, beforeEach, expect, it } from 'vitest'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, finish, type ModelStep, raw, refuse, say } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel
let called: unknown[]

beforeEach(async () => {
  model = await startScriptedModel({})
  called = []
})
afterEach(() => model.stop())

async function answer(...script: readonly (readonly ModelStep[])[]) {
  model.answer((_request, index) => script[index] ?? [refuse(404)])
  const inputSchema = {
    type: 'object',
    properties: { model: { type: 'string' }, top: { type: 'integer' } },
    required: ['model'],
    additionalProperties: false
  }
  const definition = { name: 'count', description: 'Counts', server: 'nautobot', readOnly: true }
  const tools = () =>
    toolSet(
      async (_name, args) => {
        called.push(args)
        return counted('7')
      },
      { tools: [{ ...definition, inputSchema }] }
    )
  const { ask, eventsOf } = startAgentFixture({ url: model.url, tools })
  const outcome = outcomeOf(await eventsOf((await ask('How many?')).runId))
  return { ...outcome, gaps: outcome.footer?.gaps }
}

const lastTold = () => model.requests.at(-1)?.body.messages.at(-1)

const delta = (change: unknown, reason: string | null = null) =>
  raw(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: change, finish_reason: reason }] })}\n\n`
  )

it('[T24] names the content filter that refuses a question', async () => {
  const body = { error: { code: 'content_filter', message: 'Filtered.' } }
  const { state, error } = await answer([refuse(400, { body })])

  expect(state).toBe('failed')
  expect(error).toMatchObject({ code: 'MODEL_CONTENT_FILTERED', retryable: false })
  expect(model.requests).toHaveLength(1)
})

it('[T24] keeps what a content filter let through, and names it', async () => {
  expect(await answer([say('There are'), finish('content_filter')])).toMatchObject({
    state: 'succeeded',
    response: 'There are',
    gaps: ["The provider's content filter cut the answer."]
  })
})

it('names a content filter that lets nothing through', async () => {
  const { error } = await answer([finish('content_filter')])
  expect(error?.code).toBe('MODEL_CONTENT_FILTERED')
})

it('marks an answer that reached the token limit', async () => {
  expect(await answer([say('There are'), finish('length')])).toMatchObject({
    response: 'There are',
    gaps: ['The model reached its token limit: the answer is cut.']
  })
})

it('does not ask again when the token limit left no room for a word', async () => {
  const { gaps, state } = await answer([finish('length')])
  expect(gaps).toEqual(['The model reached its token limit before it said anything.'])
  expect({ state, requests: model.requests.length }).toEqual({ state: 'succeeded', requests: 1 })
})

it('says nothing of a token limit that cut no call', async () => {
  const { gaps } = await answer(
    [callTool('count', { model: 'device' }), finish('length')],
    [say('Seven.')]
  )
  expect(gaps).toEqual([])
})

it('shows what a model says in refusal, and calls it one', async () => {
  const { response, gaps } = await answer([
    delta({ role: 'assistant', refusal: "I'm sorry, " }),
    delta({ refusal: 'no.' }, 'stop')
  ])
  expect({ response, gaps }).toEqual({
    response: "I'm sorry, no.",
    gaps: ['The model refused to answer.']
  })
})

it('asks once more when an answer is empty', async () => {
  const { response, gaps, footer } = await answer([finish('stop')], [say('Seven.')])
  expect({ response, gaps }).toEqual({ response: 'Seven.', gaps: [] })
  expect(footer?.usage.modelCalls).toBe(2)
  expect(lastTold()).toMatchObject({ role: 'user', content: expect.stringContaining('empty') })
})

it('names an answer that stays empty', async () => {
  const { response, gaps } = await answer([finish('stop')], [finish('stop')])
  expect({ response, gaps }).toEqual({
    response: '',
    gaps: ['The model gave an empty answer, twice.']
  })
  expect(model.requests).toHaveLength(2)
})

it.each<[string, unknown, RegExp]>([
  ['no JSON', '{"model": ', /not a JSON object/],
  ['no object', '["device"]', /not a JSON object/],
  ['of another type', { model: 'device', top: 'many' }, /top: expected integer, got string/],
  ['incomplete', {}, /model: missing/],
  ['unknown', { model: 'device', limit: 3 }, /limit: unknown; known: model, top/]
])(
  'tells the model once that arguments are %s, and makes the repaired call',
  async (_name, args, told) => {
    const { response, gaps } = await answer(
      [callTool('count', args)],
      [callTool('count', { model: 'device' })],
      [say('Seven.')]
    )
    expect({ response, gaps }).toEqual({ response: 'Seven.', gaps: [] })
    expect(called).toEqual([{ model: 'device' }])
    const messages = model.requests[1]?.body.messages ?? []
    expect(messages.at(-1)?.content).toMatch(told)
    expect(messages.at(-1)?.content).toContain('Send the call again')
  }
)

it('gives a call up whose arguments do not fit again, and names it', async () => {
  const bad = callTool('count', { limit: 1 })
  const { gaps, response } = await answer([bad], [bad], [say('I could not count.')])

  expect(response).toBe('I could not count.')
  expect(called).toEqual([])
  expect(gaps).toEqual(["A call of count was given up: the model's arguments did not fit."])
  expect(lastTold()?.content).toContain('given up')
})

it('tells two wrong calls of one answer both what is wrong', async () => {
  const { gaps } = await answer(
    [callTool('count', {}), callTool('count', { limit: 1 })],
    [callTool('count', { model: 'device' })],
    [say('Seven.')]
  )
  expect(gaps).toEqual([])
  expect(called).toEqual([{ model: 'device' }])
})
