import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, say, silence } from '../support/model-steps.ts'
import { startSteadyClock } from '../support/steady-clock.ts'
import { approveAll } from './support/approvals.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { foldRun, followRun, type ReadRun, startRun } from './support/run-readers.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

const LETTERS = Array.from({ length: 40 }, (_, place) => String.fromCharCode(97 + (place % 26)))

let replicas: Replicas
let tools: FaultMcpServer
let one: LabSidecar
let other: LabSidecar

beforeAll(async () => {
  tools = await startFaultMcpServer({ tools: [{ ...ECHO, name: 'open_ticket' }] })
  const servers = JSON.stringify([{ name: 'tickets', url: tools.url }])
  replicas = await startReplicas({ env: { AI_OPS_MCP_SERVERS: servers } })
  ;[one, other] = await Promise.all([replicas.start(), replicas.start()])
})
afterAll(async () => {
  await replicas.stop()
  await tools.stop()
})
beforeEach(() => replicas.model.answer(() => [say(LETTERS, 20)]))

const start = (message = 'Hello', body = {}) =>
  startRun(one.url, { headers: replicas.headers, body: { message, ...body } })
const follow = (url: string, runId: string, lastEventId?: string) =>
  followRun(url, runId, { headers: replicas.headers, ...(lastEventId && { lastEventId }) })

async function view(url: string, runId: string) {
  const answer = await fetch(`${url}/api/v1/runs/${runId}`, { headers: replicas.headers })
  return { status: answer.status, body: await answer.json() }
}

it('[T8] the asker, a second tab and a reader on another replica read the same', async () => {
  const run = await start()
  const [asker, near, far] = await Promise.all([
    run.rest(),
    follow(one.url, run.runId),
    follow(other.url, run.runId)
  ])

  expect(asker.text).toBe(LETTERS.join(''))
  expect(asker.end?.type).toBe('RUN_FINISHED')
  for (const reader of [near, far]) expect(reader.events).toEqual(asker.events)
  // A replica that has never seen the run tells the same of it.
  expect((await view(other.url, run.runId)).body).toEqual((await view(one.url, run.runId)).body)
})

it('[T8] a reader that lost its line goes on elsewhere, with nothing lost and nothing twice', async () => {
  const run = await start()
  const whole = run.rest()
  const seen: ReadRun = await followRun(one.url, run.runId, {
    headers: replicas.headers,
    leaveAfter: 6
  })
  const rest = await follow(other.url, run.runId, seen.events.at(-1)?.id)

  expect([...seen.events, ...rest.events]).toEqual((await whole).events)
})

it('does not find the run of somebody else, on any replica', async () => {
  const run = await start()
  for (const { url } of [one, other]) {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel']
    ] as const) {
      const target = `${url}/api/v1/runs/${run.runId}${path}`
      const answer = await fetch(target, { method, headers: replicas.otherHeaders })
      expect(answer.status).toBe(404)
    }
  }
  expect((await run.rest()).text).toBe(LETTERS.join(''))
})

it.each([['nonsense'], ['7'], ['1-2-3'], ['9-1']])(
  'refuses %s as the id of an event',
  async (id) => {
    const run = await start()
    const answer = await fetch(`${other.url}/api/v1/runs/${run.runId}/events`, {
      headers: { ...replicas.headers, 'last-event-id': id }
    })
    expect(answer.status).toBe(400)
    expect((await answer.json()).error.code).toBe('INVALID_REQUEST')
    await run.rest()
  }
)

it('[T7][P5] a stop on another replica ends the model request within half a second', async () => {
  replicas.model.answer(() => [say(['Thinking', ' hard']), silence()])
  const run = await start('Think')
  await expect
    .poll(async () => (await view(other.url, run.runId)).body.response)
    .toBe('Thinking hard')
  const request = replicas.model.requests.at(-1)
  const clock = startSteadyClock()
  const answer = await fetch(`${other.url}/api/v1/runs/${run.runId}/cancel`, {
    method: 'POST',
    headers: replicas.headers
  })
  await request?.ended
  const tookMs = clock.stop()

  expect(await answer.json()).toMatchObject({ state: 'stopped', response: 'Thinking hard' })
  expect(request?.closedByClient).toBe(true)
  expect(tookMs).toBeLessThan(500)
  expect((await run.rest()).end).toMatchObject({
    type: 'RUN_FINISHED',
    outcome: { type: 'cancelled' }
  })
  // What was shown is in the history, marked, and the next question goes on behind it.
  const next = await startRun(other.url, {
    headers: replicas.headers,
    body: { message: 'And?', conversationId: run.conversationId }
  })
  replicas.model.answer(() => [say('Fine.')])
  await next.rest()
  const sent = replicas.model.requests.at(-1)?.body.messages ?? []
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(sent[2]?.content).toBe('Thinking hard')
})

