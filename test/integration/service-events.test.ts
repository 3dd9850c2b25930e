import { HttpAgent } from '@ag-ui/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { callOfferedTools, pause, refuse, say, silence } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
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
  textOf,
  viewRun
} from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const EVENTS = 'get /api/v1/runs/{runId}/events'
const message = 'How many devices are there?'
const countDevices = callOfferedTools(
  [{ tool: 'count', args: { model: 'dcim.device', filters: {} } }],
  ([result = '']) => `The answer is in ${result}`
)

let model: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({})
  service = await startLabSidecar(model.url, {
    AI_OPS_HEARTBEAT_SECONDS: '1',
    AI_OPS_MAX_RUNS: '2',
    AI_OPS_MAX_QUEUED_RUNS: '1'
  })
})

afterAll(async () => {
  await service.stop()
  await model.stop()
})

function eventsOf(runId: string, lastEventId?: string) {
  return openEvents(service.url, {
    path: `/api/v1/runs/${runId}/events`,
    method: 'GET',
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  })
}

/** What a foreign client makes of the service: `@ag-ui/client` with its own verification, folding and errors. */
async function askAsForeignClient() {
  const seen: AgentEvent[] = []
  const agent = new HttpAgent({
    url: `${service.url}/api/v1/chat`,
    fetch: (url, init) => {
      const { method, headers, signal } = init
      const body = JSON.stringify({ message })
      return fetch(url, { method, headers, signal, body } as RequestInit)
    }
  })
  const failure = await agent
    .runAgent({}, { onEvent: ({ event }) => void seen.push(event as AgentEvent) })
    .then(
      () => undefined,
      (error: unknown) => error
    )
  return { seen, messages: agent.messages, failure }
}

test("a foreign AG-UI client reads a run with a tool call, and finds nothing against AG-UI's rules", async () => {
  model.answer(countDevices)
  const { seen, messages, failure } = await askAsForeignClient()
  expect(failure).toBeUndefined()
  expect(seen.at(0)?.type).toBe('RUN_STARTED')
  expect(seen.at(-1)?.type).toBe('RUN_FINISHED')
  expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
  const [call, result, answer] = messages
  expect(call).toMatchObject({ toolCalls: [{ function: { name: 'count' } }] })
  expect(result?.content).toMatch(/"count":\s*\d+/)
  expect(answer?.content).toBe(`The answer is in ${result?.content}`)
})

test('a foreign AG-UI client reads text, several calls and text again', async () => {
  let asked = 0
  model.answer((request, index) => {
    asked += 1
    if (asked > 1) return [say(['Ten', ' of', ' them.'], 5)]
    const calls = ['dcim.device', 'dcim.location'].map((name) => ({
      tool: 'count',
      args: { model: name, filters: {} }
    }))
    return [say('Let me look.'), ...(callOfferedTools(calls)(request, index) as [])]
  })
  const { seen, messages, failure } = await askAsForeignClient()
  expect(failure).toBeUndefined()
  expect(seen.filter(({ type }) => type === 'TOOL_CALL_RESULT')).toHaveLength(2)
  expect(messages.at(0)?.content).toBe('Let me look.')
  expect(messages.at(-1)?.content).toBe('Ten of them.')
})

test('a foreign AG-UI client learns of a failure by its code', async () => {
  model.answer(() => [refuse(500)])
  const { seen } = await askAsForeignClient()
  expect(seen.at(-1)).toMatchObject({
    type: 'RUN_ERROR',
    code: 'MODEL_FAILED',
    message: expect.stringContaining('answered 500')
  })
})

test('ids count from one, and a replay after any of them is exactly the rest', async () => {
  model.answer(countDevices)
  const { response, events } = await openEvents(service.url, { body: { message } })
  const all = await allOf(events)
  const runId = response.headers.get('x-run-id') ?? ''
  expect(all.map(({ id }) => id)).toEqual(all.map((_event, index) => `1-${index + 1}`))
  for (const after of [0, 1, all.length - 1, all.length]) {
    const replay = await allOf((await eventsOf(runId, `1-${after}`)).events)
    expect(replay).toEqual(all.slice(after))
  }
  expect(await allOf((await eventsOf(runId)).events)).toEqual(all)
  const byQuery = await openEvents(service.url, {
    path: `/api/v1/runs/${runId}/events?lastEventId=1-2`,
    method: 'GET'
  })
  expect(await allOf(byQuery.events)).toEqual(all.slice(2))
})

test('[T8] readers that come, go and come back end with the same as the one that stayed', async () => {
  model.answer(() => [say(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 60)])
  const first = await openEvents(service.url, { body: { message } })
  const runId = first.response.headers.get('x-run-id') ?? ''
  const stayed = allOf(first.events)
  const second = await eventsOf(runId)
  const before = await readUntil(second.events, 'TEXT_MESSAGE_CONTENT')
  await second.events.return()
  const after = await allOf((await eventsOf(runId, before.at(-1)?.id)).events)
  const third = await allOf((await eventsOf(runId)).events)
  expect([...before, ...after]).toEqual(await stayed)
  expect(third).toEqual(await stayed)
  const run = await viewRun(service.url, runId)
  expect(run).toMatchObject({ state: 'succeeded', response: 'abcdefgh' })
  expect(textOf(third)).toBe('abcdefgh')
  expect(customValue(third, 'footer')).toEqual(run.footer)
})

