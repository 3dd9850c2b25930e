import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { say, silence } from '../support/model-steps.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { foldRun, followRun, startRun } from './support/run-readers.ts'
import { send } from './support/sidecar-client.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

const TOKENS = Array.from({ length: 100 }, (_, place) => `t${place} `)
const HOUR_MS = 3_600_000
const PATIENCE_MS = 60_000
const UNAVAILABLE = { status: 503, code: 'REDIS_UNAVAILABLE' }

let replicas: Replicas

beforeEach(async () => {
  replicas = await startReplicas({
    redis: ['--appendonly', 'yes', '--appendfsync', 'always'],
    env: { AI_OPS_MAX_RUNS_PER_USER: '50' }
  })
  replicas.model.answer((_request, index) => [say(`answer-${index} `), say(TOKENS, 20)])
})
afterEach(() => replicas.stop())

async function ask({ url }: LabSidecar, message = 'Hello') {
  const answer = await send(url, { headers: replicas.headers, body: { message } })
  const body = await answer.json()
  const { code, message: sentence } = body.error ?? {}
  return { status: answer.status, code: code as string | undefined, sentence: String(sentence) }
}

const start = ({ url }: LabSidecar, message = 'Hello') =>
  startRun(url, { headers: replicas.headers, body: { message } })

/** Reads again, as the chat does, until the run has ended. */
async function readToEnd({ url }: LabSidecar, runId: string) {
  for (;;) {
    const answer = await fetch(`${url}/api/v1/runs/${runId}`, { headers: replicas.headers })
    if (answer.ok) {
      const read = await followRun(url, runId, { headers: replicas.headers })
      if (read.end) return foldRun(read.events)
    } else {
      expect(answer.status).toBe(503)
    }
    await sleep(200)
  }
}

async function metricOf({ url }: LabSidecar, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1])
}

