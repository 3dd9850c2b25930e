import { request as httpRequest, type IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { errorSchema, runViewSchema } from '../../../src/http/schemas.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createFakeRuns, FAKE_EVENTS, FAKE_RUN_ID, toLogged } from '../../support/fake-runs.ts'
import { ALICE_TOKEN, BOB_TOKEN, type StartedApp, startApp } from '../../support/http-app.ts'

const ALICE = { authorization: `Bearer ${ALICE_TOKEN}` }
const BOB = { authorization: `Bearer ${BOB_TOKEN}` }
const RUN = `/api/v1/runs/${FAKE_RUN_ID}`

let started: StartedApp | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function start(...args: Parameters<typeof startApp>): Promise<StartedApp> {
  started = await startApp(...args)
  return started
}

async function idsOf(response: Response): Promise<string[]> {
  return [...(await response.text()).matchAll(/^id: 1-(\d+)$/gm)].map(([, id = '']) => id)
}

test('shows a run as its schema says', async () => {
  const { url } = await start()
  const response = await fetch(`${url}${RUN}`, { headers: ALICE })
  expect(response.status).toBe(200)
  const run = runViewSchema.strict().parse(await response.json())
  expect(run).toMatchObject({ id: FAKE_RUN_ID, state: 'succeeded', footer: { incomplete: false } })
})

test.each([
  ['GET', RUN],
  ['GET', `${RUN}/events`],
  ['POST', `${RUN}/cancel`]
])('%s %s does not find the run of another user', async (method, path) => {
  const runs = createFakeRuns({ ownerId: 'id-alice' })
  const { url } = await start({ runs })
  expect((await fetch(`${url}${path}`, { method, headers: ALICE })).status).toBe(200)
  const response = await fetch(`${url}${path}`, { method, headers: BOB })
  expect(response.status).toBe(404)
  expect(errorSchema.parse(await response.json()).error.code).toBe('RUN_NOT_FOUND')
  expect(runs.cancelled).toHaveLength(method === 'POST' ? 1 : 0)
})

test('replays the whole log without an id', async () => {
  const { url } = await start()
  const response = await fetch(`${url}${RUN}/events`, { headers: ALICE })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(await idsOf(response)).toEqual(FAKE_EVENTS.map((_event, index) => String(index + 1)))
})

test('goes on after the id in the header, which counts more than the one in the query', async () => {
  const { url } = await start()
  const events = `${url}${RUN}/events`
  const byQuery = await fetch(`${events}?lastEventId=1-4`, { headers: ALICE })
  expect(await idsOf(byQuery)).toEqual(['5', '6'])
  const byHeader = await fetch(`${events}?lastEventId=1-1`, {
    headers: { ...ALICE, 'last-event-id': '1-5' }
  })
  expect(await idsOf(byHeader)).toEqual(['6'])
})

test.each(['x', '-1', '7', '1-1e3', '1-99'])('refuses %s as the id of an event', async (id) => {
  const { url } = await start()
  const response = await fetch(`${url}${RUN}/events`, {
    headers: { ...ALICE, 'last-event-id': id }
  })
  expect(response.status).toBe(400)
  expect(errorSchema.parse(await response.json()).error.code).toBe('INVALID_REQUEST')
})

test('opens the stream of a silent run and writes comments until something happens', async () => {
  const runs = createFakeRuns({ pauseAfter: 2 })
  const { url } = await start({ runs, heartbeatMs: 20 })
  const response = await fetch(`${url}${RUN}/events`, {
    headers: { ...ALICE, 'last-event-id': '1-2' }
  })
  expect(response.status).toBe(200)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toBe(': heartbeat\n\n')
  expect((await reader?.read())?.value).toBe(': heartbeat\n\n')
  runs.finish()
  let text = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    text += value
  }
  expect(text).toContain('id: 1-3\n')
  expect(text).toContain('event: RUN_FINISHED\n')
})

test('lets go of a reader that leaves', async () => {
  const runs = createFakeRuns({ pauseAfter: 1 })
  const metrics = createMetrics({ version: '1' })
  const { url } = await start({ runs, metrics })
  const openStreams = async () => (await metrics.eventStreams.get()).values[0]?.value
  const controller = new AbortController()
  const response = await fetch(`${url}${RUN}/events`, { headers: ALICE, signal: controller.signal })
  await response.body?.getReader().read()
  expect(await openStreams()).toBe(1)
  controller.abort()
  await expect.poll(() => runs.endedReaders()).toBe(1)
  expect(await openStreams()).toBe(0)
})

test('cuts off a reader that takes nothing', async () => {
  const delta = 'x'.repeat(100_000)
  const text: AgentEvent = { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta }
  const runs = createFakeRuns({ events: Array(400).fill(text) })
  const { port } = await start({ runs, heartbeatMs: 20, limits: { maxStalledStreamMs: 100 } })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ port, path: `${RUN}/events`, headers: ALICE }, resolve)
      .on('error', reject)
      .end()
  })
  await expect.poll(() => runs.endedReaders(), { timeout: 5_000 }).toBe(1)
  response.destroy()
})