test.each(['x', '-1', '1.5', '1e3', '999999', '99999999999999999999', '1 2'])(
  'refuses the event id %s',
  async (lastEventId) => {
    model.answer(() => [say('Fine.')])
    const { runId } = await ask(service.url, { message })
    const headers = { 'last-event-id': lastEventId }
    const path = `/api/v1/runs/${runId}/events`
    const response = await send(service.url, { method: 'GET', path, headers })
    expect(response.status).toBe(400)
    expect(await refusalOf(response, EVENTS)).toMatchObject({ code: 'INVALID_REQUEST' })
    const query = `${path}?lastEventId=${encodeURIComponent(lastEventId)}`
    const asked = await send(service.url, { method: 'GET', path: query })
    expect(asked.status).toBe(400)
    await refusalOf(asked, EVENTS)
  }
)

test('HEAD of events holds nothing open, and an unknown query is refused', async () => {
  model.answer(() => [say('Fine.')])
  const { runId } = await ask(service.url, { message })
  const path = `/api/v1/runs/${runId}/events`
  const head = await send(service.url, { method: 'HEAD', path })
  expect({ status: head.status, allow: head.headers.get('allow') }).toEqual({
    status: 405,
    allow: 'GET'
  })
  const response = await send(service.url, { method: 'GET', path: `${path}?after=1` })
  expect(response.status).toBe(400)
  await refusalOf(response, EVENTS)
})

test.each(['text/event-stream', 'application/json'])(
  'a client that leaves in mid-answer (%s) leaves the run going on, to be read later',
  async (accept) => {
    model.answer(() => [say('There '), pause(400), say('are ten.')])
    const before = model.requests.length
    const { conversationId } = await startConversation()
    const leaving = new AbortController()
    const asking = fetch(`${service.url}/api/v1/chat`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { accept, 'content-type': 'application/json' },
      body: JSON.stringify({ message, conversationId })
    })
    asking.then((response) => response.text()).catch(() => undefined)
    await expect.poll(() => model.requests.length).toBe(before + 2)
    const busy = await refusalOf(await send(service.url, { body: { message, conversationId } }))
    const runId = String(busy.details?.runId)
    leaving.abort()
    const rest: ReceivedEvent[] = await allOf((await eventsOf(runId)).events)
    expect(textOf(rest)).toBe('There are ten.')
    expect(rest.at(-1)?.event.type).toBe('RUN_FINISHED')
    expect(await viewRun(service.url, runId)).toMatchObject({ state: 'succeeded' })
    expect(model.requests.at(before + 1)?.closedByClient).toBe(false)
  }
)

async function startConversation() {
  const respond = () => [say('There '), pause(400), say('are ten.')]
  model.answer(() => [say('Hello.')])
  const answer = await ask(service.url, { message: 'Hello' })
  model.answer(respond)
  return answer
}

test('a silent run is kept alive by comments', async () => {
  model.answer(() => [silence()])
  const { response } = await openEvents(service.url, { body: { message } })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes(': heartbeat\n\n')) text += (await reader?.read())?.value ?? ''
  await cancelRun(service.url, response.headers.get('x-run-id') ?? '')
  await reader?.cancel()
})

test('an answer to no client at all is bounded by nothing but the run', async () => {
  model.answer(() => [silence()])
  const { response, events } = await openEvents(service.url, { body: { message } })
  await events.return()
  await response.body?.cancel().catch(() => undefined)
  const runId = response.headers.get('x-run-id') ?? ''
  expect((await viewRun(service.url, runId)).state).toBe('running')
  expect((await cancelRun(service.url, runId)).run.state).toBe('stopped')
  expect((await cancelRun(service.url, runId)).run.state).toBe('stopped')
})

test('more questions than the service answers and lets wait are refused, with the seconds to wait', async () => {
  model.answer(() => [silence()])
  const running = [
    await openEvents(service.url, { body: { message } }),
    await openEvents(service.url, { body: { message } })
  ]
  const waiting = await openEvents(service.url, { body: { message } })
  const told = await readUntil(waiting.events, 'CUSTOM')
  expect(customValue(told, 'queued')).toEqual({ place: 1 })
  const waitingId = waiting.response.headers.get('x-run-id') ?? ''
  expect((await viewRun(service.url, waitingId)).state).toBe('queued')
  const refused = await send(service.url, { body: { message } })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('2')
  expect(await refusalOf(refused)).toMatchObject({ code: 'TOO_MANY_RUNS', retryable: true })
  model.answer(() => [say('My turn.')])
  for (const { response } of running) {
    await cancelRun(service.url, response.headers.get('x-run-id') ?? '')
  }
  expect(textOf(await allOf(waiting.events))).toBe('My turn.')
  model.answer(() => [say('Fine.')])
  expect(await ask(service.url, { message })).toMatchObject({ response: 'Fine.' })
})