async function textOf({ url }: LabSidecar, runId: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/runs/${runId}`, { headers: replicas.headers })
  return String((await answer.json()).response)
}

const isReady = async ({ url }: LabSidecar) => (await fetch(`${url}/readyz`)).ok

it(
  '[T11] Redis restarts under load: nothing acknowledged is lost, nothing runs twice',
  async () => {
    const service = await replicas.start()
    const begun = await Promise.all(
      Array.from({ length: 20 }, (_, run) => start(service, `run ${run}`))
    )
    await sleep(400)
    await replicas.redis.kill()
    await expect.poll(() => ask(service)).toMatchObject(UNAVAILABLE)
    expect(await isReady(service)).toBe(true)
    expect(await metricOf(service, 'ai_ops_redis_up')).toBe(0)
    await replicas.redis.start()

    const ends = await Promise.all(begun.map(({ runId }) => readToEnd(service, runId)))
    expect(ends.map(({ state }) => state)).toEqual(Array(20).fill('succeeded'))
    for (const { response } of ends) expect(response).toMatch(/^answer-\d+ t0 .* t99 $/)
    expect(new Set(ends.map(({ response }) => response)).size).toBe(20)
    expect(await metricOf(service, 'ai_ops_redis_up')).toBe(1)
    replicas.model.answer(() => [say('Fine.')])
    await expect.poll(() => ask(service)).toMatchObject({ status: 200 })
  },
  PATIENCE_MS
)

it(
  '[T11] an absence of Redis longer than a lease delays an answer, and loses no stop',
  async () => {
    const service = await replicas.start()
    const [delayed, stopped] = [await start(service, 'one'), await start(service, 'two')]
    await expect.poll(() => textOf(service, stopped.runId)).toContain('t3')
    await replicas.redis.kill()
    await fetch(`${service.url}/api/v1/runs/${stopped.runId}/cancel`, {
      method: 'POST',
      headers: replicas.headers
    })
    await sleep(18_000)
    await replicas.redis.start()

    expect(await readToEnd(service, delayed.runId)).toMatchObject({ state: 'succeeded' })
    expect(await readToEnd(service, stopped.runId)).toMatchObject({ state: 'stopped' })
    // Only the other one was asked again.
    expect(replicas.model.requests.length).toBeLessThanOrEqual(3)
  },
  PATIENCE_MS
)

it(
  '[T11] Redis is full: a clear refusal, the pod stays ready, and it goes on when there is room',
  async () => {
    const service = await replicas.start()
    const begun = await start(service)
    await replicas.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await replicas.command('CONFIG', 'SET', 'maxmemory', '1mb')

    const sentence = expect.stringContaining('no memory left')
    expect(await ask(service)).toMatchObject({ ...UNAVAILABLE, sentence })
    expect(await isReady(service)).toBe(true)
    await replicas.command('CONFIG', 'SET', 'maxmemory', '0')
    expect(await readToEnd(service, begun.runId)).toMatchObject({ state: 'succeeded' })
    replicas.model.answer(() => [say('Fine.')])
    expect(await ask(service)).toMatchObject({ status: 200 })
  },
  PATIENCE_MS
)

it(
  '[T11] Redis is demoted to a replica and promoted again: a clear refusal between the two',
  async () => {
    const service = await replicas.start()
    await replicas.command('REPLICAOF', '127.0.0.1', '1')

    const sentence = expect.stringContaining('takes no writes')
    expect(await ask(service)).toMatchObject({ ...UNAVAILABLE, sentence })
    expect(await isReady(service)).toBe(true)
    await replicas.command('REPLICAOF', 'NO', 'ONE')
    replicas.model.answer(() => [say('Fine.')])
    await expect.poll(() => ask(service), { timeout: 10_000 }).toMatchObject({ status: 200 })
  },
  PATIENCE_MS
)

it(
  '[T11] Redis that hangs for seconds costs those seconds, and ends nothing twice',
  async () => {
    const service = await replicas.start()
    const begun = await start(service)
    await sleep(300)
    await replicas.command('CLIENT', 'PAUSE', '3500')

    expect(await ask(service)).toMatchObject(UNAVAILABLE)
    const end = await readToEnd(service, begun.runId)
    expect(end).toMatchObject({ state: 'succeeded' })
    const log = (await replicas.command(
      'XRANGE',
      `ai-ops:default:log:${begun.runId}`,
      '-',
      '+'
    )) as [string, string[]][]
    const ends = log.filter(([, [, type = '']]) => /^RUN_(FINISHED|ERROR)$/.test(type))
    expect(ends).toHaveLength(1)
  },
  PATIENCE_MS
)

it(
  '[T21] clocks that are an hour apart change nothing: leases are in the time of Redis',
  async () => {
    const preload = `--import=${join(import.meta.dirname, '../support/shifted-clock.ts')}`
    const shifted = (ms: number) =>
      replicas.start({ NODE_OPTIONS: preload, CLOCK_SHIFT_MS: String(ms) })
    const [early, late] = await Promise.all([shifted(-HOUR_MS), shifted(HOUR_MS)])
    replicas.model.answer((_request, index) => [say(`answer-${index} `), say(TOKENS, 60)])
    const [first, second] = await Promise.all([start(early, 'one'), start(late, 'two')])
    const runs = [await readToEnd(late, first.runId), await readToEnd(early, second.runId)]
    // Nobody took a living one's run over.
    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
    expect(replicas.model.requests).toHaveLength(2)

    replicas.model.answer(() => [say('Thinking'), silence()])
    const dying = await start(late, 'three')
    await expect.poll(() => replicas.model.requests.length).toBe(3)
    late.signal('SIGKILL')
    replicas.model.answer(() => [say('Taken over.')])
    expect(await readToEnd(early, dying.runId)).toMatchObject({
      state: 'succeeded',
      response: 'Taken over.'
    })
  },
  PATIENCE_MS
)

it(
  '[T11] a stop while Redis restarts keeps what was shown, and the run ends as stopped',
  async () => {
    const service = await replicas.start()
    const { runId, conversationId } = await start(service)
    await expect.poll(() => textOf(service, runId)).toContain('t3')
    await replicas.redis.kill()
    await fetch(`${service.url}/api/v1/runs/${runId}/cancel`, {
      method: 'POST',
      headers: replicas.headers
    })
    await sleep(2_500)
    await replicas.redis.start()

    const { state, response } = await readToEnd(service, runId)
    expect(state).toBe('stopped')
    const conversation = await fetch(`${service.url}/api/v1/conversations/${conversationId}`, {
      headers: replicas.headers
    })
    const { messages } = await conversation.json()
    expect(messages.map(({ text }: { text: string }) => text)).toEqual(['Hello', response])
    expect(messages[1]).toMatchObject({ incomplete: true })
    expect(replicas.model.requests).toHaveLength(1)
  },
  PATIENCE_MS
)