test('cuts open streams when the service closes, so that it can', async () => {
  const runs = createFakeRuns({ pauseAfter: 1 })
  const { url, stop } = await start({ runs })
  const response = await fetch(`${url}${RUN}/events`, { headers: ALICE })
  const body = response.text()
  const closed = expect(body).rejects.toThrow()
  await stop()
  await closed
  expect(runs.endedReaders()).toBe(1)
})

test('cuts the stream, without a made-up end, when the log breaks', async () => {
  const runs = createFakeRuns()
  const broken = {
    ...runs,
    async *events() {
      yield* [toLogged('1-1', FAKE_EVENTS[0] as AgentEvent)]
      await setImmediate()
      throw new Error('The log broke')
    }
  }
  const { url, log } = await start({ runs: broken })
  const response = await fetch(`${url}${RUN}/events`, { headers: ALICE })
  await expect(response.text()).rejects.toThrow()
  expect(log()).toContain('The log broke')
})

test('stops a run, with and without an empty JSON body', async () => {
  const runs = createFakeRuns()
  const { url } = await start({ runs })
  for (const headers of [ALICE, { ...ALICE, 'content-type': 'application/json' }]) {
    const response = await fetch(`${url}${RUN}/cancel`, { method: 'POST', headers })
    expect(response.status).toBe(200)
    expect(runViewSchema.parse(await response.json()).state).toBe('stopped')
  }
  expect(runs.cancelled).toEqual([FAKE_RUN_ID, FAKE_RUN_ID])
})

const decide = async (body: unknown, runs = createFakeRuns(), headers: object = ALICE) => {
  const { url } = await start({ runs })
  return fetch(`${url}${RUN}/approvals`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
}

test('takes decisions, with a reason or without', async () => {
  const runs = createFakeRuns()
  const decisions = [
    { toolCallId: 'a', decision: 'approve' },
    { toolCallId: 'b', decision: 'reject', reason: 'Not at night.' }
  ]
  const response = await decide({ decisions }, runs)

  expect(response.status).toBe(200)
  expect(runViewSchema.parse(await response.json()).id).toBe(FAKE_RUN_ID)
  expect(runs.decided).toEqual([{ ...decisions[0], reason: undefined }, decisions[1]])
})

test('does not find the run of another user to decide', async () => {
  const runs = createFakeRuns({ ownerId: 'id-alice' })
  const response = await decide(
    { decisions: [{ toolCallId: 'a', decision: 'approve' }] },
    runs,
    BOB
  )

  expect(response.status).toBe(404)
  expect(runs.decided).toEqual([])
})

test.each([
  [{}, 'decisions'],
  [{ decisions: [] }, 'decisions'],
  [{ decisions: [{ toolCallId: 'a', decision: 'maybe' }] }, 'decisions.0.decision'],
  [{ decisions: [{ toolCallId: '', decision: 'approve' }] }, 'decisions.0.toolCallId'],
  [{ decisions: [{ decision: 'approve' }] }, 'decisions.0.toolCallId'],
  [
    { decisions: [{ toolCallId: 'a', decision: 'reject', reason: 'x'.repeat(501) }] },
    'decisions.0.reason'
  ],
  [{ decisions: Array(129).fill({ toolCallId: 'a', decision: 'approve' }) }, 'decisions'],
  [
    {
      decisions: [
        { toolCallId: 'a', decision: 'approve' },
        { toolCallId: 'a', decision: 'reject' }
      ]
    },
    'decisions'
  ]
])('refuses %j as decisions, and names the field', async (body, path) => {
  const response = await decide(body)
  expect(response.status).toBe(400)
  const { error } = errorSchema.parse(await response.json())
  expect(error.code).toBe('INVALID_REQUEST')
  expect(error.details?.fields).toMatchObject([{ path }])
})

const answer = async (body: unknown, runs = createFakeRuns(), headers: object = ALICE) => {
  const { url } = await start({ runs })
  return fetch(`${url}${RUN}/elicitations/e-1`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
}

test.each([
  { action: 'accept', content: { who: 'Ada', size: 2, sure: true, some: ['a'] } },
  { action: 'decline' },
  { action: 'cancel' }
])('takes the answer to a form: %j', async (body) => {
  const runs = createFakeRuns()
  const response = await answer(body, runs)
  expect(response.status).toBe(204)
  expect(runs.answered).toEqual([{ elicitationId: 'e-1', answer: body }])
})

test.each<[string, unknown]>([
  ['no action', {}],
  ['another action', { action: 'maybe' }],
  ['an accept without values', { action: 'accept' }],
  ['a decline with values', { action: 'decline', content: {} }],
  ['a nested value', { action: 'accept', content: { who: { name: 'Ada' } } }],
  ['a long text', { action: 'accept', content: { who: 'x'.repeat(4_001) } }],
  [
    'too many values',
    {
      action: 'accept',
      content: Object.fromEntries(Array.from({ length: 21 }, (_, place) => [`f${place}`, 1]))
    }
  ]
])('refuses %s as the answer to a form', async (_what, body) => {
  const runs = createFakeRuns()
  const response = await answer(body, runs)
  expect(response.status).toBe(400)
  expect(runs.answered).toEqual([])
})

test('does not find the run of another user to answer', async () => {
  const runs = createFakeRuns({ ownerId: 'id-alice' })
  const response = await answer({ action: 'decline' }, runs, BOB)
  expect(response.status).toBe(404)
  expect(runs.answered).toEqual([])
})
