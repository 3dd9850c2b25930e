import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import { createRedisAnswerDesk } from '../../src/runs/redis-elicitation-desk.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'

let redis: RunningRedis
let client: Redis
let subscriber: Redis

beforeAll(async () => {
  redis = await startRedis({})
  client = new Redis(redis.url)
  subscriber = new Redis(redis.url)
})
afterAll(async () => {
  client.disconnect()
  subscriber.disconnect()
  await redis.stop()
})

const DEAF = { listen: () => () => undefined, close: () => undefined }
const wait = (maxWaitMs: number, signal = new AbortController().signal) => ({ maxWaitMs, signal })
const ACCEPT = { action: 'accept' as const, content: { who: 'Ada' } }

function desks({ channels = createRedisChannels(subscriber), lookMs = 60_000 } = {}) {
  const deployment = randomUUID()
  const here = createRedisAnswerDesk({ client, channels, deployment, lookMs })
  const there = createRedisAnswerDesk({ client, channels, deployment, lookMs })
  const keyOf = (elicitationId: string) => `ai-ops:${deployment}:elicitation:${elicitationId}`
  const listeners = async () => (await client.pubsub('NUMSUB', `ai-ops:${deployment}:answers`))[1]
  return { here, there, keyOf, listeners }
}

const place = { runId: 'run-1', elicitationId: 'e-1' }

it('is answered elsewhere at once, and once', async () => {
  const { here, there, keyOf, listeners } = desks()
  const opened = Promise.withResolvers<void>()
  const asking = here.ask(place, wait(30_000), opened.resolve)
  await opened.promise
  await expect.poll(listeners).toBe(1)
  expect(await there.state({ ...place, runId: 'run-2' }, ACCEPT)).toBe('unknown')
  const both = await Promise.all([there.state(place, ACCEPT), here.state(place, ACCEPT)])
  expect(both.sort()).toEqual(['answered', 'open'])
  expect(await asking).toEqual(ACCEPT)
  expect(await client.hgetall(keyOf('e-1'))).toEqual({ run: 'run-1', state: 'answered' })
  const left = await client.pttl(keyOf('e-1'))
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(3_600_000)
})

it('is heard of by looking, where no message comes', async () => {
  const { here, there } = desks({ channels: DEAF, lookMs: 20 })
  const opened = Promise.withResolvers<void>()
  const asking = here.ask(place, wait(30_000), opened.resolve)
  await opened.promise
  await there.state(place, ACCEPT)
  expect(await asking).toEqual(ACCEPT)
})

it('takes what came at the last moment', async () => {
  const { here, there } = desks({ channels: DEAF })
  const opened = Promise.withResolvers<void>()
  const asking = here.ask(place, wait(500), opened.resolve)
  await opened.promise
  await there.state(place, ACCEPT)
  expect(await asking).toEqual(ACCEPT)
})

it('closes with its time, its call and its replica, and an answer lies no longer than the question', async () => {
  const { here, there, keyOf } = desks()
  const stop = new AbortController()
  const [late, stopped, drained] = ['late', 'stopped', 'drained'].map((elicitationId) => ({
    ...place,
    elicitationId
  })) as [typeof place, typeof place, typeof place]
  expect(await here.ask(late, wait(30), () => undefined)).toBeUndefined()
  const opened = Promise.withResolvers<void>()
  const asking = here.ask(stopped, wait(30_000, stop.signal), opened.resolve)
  await opened.promise
  expect(await client.pttl(keyOf('stopped'))).toBeLessThanOrEqual(40_000)
  stop.abort(new Error('stopped'))
  await expect(asking).rejects.toThrow('stopped')
  const isOpen = Promise.withResolvers<void>()
  const leaving = here.ask(drained, wait(30_000), isOpen.resolve)
  await isOpen.promise
  here.drain()
  expect(await leaving).toBeUndefined()
  for (const one of [late, stopped, drained]) {
    expect(await there.state(one, ACCEPT)).toBe('closed')
  }
})
