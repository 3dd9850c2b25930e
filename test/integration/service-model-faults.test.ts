import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { outcomeOf } from '../../src/runs/run-store.ts'
import {
  callTool,
  cut,
  endEarly,
  finish,
  type ModelStep,
  pause,
  raw,
  refuse,
  say,
  silence
} from '../support/model-steps.ts'
import { freePort } from '../support/ports.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { startSteadyClock } from '../support/steady-clock.ts'
import {
  allOf,
  ask,
  cancelRun,
  customValue,
  openEvents,
  type ReceivedEvent,
  readUntil,
  refusalOf,
  send,
  viewRun
} from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const CANARY = 'canary-model-key-51c9'

let model: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({})
  service = await startLabSidecar(model.url, {
    OPENAI_API_KEY: CANARY,
    AI_OPS_MODEL_SILENCE_SECONDS: '1'
  })
  await describeModel('Impatient', model.url)
  await describeModel('Refused', `http://127.0.0.1:${await freePort()}/v1`)
  await describeModel('Unknown host', 'http://model.invalid/v1')
  await describeModel('Page', service.url)
})

afterAll(async () => {
  await service.stop()
  await model.stop()
})

beforeEach(() => model.answer(() => [say('Fine.')]))

/** A model in the sample Nautobot that waits one second for its first words. */
async function describeModel(name: string, remoteUrl: string): Promise<void> {
  const fields = { name, remoteUrl, provider: 'openai', modelName: 'scripted', status: 'Healthy' }
  const response = await send(service.url, {
    path: '/api/v1/llm-models',
    body: { ...fields, timeoutSeconds: 1 }
  })
  expect(response.status).toBe(201)
}

const message = 'How many devices are there?'

/** What is left on the screen: a text that was begun anew is there once. */
function shownIn(seen: readonly ReceivedEvent[]): string {
  return outcomeOf(seen.map(({ event }) => event)).response
}

/** Asks as JSON and as events: both tell the same failure, and the conversation goes on after both. */
async function failBothWays(body: Readonly<Record<string, unknown>>) {
  const { events, response } = await openEvents(service.url, { body })
  const seen = await allOf(events)
  const runId = response.headers.get('x-run-id') ?? ''
  const conversationId = response.headers.get('x-conversation-id') ?? ''
  const whole = await send(service.url, { body: { ...body, conversationId } })
  const error = await refusalOf(whole)
  expect(error.details?.runId).toBe(whole.headers.get('x-run-id'))
  const { runId: _, ...details } = error.details ?? {}
  const told = { ...error, details }
  expect(customValue(seen, 'error')).toEqual(told)
  expect(seen.at(-1)?.event).toEqual({
    type: 'RUN_ERROR',
    code: error.code,
    message: error.message
  })
  expect(await viewRun(service.url, runId)).toMatchObject({
    state: 'failed',
    error: told,
    response: shownIn(seen),
    footer: { incomplete: true }
  })
  expect(JSON.stringify([seen, error])).not.toContain(CANARY)
  model.answer(() => [say('Fine.')])
  expect(await ask(service.url, { message: 'And now?', conversationId })).toMatchObject({
    response: 'Fine.'
  })
  return { status: whole.status, headers: whole.headers, error, text: shownIn(seen) }
}

test.each<[string, ModelStep[], number, string]>([
  [
    'a wrong key',
    [refuse(401, { body: { error: { message: `No: ${CANARY}` } } })],
    502,
    'MODEL_CREDENTIAL_REFUSED'
  ],
  ['a key without rights', [refuse(403)], 502, 'MODEL_CREDENTIAL_REFUSED'],
  ['an unknown model', [refuse(404)], 502, 'MODEL_FAILED'],
  [
    'a bad request',
    [refuse(400, { body: { error: { message: `Not so, ${CANARY}` } } })],
    502,
    'MODEL_FAILED'
  ],
  ['its own fault', [refuse(500)], 502, 'MODEL_FAILED'],
  ['a page of a proxy', [refuse(503, { body: '<html>Bad gateway</html>' })], 502, 'MODEL_FAILED'],
  [
    'a redirect',
    [refuse(302, { headers: { location: 'http://127.0.0.1:9/' } })],
    502,
    'MODEL_FAILED'
  ],
  ['its time-out', [refuse(504)], 504, 'MODEL_TIMEOUT'],
  ['no event', [raw('nonsense\n\n'), endEarly()], 502, 'MODEL_FAILED'],
  ['broken JSON', [raw('data: {"choices": [\n\n'), endEarly()], 502, 'MODEL_FAILED'],
  [
    'other JSON',
    [raw('data: {"hello": 1}\n\ndata: [DONE]\n\n'), endEarly()],
    502,
    'MODEL_INCOMPLETE'
  ],
  [
    'an error event',
    [raw('data: {"error": {"message": "overloaded"}}\n\n'), endEarly()],
    502,
    'MODEL_FAILED'
  ],
  ['nothing', [cut()], 502, 'MODEL_FAILED']
])('[T24] a model that answers with %s is an honest error', async (_name, steps, status, code) => {
  model.answer(() => steps)
  const failure = await failBothWays({ message })
  expect(failure).toMatchObject({ status, error: { code }, text: '' })
  expect(failure.error.message).toContain('"scripted"')
})

