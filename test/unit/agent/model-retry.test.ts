import { EventSchemas } from '@ag-ui/core/schemas'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { storedMessages } from '../../../src/agent/agent-resume.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { readAsForeignClient } from '../../support/ag-ui-client.ts'
import { caller, counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import {
  callTool,
  cut,
  endEarly,
  finish,
  type ModelStep,
  pause,
  raw,
  refuse,
  say
} from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel
let waits: number[]

beforeEach(async () => {
  model = await startScriptedModel({})
  waits = []
})
afterEach(() => model.stop())

/** Answers what each script says, the last one for ever. */
function answers(...scripts: readonly (readonly ModelStep[])[]): void {
  model.answer((_request, index) => scripts[Math.min(index, scripts.length - 1)] ?? [])
}

function start(change: Partial<Parameters<typeof startAgentFixture>[0]> = {}) {
  return startAgentFixture({
    url: model.url,
    patience: { random: () => 0, sleep: async (ms) => waits.push(ms) },
    ...change
  })
}

async function answer(fixture = start()) {
  const { runId, conversationId } = await fixture.ask('How many?')
  const events = await fixture.eventsOf(runId)
  for (const event of events) EventSchemas.parse(event)
  return { events, conversationId, outcome: outcomeOf(events) }
}

function retries(events: readonly AgentEvent[]): unknown[] {
  return events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'retrying' ? [event.value] : []
  )
}

it.each([408, 409, 429, 500, 502, 503, 504])(
  '[T24] asks again after %i, and tells those who wait',
  async (status) => {
    answers([refuse(status)], [refuse(status)], [say('Seven.')])
    const { events, outcome } = await answer()

    expect(outcome).toMatchObject({ state: 'succeeded', response: 'Seven.' })
    expect(outcome.footer).toMatchObject({ gaps: [], usage: { modelCalls: 1 } })
    expect(waits).toEqual([200, 400])
    expect(retries(events)).toMatchObject([1, 0, 1, 0].map((seconds) => ({ seconds })))
  }
)

it('waits as long as the provider asks, and says so', async () => {
  answers([refuse(429, { headers: { 'retry-after': '3' } })], [say('Seven.')])
  const { events } = await answer()

  expect(waits).toEqual([3_000])
  expect(retries(events)[0]).toEqual({ model: 'scripted', reason: 'is busy', seconds: 3 })
})

it('does not wait for a provider that asks for more than a reader has', async () => {
  answers([refuse(429, { headers: { 'retry-after': '21' } })])
  const { outcome } = await answer()

  expect(outcome.error).toMatchObject({
    code: 'MODEL_RATE_LIMITED',
    details: { retryAfterSeconds: 21 }
  })
  expect(model.requests).toHaveLength(1)
})

it('gives up after three tries', async () => {
  answers([refuse(500)])
  const { outcome } = await answer()

  expect(outcome).toMatchObject({ state: 'failed', error: { code: 'MODEL_FAILED' } })
  expect(model.requests).toHaveLength(3)
})

it.each<[string, ModelStep]>([
  ['400', refuse(400)],
  ['401', refuse(401)],
  ['404', refuse(404)],
  ['a used-up quota', refuse(429, { body: { error: { code: 'insufficient_quota' } } })],
  ['a page', refuse(200, { body: '<h1>Welcome</h1>' })]
])('does not ask again after %s', async (_name, step) => {
  answers([step])
  const { outcome } = await answer()

  expect(outcome.state).toBe('failed')
  expect(model.requests).toHaveLength(1)
  expect(waits).toEqual([])
})

it('asks again when the connection breaks before a word', async () => {
  answers([cut()], [raw('data: {"error": {"message": "overloaded"}}\n\n')], [say('Seven.')])
  expect((await answer()).outcome.response).toBe('Seven.')
})

