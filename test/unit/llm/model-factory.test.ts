import { inspect } from 'node:util'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { UsageMetadata } from '@langchain/core/messages'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LlmModel } from '../../../src/catalog/catalog.ts'
import type { AppError } from '../../../src/errors.ts'
import { createModelFactory, type ModelFactory } from '../../../src/llm/model-factory.ts'
import { createOutbound, type Outbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  callTool,
  cut,
  endEarly,
  type ModelStep,
  pause,
  raw,
  refuse,
  say,
  silence
} from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'
import { testModel } from '../../support/test-model.ts'

const CANARY = 'sk-canary-4711'
const STREAM_SILENCE_MS = 500

let provider: ScriptedModel
let outbound: Outbound
let secrets: string[]
let forgotten: number

beforeEach(async () => {
  provider = await startScriptedModel({})
  outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 100_000 })
  secrets = [CANARY]
  forgotten = 0
})

afterEach(async () => {
  await outbound.close()
  await provider.stop()
})

const context = () => ({ signal: AbortSignal.timeout(8000), correlationId: 'c-1' })

function model(changes: Partial<LlmModel> = {}): LlmModel {
  const modelName = 'gpt-5-mini'
  return testModel({ modelName, address: provider.url, hasCredential: true, ...changes })
}

/** Resolves one secret of the list after the other; the last one stays. */
function factory(streamSilenceMs = STREAM_SILENCE_MS): ModelFactory {
  return createModelFactory({
    outbound,
    streamSilenceMs,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret(secrets[0] ?? '') }),
    forgetCredential: () => {
      forgotten += 1
      if (secrets.length > 1) secrets.shift()
    }
  })
}

async function ask(chat: BaseChatModel, signal?: AbortSignal): Promise<string> {
  let text = ''
  for await (const chunk of await chat.stream('hi', signal ? { signal } : {})) text += chunk.text
  return text
}

async function askOnce(changes: Partial<LlmModel> = {}): Promise<string> {
  return ask(await factory().modelFor(model(changes), context()))
}

const answers = (...steps: ModelStep[]) => provider.answer(() => steps)

test('streams from an OpenAI-compatible server with its key and the parameters as written', async () => {
  answers(say(['Hello', ' there']))
  const parameters = { temperature: 0.2, max_tokens: 50, reasoning_effort: 'low', seed: 7 }
  const modelName = 'llama-4'
  expect(await askOnce({ modelName, parameters })).toBe('Hello there')
  const [request] = provider.requests
  expect(request?.path).toBe('/v1/chat/completions')
  expect(request?.headers.authorization).toBe(`Bearer ${CANARY}`)
  expect(request?.body).toMatchObject({
    model: modelName,
    stream: true,
    stream_options: { include_usage: true },
    ...parameters
  })
})

test.each(['', '/', '/openai/'])('finds the Azure deployment below an endpoint%s', async (end) => {
  answers(say('Hello'))
  const changes = {
    modelName: 'net ops',
    address: provider.endpoint + end,
    apiVersion: '2025-01-01'
  }
  expect(await askOnce({ provider: 'azure-openai', ...changes })).toBe('Hello')
  const [request] = provider.requests
  expect(request?.path).toBe(
    '/openai/deployments/net%20ops/chat/completions?api-version=2025-01-01'
  )
  expect(request?.headers['api-key']).toBe(CANARY)
  expect(request?.headers.authorization).toBeUndefined()
})

test('sends no credential where the model has none, whatever the environment holds', async () => {
  process.env.OPENAI_API_KEY = 'sk-from-the-environment'
  try {
    answers(say('Hello'))
    expect(await askOnce({ hasCredential: false })).toBe('Hello')
    expect(provider.requests[0]?.headers.authorization).toBeUndefined()
  } finally {
    delete process.env.OPENAI_API_KEY
  }
})

test('counts tokens from what the provider reports', async () => {
  answers(say(['a', 'b', 'c']))
  const chat = await factory().modelFor(model(), context())
  let outputTokens = 0
  for await (const chunk of await chat.stream('hi')) {
    const usage = chunk.usage_metadata as UsageMetadata | undefined
    outputTokens += usage?.output_tokens ?? 0
  }
  expect(outputTokens).toBe(3)
})