it('[T7][P5] a stop on another replica ends a tool call within half a second', async () => {
  tools.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  replicas.model.answer((request) => {
    const offered = request.body.tools?.find((tool) => tool.function.name.includes('open_ticket'))
    return [callTool(offered?.function.name ?? 'none', {})]
  })
  const before = tools.asked('tools/call').length
  const run = await start('Open one')
  const approving = approveAll(one.url, run.runId, replicas.headers)
  await expect.poll(() => tools.asked('tools/call').length).toBe(before + 1)
  const clock = startSteadyClock()
  await fetch(`${other.url}/api/v1/runs/${run.runId}/cancel`, {
    method: 'POST',
    headers: replicas.headers
  })
  await expect
    .poll(() => tools.asked('tools/call').at(-1)?.closedByClient, { interval: 10 })
    .toBe(true)

  expect(clock.stop()).toBeLessThan(500)
  expect((await run.rest()).end).toMatchObject({ outcome: { type: 'cancelled' } })
  expect((await approving).state).toBe('stopped')
})

it('[T7] stops a run although the word of it is lost', async () => {
  replicas.model.answer(() => [say('Thinking'), silence()])
  const run = await start('Think')
  await expect.poll(async () => (await view(other.url, run.runId)).body.response).toBe('Thinking')
  // Only the flag is set, as by a replica whose publish never arrived.
  const key = `ai-ops:default:run:${run.runId}`
  await replicas.command('HSET', key, 'cancel', '1')

  expect((await run.rest()).end).toMatchObject({ outcome: { type: 'cancelled' } })
})

it('[T21] another replica goes on when one is killed, and every reader ends with its answer', async () => {
  const dying = await replicas.start()
  replicas.model.answer((_request, index) => [say(`Attempt ${index} `), say(LETTERS, 60)])
  const run = await startRun(dying.url, {
    headers: replicas.headers,
    body: { message: 'Hold on' }
  })
  const far = follow(other.url, run.runId)
  const seen = await followRun(dying.url, run.runId, { headers: replicas.headers, leaveAfter: 8 })
  dying.signal('SIGKILL')
  await dying.exited
  const resumed = await follow(one.url, run.runId, seen.events.at(-1)?.id)
  const stayed = await far

  expect(resumed.events[0]?.id).toMatch(/^[12]-/)
  const snapshots = stayed.events.filter(({ event }) => event.type === 'MESSAGES_SNAPSHOT')
  expect(snapshots).toHaveLength(1)
  expect(stayed.end?.type).toBe('RUN_FINISHED')
  const whole = foldRun([...seen.events, ...resumed.events])
  expect(whole.response).toBe(foldRun(stayed.events).response)
  expect(whole.response).toMatch(/^Attempt \d+ abc/)
  const { body } = await view(one.url, run.runId)
  expect(body).toMatchObject({ state: 'succeeded', response: whole.response })
  expect(stayed.messageIds.size).toBe(2)
  // The history has the last attempt alone.
  replicas.model.answer(() => [say('Fine.')])
  const conversation = await fetch(`${one.url}/api/v1/conversations/${run.conversationId}`, {
    headers: replicas.headers
  })
  expect((await conversation.json()).messages.map(({ text }: { text: string }) => text)).toEqual([
    'Hold on',
    whole.response
  ])
}, 60_000)

it('hands its runs over when it drains, and they go on within seconds', async () => {
  const ending = await replicas.start({ AI_OPS_DRAIN_SECONDS: '1' })
  replicas.model.answer((_request, index) => [say(`Attempt ${index} `), say(LETTERS, 120)])
  const run = await startRun(ending.url, { headers: replicas.headers, body: { message: 'Stay' } })
  const far = follow(other.url, run.runId)
  await sleep(300)
  const startedAt = performance.now()
  await ending.stop()
  const stayed = await far

  expect(stayed.end?.type).toBe('RUN_FINISHED')
  expect(foldRun(stayed.events).state).toBe('succeeded')
  expect(performance.now() - startedAt).toBeLessThan(14_000)
}, 60_000)

it('does not repeat a call with effects that was under way, and says so', async () => {
  const dying = await replicas.start()
  const before = tools.asked('tools/call').length
  tools.misbehave(({ method }) => (method === 'tools/call' ? { kind: 'hang' } : undefined))
  replicas.model.answer((request) => {
    const offered = request.body.tools?.find((tool) => tool.function.name.includes('open_ticket'))
    return [callTool(offered?.function.name ?? 'none', {})]
  })
  const run = await startRun(dying.url, {
    headers: replicas.headers,
    body: { message: 'Open one' }
  })
  const approving = approveAll(dying.url, run.runId, replicas.headers).catch(() => undefined)
  await expect.poll(() => tools.asked('tools/call').length).toBe(before + 1)
  dying.signal('SIGKILL')
  await dying.exited
  await approving
  const stayed = await follow(one.url, run.runId)

  expect(stayed.end).toMatchObject({ type: 'RUN_ERROR', code: 'RUN_INTERRUPTED' })
  expect(foldRun(stayed.events).state).toBe('interrupted')
  expect(tools.asked('tools/call')).toHaveLength(before + 1)
}, 60_000)