it.each<[string, ModelStep]>([
  ['breaks', cut()],
  ['ends', endEarly()],
  ['tells an error', raw('data: {"error": {"message": "overloaded"}}\n\n')]
])('[T24] begins anew, and never silently, when a text %s in the middle', async (_name, end) => {
  answers([say('There are si'), pause(20), end], [say('There are seven.')])
  const fixture = start()
  const { events, conversationId, outcome } = await answer(fixture)

  expect(outcome).toMatchObject({ state: 'succeeded', response: 'There are seven.' })
  const types = events.map((event) => (event.type === 'CUSTOM' ? event.name : event.type))
  expect(types.slice(2)).toEqual([
    'TEXT_MESSAGE_START',
    'TEXT_MESSAGE_CONTENT',
    'retrying',
    'retrying',
    'TEXT_MESSAGE_END',
    'MESSAGES_SNAPSHOT',
    'TEXT_MESSAGE_START',
    'TEXT_MESSAGE_CONTENT',
    'TEXT_MESSAGE_END',
    'model_call',
    'footer',
    'RUN_FINISHED'
  ])
  const { messages, failure } = await readAsForeignClient(events)
  expect(failure).toBeUndefined()
  expect(messages.map(({ content }) => content)).toEqual(['How many?', 'There are seven.'])
  const stored = await storedMessages(fixture.checkpointer, conversationId)
  expect(stored.map(({ text }) => text).at(-1)).toBe('There are seven.')
  expect(stored).toHaveLength(2)
})

it('keeps what readers know of calls when a text begins anew', async () => {
  const link = { label: 'devices', url: 'http://nautobot.example/dcim/devices/' }
  answers([callTool('count', {})], [say('Se'), pause(20), cut()], [say('Seven.')])
  const tools = () => toolSet(async () => counted('7', { links: [link], rows: 1 }))
  const { events, outcome } = await answer(start({ tools }))

  expect(outcome).toMatchObject({ response: 'Seven.', footer: { evidence: [link] } })
  expect(outcome.steps).toMatchObject([{ name: 'count', result: '7', rows: 1, isError: false }])
  expect((await readAsForeignClient(events)).failure).toBeUndefined()
})

it('shows and keeps the text that came first when no further try says anything', async () => {
  answers([say('There are'), pause(20), cut()], [refuse(500)])
  const fixture = start()
  const { conversationId, outcome } = await answer(fixture)

  expect(outcome).toMatchObject({ state: 'failed', response: 'There are' })
  const stored = await storedMessages(fixture.checkpointer, conversationId)
  expect(stored.map(({ text }) => text).at(-1)).toBe('There are')
})

it('calls tools that a new attempt asks for instead of saying something', async () => {
  answers([say('Let me'), pause(20), cut()], [callTool('count', {})], [say('Seven.')])
  const { events, outcome } = await answer()

  expect(outcome).toMatchObject({ response: 'Seven.', steps: [{ name: 'count' }] })
  expect(events.filter(({ type }) => type === 'MESSAGES_SNAPSHOT')).toHaveLength(1)
  expect((await readAsForeignClient(events)).failure).toBeUndefined()
})

it('[P5] ends a wait at once when it is stopped', async () => {
  answers([refuse(429, { headers: { 'retry-after': '15' } })])
  const fixture = startAgentFixture({ url: model.url, patience: { sleep: realSleep } })
  const { runId } = await fixture.ask('How many?')
  await expect.poll(() => waits.length).toBe(1)
  const startedAt = performance.now()
  const view = await fixture.runs.cancel(caller(), runId)

  expect(view.state).toBe('stopped')
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect(model.requests).toHaveLength(1)
})

async function realSleep(ms: number, signal: AbortSignal): Promise<void> {
  waits.push(ms)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => reject(signal.reason))
  await promise.finally(() => clearTimeout(timer))
}

it('counts an answer of which the filter let nothing through', async () => {
  answers([finish('content_filter')])
  const { outcome } = await answer()

  expect(outcome.state).toBe('failed')
  expect(outcome.footer?.usage).toMatchObject({ modelCalls: 1, inputTokens: 10 })
})