test.each([
  [
    'refused',
    refuse(400, { body: { error: { message: 'the request exceeds the available context size' } } })
  ],
  [
    'said in the stream',
    raw('data: {"error":{"message":"This model\'s maximum context length is 8 tokens."}}\n\n')
  ]
])(
  '[T19] names a context that is too long, %s, so that it can be made shorter',
  async (_how, step) => {
    answers(step)
    await expect(askOnce()).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      details: { reason: 'context-length' }
    })
  }
)

test('passes tool calls on and answers whole when asked so', async () => {
  answers(callTool('count', { model: 'dcim.device' }))
  const chat = await factory().modelFor(model(), context())
  const message = await chat.invoke('hi')
  expect(message.tool_calls).toMatchObject([{ name: 'count', args: { model: 'dcim.device' } }])
  expect(provider.requests[0]?.body.stream).toBe(false)
})

test('renews a refused key under the name of the question that was refused', async () => {
  const asked: string[] = []
  const models = createModelFactory({
    outbound,
    resolveCredential: async ({ address }, { correlationId }) => {
      asked.push(correlationId)
      return { address, secret: new Secret(asked.length > 2 ? 'new' : 'old') }
    }
  })
  provider.answer(({ headers }) =>
    headers.authorization === 'Bearer new' ? [say('Hello')] : [refuse(401)]
  )
  await models.modelFor(model(), { ...context(), correlationId: 'c-1' })
  const second = await models.modelFor(model(), { ...context(), correlationId: 'c-2' })
  expect(await ask(second)).toBe('Hello')
  expect(asked).toEqual(['c-1', 'c-2', 'c-2'])
})

test('the model object holds no key', async () => {
  const chat = await factory().modelFor(model(), context())
  const printed = inspect(chat, { depth: 10, showHidden: true }) + JSON.stringify(chat)
  expect(printed).not.toContain(CANARY)
})

test.each<[string, ModelStep, string, RegExp]>([
  ['401', refuse(401), 'MODEL_CREDENTIAL_REFUSED', /refuses its key \(401\)/],
  ['403', refuse(403), 'MODEL_CREDENTIAL_REFUSED', /refuses its key \(403\)/],
  ['404', refuse(404), 'MODEL_FAILED', /knows no model "gpt-5-mini"/],
  ['500', refuse(500), 'MODEL_FAILED', /answered 500/],
  ['503 with a page', refuse(503, { body: '<h1>Down</h1>' }), 'MODEL_FAILED', /answered 503/],
  [
    'a redirect',
    refuse(302, { headers: { location: 'http://127.0.0.1/' } }),
    'MODEL_FAILED',
    /redirects/
  ],
  [
    '400',
    refuse(400, { body: { error: { message: "Unsupported parameter: 'top_p'." } } }),
    'MODEL_FAILED',
    /refuses the request: Unsupported parameter: 'top_p'\.$/
  ],
  [
    'a page',
    refuse(200, { body: '<h1>Welcome</h1>' }),
    'MODEL_FAILED',
    /does not answer chat completions/
  ],
  ['a cut', cut(), 'MODEL_FAILED', /the connection was closed/],
  ['an empty answer', endEarly(), 'MODEL_FAILED', /does not answer chat completions/],
  ['an error event', raw('data: {"error": {"message": "busy"}}\n\n'), 'MODEL_FAILED', /failed/],
  ['a broken event', raw('data: {oops\n\n'), 'MODEL_FAILED', /not valid JSON/]
])('names the failure of %s', async (_name, step, code, message) => {
  answers(step)
  const failure = await askOnce().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(JSON.stringify((failure as AppError).toBody())).not.toContain(CANARY)
  expect(provider.requests).toHaveLength(1)
})

test.each([400, 401, 500])(
  'a key that the provider repeats with %i shows nowhere',
  async (status) => {
    answers(refuse(status, { body: { error: { message: `You sent ${CANARY}.` } } }))
    const failure = await askOnce().catch((error: unknown) => error)
    expect(inspect(failure, { depth: 10 })).not.toContain(CANARY)
  }
)

