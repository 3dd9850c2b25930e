import { afterEach, expect, test } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { AppError } from '../../../src/errors.ts'
import {
  chatOptionsSchema,
  chatResponseSchema,
  errorSchema,
  MAX_MESSAGE_CHARACTERS
} from '../../../src/http/schemas.ts'
import {
  createFakeRuns,
  FAKE_CONVERSATION_ID,
  FAKE_EVENTS,
  FAKE_RUN_ID
} from '../../support/fake-runs.ts'
import { ALICE_TOKEN, type StartedApp, startApp } from '../../support/http-app.ts'

let started: StartedApp | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function start(...args: Parameters<typeof startApp>): Promise<StartedApp> {
  started = await startApp(...args)
  return started
}

function ask(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ALICE_TOKEN}`,
      'content-type': 'application/json',
      ...headers
    },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
}

async function errorOf(response: Response) {
  return errorSchema.parse(await response.json()).error
}

test('answers a question with the whole run when it has ended', async () => {
  const call: AgentEvent = {
    type: 'TOOL_CALL_START',
    toolCallId: 'call-1',
    toolCallName: 'nautobot_count'
  }
  const args: AgentEvent = { type: 'TOOL_CALL_ARGS', toolCallId: 'call-1', delta: '{}' }
  const runs = createFakeRuns({
    events: [...FAKE_EVENTS.slice(0, 1), call, args, ...FAKE_EVENTS.slice(1)]
  })
  const { url } = await start({ runs })
  const response = await ask(url, {
    message: 'How many devices?',
    model: 'GPT production',
    mcpServers: ['Tickets'],
    pageContext: { objectType: 'dcim.device', id: '5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e' }
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('x-run-id')).toBe(FAKE_RUN_ID)
  expect(response.headers.get('x-conversation-id')).toBe(FAKE_CONVERSATION_ID)
  const body = chatResponseSchema.strict().parse(await response.json())
  expect(body).toMatchObject({
    runId: FAKE_RUN_ID,
    conversationId: FAKE_CONVERSATION_ID,
    response: 'There are 12 devices.',
    gaps: ['The list was cut at 25 of 310.'],
    toolCalls: [{ name: 'nautobot_count' }],
    usage: { modelCalls: 2 }
  })
  expect(runs.questions).toMatchObject([
    {
      caller: { username: 'alice' },
      message: 'How many devices?',
      conversationId: undefined,
      mcpServers: ['Tickets'],
      correlationId: response.headers.get('x-request-id')
    }
  ])
})

test('streams the events of the run when the client accepts an event stream', async () => {
  const { url } = await start()
  const response = await ask(url, { message: 'Hi' }, { accept: 'text/event-stream' })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  expect(response.headers.get('x-run-id')).toBe(FAKE_RUN_ID)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('x-request-id')).toBeTruthy()
  const expected = FAKE_EVENTS.map(
    (event, index) => `id: 1-${index + 1}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
  )
  expect(await response.text()).toBe(expected.join(''))
})

test('answers a failed run with its code, its status and the id of the run', async () => {
  const error = { code: 'MODEL_TIMEOUT', message: 'Too slow.', retryable: true } as const
  const failed: AgentEvent[] = [
    { type: 'CUSTOM', name: 'error', value: error },
    { type: 'RUN_ERROR', message: error.message, code: error.code }
  ]
  const { url } = await start({ runs: createFakeRuns({ events: failed }) })
  const response = await ask(url, { message: 'Hi' })
  expect(response.status).toBe(504)
  expect(await errorOf(response)).toEqual({ ...error, details: { runId: FAKE_RUN_ID } })
})

test('answers a refused start before any event', async () => {
  const refusal = new AppError('CONVERSATION_BUSY', 'A run is in the way.', {
    details: { runId: 'run-0' }
  })
  const { url } = await start({ runs: createFakeRuns({ refusal }) })
  const response = await ask(url, { message: 'Hi' }, { accept: 'text/event-stream' })
  expect(response.status).toBe(409)
  expect(await errorOf(response)).toMatchObject({
    code: 'CONVERSATION_BUSY',
    retryable: true,
    details: { runId: 'run-0' }
  })
})

test('names the seconds to wait when there is no place for another run', async () => {
  const refusal = new AppError('TOO_MANY_RUNS', 'Full.', { details: { retryAfterSeconds: 2 } })
  const { url } = await start({ runs: createFakeRuns({ refusal }) })
  const response = await ask(url, { message: 'Hi' })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('2')
})