test.each<[string, ModelStep[], number, string]>([
  ['is cut', [cut()], 502, 'MODEL_INCOMPLETE'],
  ['ends early', [endEarly()], 502, 'MODEL_INCOMPLETE'],
  ['breaks its events', [raw('data: {"id": \n\n')], 502, 'MODEL_INCOMPLETE'],
  [
    'tells an error',
    [raw('data: {"error": {"message": "overloaded"}}\n\n')],
    502,
    'MODEL_INCOMPLETE'
  ],
  ['goes silent', [silence()], 504, 'MODEL_TIMEOUT']
])(
  '[T24] what came of an answer that %s is kept and marked',
  async (_name, steps, status, code) => {
    model.answer(() => [say('There are'), pause(20), ...steps])
    const failure = await failBothWays({ message })
    expect(failure).toMatchObject({ status, error: { code, retryable: true }, text: 'There are' })
    const next = model.requests.at(-1)?.body.messages ?? []
    expect(next.filter(({ role }) => role === 'assistant').map(({ content }) => content)).toEqual([
      expect.stringMatching(/^There are/),
      expect.stringMatching(/^There are/)
    ])
  }
)

test('a rate limit says how long to wait', async () => {
  model.answer(() => [refuse(429, { headers: { 'retry-after': '70' } })])
  const { status, headers, error } = await failBothWays({ message })
  expect({ status, retryAfter: headers.get('retry-after') }).toEqual({
    status: 502,
    retryAfter: '70'
  })
  expect(error).toMatchObject({
    code: 'MODEL_RATE_LIMITED',
    retryable: true,
    details: { retryAfterSeconds: 70 }
  })
})

test.each([
  ['Refused', 502, 'MODEL_FAILED', 'the connection was refused'],
  ['Unknown host', 502, 'MODEL_FAILED', 'the host name'],
  ['Page', 502, 'MODEL_FAILED', 'answered 405']
])('a wrong address is told: %s', async (name, status, code, words) => {
  const { conversationId } = await ask(service.url, { message })
  const response = await send(service.url, { body: { message, model: name, conversationId } })
  expect(response.status).toBe(status)
  const error = await refusalOf(response)
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
  expect(error.message).not.toMatch(/127\.0\.0\.1|invalid/)
  // The conversation stays with the model that was chosen, until another is.
  const body = { message, conversationId, model: null }
  expect(await ask(service.url, body)).toMatchObject({ response: 'Fine.' })
})

test.each([
  ['headers', [silence()]],
  ['words', [raw(': thinking\n\n'), silence()]]
])('a model that sends no %s for its time is given up', async (_name, steps) => {
  model.answer(() => steps)
  const startedAt = performance.now()
  const response = await send(service.url, { body: { message, model: 'Impatient' } })
  expect(response.status).toBe(504)
  expect(await refusalOf(response)).toMatchObject({
    code: 'MODEL_TIMEOUT',
    message: 'The LLM model "Impatient" did not answer within 1 second.'
  })
  expect(performance.now() - startedAt).toBeLessThan(20_000)
  await expect.poll(() => model.requests.at(-1)?.closedByClient).toBe(true)
})

test('an answer that the provider cuts is an answer with a gap', async () => {
  model.answer(() => [say('Half of'), finish('content_filter')])
  const answer = await ask(service.url, { message })
  expect(answer).toMatchObject({ state: 'succeeded', response: 'Half of' })
  expect(answer.gaps).toEqual(["The provider's content filter cut the answer."])
})

test('[P5] a stop in the middle of a text reaches the model at once, and the history stays valid', async () => {
  model.answer(() => [say('There are'), silence()])
  const { response, events } = await openEvents(service.url, { body: { message } })
  await readUntil(events, 'TEXT_MESSAGE_CONTENT')
  const asked = model.requests.at(-1)
  const stopped = cancelRun(service.url, response.headers.get('x-run-id') ?? '')
  const clock = startSteadyClock()
  await asked?.ended
  expect(clock.stop()).toBeLessThan(500)
  expect(asked?.closedByClient).toBe(true)
  const { ms, run } = await stopped
  expect(ms).toBeLessThan(500)
  expect(run).toMatchObject({
    state: 'stopped',
    response: 'There are',
    footer: { incomplete: true }
  })
  expect((await allOf(events)).map(({ event }) => event.type)).toEqual([
    'TEXT_MESSAGE_END',
    'CUSTOM',
    'CUSTOM',
    'RUN_FINISHED'
  ])
  model.answer(() => [say('Fine.')])
  const conversationId = response.headers.get('x-conversation-id')
  expect(await ask(service.url, { message: 'Go on', conversationId })).toMatchObject({
    response: 'Fine.'
  })
  const roles = model.requests.at(-1)?.body.messages.map(({ role }) => role)
  expect(roles).toEqual(['system', 'user', 'assistant', 'user'])
})

test('a stop before the first word leaves an empty answer, for those who wait for JSON too', async () => {
  const { conversationId } = await ask(service.url, { message })
  model.answer(() => [silence()])
  const before = model.requests.length
  const asking = send(service.url, { body: { message, conversationId } })
  await expect.poll(() => model.requests.length).toBe(before + 1)
  const busy = await refusalOf(await send(service.url, { body: { message, conversationId } }))
  const { run } = await cancelRun(service.url, String(busy.details?.runId))
  expect(run).toMatchObject({ state: 'stopped', response: '' })
  const stopped = await asking
  expect(stopped.status).toBe(200)
  expect(await stopped.json()).toMatchObject({ state: 'stopped', response: '', runId: run.id })
})

test('arguments that are not JSON are told to the model, which can try again', async () => {
  let asked = 0
  model.answer(() => {
    asked += 1
    if (asked === 1) return [callTool('nautobot_count', '{"model": ')]
    return [say('I could not ask.')]
  })
  const answer = await ask(service.url, { message })
  expect(answer.response).toBe('I could not ask.')
  expect(answer.toolCalls).toEqual([
    expect.objectContaining({ isError: true, result: expect.stringContaining('not a JSON object') })
  ])
})