test('says how long a rate limit lasts', async () => {
  answers(refuse(429, { headers: { 'retry-after': '17' } }))
  await expect(askOnce()).rejects.toMatchObject({
    code: 'MODEL_RATE_LIMITED',
    details: { retryAfterSeconds: 17 }
  })
  expect(provider.requests).toHaveLength(1)
})

test.each([
  ['a cut connection', cut()],
  ['an end without a finish reason', endEarly()],
  ['a broken event', raw('data: {oops\n\n')],
  ['an error event', raw('data: {"error": {"message": "overloaded"}}\n\n')]
])('calls an answer incomplete after %s, and keeps what came', async (_name, step) => {
  answers(say(['one', ' two']), pause(50), step)
  const chat = await factory().modelFor(model(), context())
  let text = ''
  const reading = (async () => {
    for await (const chunk of await chat.stream('hi')) text += chunk.text
  })()
  await expect(reading).rejects.toMatchObject({ code: 'MODEL_INCOMPLETE' })
  expect(text).toBe('one two')
  expect(provider.requests).toHaveLength(1)
})

test('times out when nothing comes, and closes the request', async () => {
  answers(silence())
  await expect(askOnce({ timeoutMs: 150 })).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' })
  await provider.requests[0]?.ended
  expect(provider.requests[0]?.closedByClient).toBe(true)
})

test('times out when only headers come', async () => {
  answers(raw(': hello\n\n'), silence())
  await expect(askOnce({ timeoutMs: 150 })).rejects.toMatchObject({
    code: 'MODEL_TIMEOUT',
    message: expect.stringContaining('did not answer within')
  })
})

test('times out when the answer falls silent, and closes the request', async () => {
  answers(say('one'), silence())
  await expect(askOnce()).rejects.toMatchObject({
    code: 'MODEL_TIMEOUT',
    message: expect.stringContaining('fell silent')
  })
  await provider.requests[0]?.ended
  expect(provider.requests[0]?.closedByClient).toBe(true)
})

test('waits for a slow answer as long as pieces keep coming', async () => {
  answers(say(['a', 'b', 'c', 'd'], STREAM_SILENCE_MS * 0.4))
  expect(await askOnce()).toBe('abcd')
})

test('an abort closes the request at once', async () => {
  answers(say(['a', 'b'], 20), silence())
  const stop = new AbortController()
  const chat = await factory(60_000).modelFor(model(), context())
  const asking = ask(chat, stop.signal).catch(() => 'aborted')
  await expect.poll(() => provider.requests.length).toBe(1)
  const startedAt = performance.now()
  stop.abort()
  await provider.requests[0]?.ended
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect(provider.requests[0]?.closedByClient).toBe(true)
  await asking
})

test('[S3] resolves a refused key once more and asks again when it has changed', async () => {
  secrets = ['old', 'new']
  provider.answer(({ headers }) =>
    headers.authorization === 'Bearer new' ? [say('Hello')] : [refuse(401)]
  )
  expect(await askOnce()).toBe('Hello')
  expect(provider.requests).toHaveLength(2)
  expect(forgotten).toBe(1)
})

test('says what happened when the connection is refused', async () => {
  const address = provider.url
  await provider.stop()
  await expect(askOnce({ address })).rejects.toMatchObject({
    code: 'MODEL_FAILED',
    message: 'The LLM model "Main model" failed: the connection was refused.'
  })
  provider = await startScriptedModel({})
})

test.each([
  ['http://no-such-host.invalid', /host name (is unknown|could not be resolved)\.$/],
  ['http://127.0.0.1:6667', /its port is one that is never asked\.$/],
  ['http://169.254.169.254/latest', /link-local and metadata addresses are never asked\.$/]
])('says what happened at %s', async (address, message) => {
  await expect(askOnce({ address })).rejects.toMatchObject({
    code: 'MODEL_FAILED',
    message: expect.stringMatching(message)
  })
})

test('refuses an answer beyond the byte bound', async () => {
  answers(say(Array.from({ length: 30 }, () => 'x'.repeat(5000))))
  await expect(askOnce()).rejects.toMatchObject({ code: 'MODEL_INCOMPLETE' })
})