test.each([
  ['nothing', {}, 'message'],
  ['an empty message', { message: '' }, 'message'],
  ['a blank message', { message: ' \n\t' }, 'message'],
  ['a number', { message: 7 }, 'message'],
  ['a NUL', { message: 'a\u0000b' }, 'message'],
  ['an escape sequence', { message: 'a\u001b[31mb' }, 'message'],
  ['a C1 control character', { message: 'a\u0085b' }, 'message'],
  ['half a surrogate pair', { message: 'a\ud800b' }, 'message'],
  ['an unknown field', { message: 'Hi', temperature: 2 }, 'temperature'],
  ['an unknown nested field', { message: 'Hi', pageContext: { a: 1 } }, 'pageContext.a'],
  ['a list as body', [], 'body'],
  ['a foreign kind of id', { message: 'Hi', conversationId: '../1' }, 'conversationId'],
  [
    'a wrong object type',
    { message: 'Hi', pageContext: { objectType: 'x', id: '1' } },
    'pageContext.objectType'
  ],
  ['a list of numbers', { message: 'Hi', mcpServers: [1] }, 'mcpServers.0'],
  ['too many servers', { message: 'Hi', mcpServers: Array(33).fill('a') }, 'mcpServers']
])('refuses %s and names the field', async (_name, body, field) => {
  const { url } = await start()
  const response = await ask(url, body)
  expect(response.status).toBe(400)
  const { code, details } = await errorOf(response)
  expect(code).toBe('INVALID_REQUEST')
  const { fields } = details as { fields: { path: string }[] }
  expect(fields.map(({ path }) => path)).toContain(field)
})

test('takes a message at the limit and refuses one character more', async () => {
  const { url } = await start()
  const longest = 'a'.repeat(MAX_MESSAGE_CHARACTERS)
  expect((await ask(url, { message: longest })).status).toBe(200)
  const response = await ask(url, { message: `${longest}a` })
  expect(response.status).toBe(413)
  expect(await errorOf(response)).toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    details: { maxCharacters: MAX_MESSAGE_CHARACTERS }
  })
})

test('takes tabs, line ends and joined emoji', async () => {
  const runs = createFakeRuns()
  const { url } = await start({ runs })
  const message = 'a\tb\r\nc 👩‍💻'
  expect((await ask(url, { message })).status).toBe(200)
  expect(runs.questions[0]?.message).toBe(message)
})

test('refuses to answer in a type it does not have', async () => {
  const { url } = await start()
  const response = await ask(url, { message: 'Hi' }, { accept: 'text/html' })
  expect(response.status).toBe(406)
  expect((await errorOf(response)).code).toBe('NOT_ACCEPTABLE')
})

test('lets the run go on when the client leaves, and lets go of its reader', async () => {
  const runs = createFakeRuns({ pauseAfter: 2 })
  const { url, log } = await start({ runs })
  const controller = new AbortController()
  const response = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ALICE_TOKEN}`,
      'content-type': 'application/json',
      accept: 'text/event-stream'
    },
    body: '{"message":"Hi"}',
    signal: controller.signal
  })
  await response.body?.getReader().read()
  expect(runs.endedReaders()).toBe(0)
  controller.abort()
  await expect.poll(() => runs.endedReaders()).toBe(1)
  await expect.poll(log).toContain('"clientLeft":true')
  expect(runs.cancelled).toEqual([])
})

test('gives up waiting, without a failure, when the client of a JSON answer leaves', async () => {
  const runs = createFakeRuns({ pauseAfter: 2 })
  const { url, log } = await start({ runs })
  const signal = AbortSignal.timeout(100)
  const init = { authorization: `Bearer ${ALICE_TOKEN}`, 'content-type': 'application/json' }
  const body = '{"message":"Hi"}'
  const asked = fetch(`${url}/api/v1/chat`, { method: 'POST', headers: init, body, signal })
  await expect(asked).rejects.toThrow()
  await expect.poll(() => runs.endedReaders()).toBe(1)
  await expect.poll(log).toContain('"clientLeft":true')
  expect(log()).not.toContain('"level":"error"')
})

test('offers the models the caller may use, and says who is asking', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/api/v1/chat/options`, {
    headers: { authorization: `Bearer ${ALICE_TOKEN}` }
  })
  const body = chatOptionsSchema.strict().parse(await response.json())
  expect(body).toMatchObject({
    version: '1.2.3',
    environment: 'PROD',
    identity: { username: 'alice' },
    mcpServers: [{ id: 'server-1', name: 'Tickets', status: 'Healthy' }]
  })
  expect(body.models.map(({ name, isLab }) => [name, isLab])).toEqual([
    ['Permitted', false],
    ['Lab model', true]
  ])
})
