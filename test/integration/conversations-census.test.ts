import { randomUUID } from 'node:crypto'
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import type { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { createRedisConversationCleanup } from '../../src/conversations/redis-conversation-cleanup.ts'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { createRedisResultStore } from '../../src/conversations/redis-result-store.ts'
import { put } from '../support/checkpoint-fixture.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { connectRedis } from '../support/redis-connection.ts'

const DEPLOYMENT = 'census'
const START = Date.UTC(2026, 0, 1)
const MS_PER_DAY = 86_400_000
const RETENTION_DAYS = 30
const LOWERED_DAYS = 15
/** From then on less is kept than keys were told when they were written. */
const LOWERED_ON_DAY = 41
const LAST_DAY = 50
const CENSUS_DAYS = [15, 30, 35, 40, 48, 50]
const NUMBERS = ['conversations', 'keys', 'bytes', 'usedBytes'] as const
const FLAT = 1.1
const CONVERSATIONS_PER_DAY = 334
const SIDE_BY_SIDE = 40
const MAX_CONVERSATIONS_PER_USER = 100
/** Ask more in a month than they may keep. */
const HEAVY_USERS = 2
const HEAVY_EVERY = 17
const USERS = 150

const never = new AbortController().signal

/** What a Redis holds at the end of a day. */
interface Census {
  readonly conversations: number
  readonly keys: number
  readonly bytes: number
  readonly usedBytes: number
  readonly withoutTtl: readonly string[]
}

/** The stores as one replica has them, with a retention of so many days. */
function createStores(client: Redis, ttlDays: number) {
  const common = { client, deployment: DEPLOYMENT, ttlDays }
  const limits = { maxConversationsPerUser: MAX_CONVERSATIONS_PER_USER, maxTurns: 200 }
  const registry = createRedisConversationRegistry({
    ...{ ...common, ...limits },
    onLost: () => undefined,
    // A run ends long before; one that is left alone is dead.
    heartbeatMs: 3_600_000
  })
  onTestFinished(() => registry.close())
  return {
    registry,
    checkpointer: new RedisCheckpointer(common),
    results: createRedisResultStore({
      ...{ ...common, patienceMs: 0 },
      maxBytesPerConversation: 100_000
    }),
    cleanup: createRedisConversationCleanup({
      ...{ ...common, ...limits, maxConversationsPerRun: 2_000 },
      onBroken: (id, error) => expect.fail(`${id}: ${String(error)}`)
    })
  }
}

type Stores = ReturnType<typeof createStores>

/** One question with a call of a tool and an answer: small, but real. */
function turnOf(question: string): BaseMessage[] {
  const id = `call_${randomUUID()}`
  return [
    new HumanMessage({ id: randomUUID(), content: question }),
    new AIMessage({ id: randomUUID(), content: '', tool_calls: [{ id, name: 'count', args: {} }] }),
    new ToolMessage({
      tool_call_id: id,
      content: JSON.stringify({ rows: randomUUID().repeat(8) })
    }),
    new AIMessage({ id: randomUUID(), content: `There are ${randomUUID()} devices.` })
  ]
}

async function converse({ registry, checkpointer, results }: Stores, userId: string, turn: number) {
  const runId = randomUUID()
  const question = `How many devices are at site ${turn}?`
  const id = await registry.claim(userId, undefined, runId, question)
  const fence = registry.fenceOf(id, runId)
  const messages = turnOf(question)
  let place = {}
  for (const steps of [1, 2, 4]) {
    const configurable = { ...place, thread_id: id, fence }
    const config = await put(checkpointer, configurable, messages.slice(0, steps))
    place = config.configurable ?? {}
  }
  // Every tenth has a result that is too long to be read at once.
  if (turn % 10 === 3)
    await results.keep({ conversationId: id, fence }, 'r1', randomUUID().repeat(9))
  // Every twentieth replica dies in mid-answer, every fiftieth conversation is deleted by its user.
  if (turn % 20 === 0) return
  await checkpointer.prune(id, fence)
  await registry.release(id, runId)
  if (turn % 50 === 1) await registry.remove(userId, id)
}

async function liveThrough(stores: Stores, day: number): Promise<void> {
  for (let from = 0; from < CONVERSATIONS_PER_DAY; from += SIDE_BY_SIDE) {
    const turns = Array.from(
      { length: Math.min(SIDE_BY_SIDE, CONVERSATIONS_PER_DAY - from) },
      (_, place) => from + place
    )
    await Promise.all(
      turns.map((turn) => {
        const isHeavy = turn % HEAVY_EVERY === 0
        const userId = isHeavy ? `heavy-${turn % HEAVY_USERS}` : `user-${(day + turn) % USERS}`
        return converse(stores, userId, turn)
      })
    )
  }
}

async function count(client: Redis): Promise<Census> {
  const withoutTtl: string[] = []
  let [cursor, keys, bytes] = ['0', 0, 0]
  do {
    const [next, found] = await client.scan(cursor, 'COUNT', 1_000)
    const pipeline = client.pipeline()
    for (const key of found) pipeline.ttl(key).memory('USAGE', key)
    const answers = (await pipeline.exec()) ?? []
    for (const [place, key] of found.entries()) {
      const [ttl, size] = [answers[2 * place]?.[1], answers[2 * place + 1]?.[1]]
      if (ttl === -1) withoutTtl.push(key)
      keys += 1
      bytes += Number(size ?? 0)
    }
    cursor = next
  } while (cursor !== '0')
  const usedBytes = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
  const conversations = await client.zcard(`ai-ops:${DEPLOYMENT}:conversations`)
  return { conversations, keys, bytes, usedBytes, withoutTtl }
}

it('[T10] stays flat after retention with 10,000 conversations in 30 days, and every key has a time to live', {
  timeout: 180_000
}, async () => {
  const clock = createFakeClock(new Date(START))
  const redis = await connectRedis([], undefined, clock.env)
  onTestFinished(async () => {
    await redis.stop()
    clock.remove()
  })
  const { client } = redis
  const [time] = await client.time()
  expect(Math.abs(Number(time) - START / 1_000)).toBeLessThanOrEqual(1)

  const census = new Map<number, Census>()
  let stores = createStores(client, RETENTION_DAYS)
  const total = { deletedByAge: 0, collectedCheckpoints: 0 }
  for (let day = 1; day <= LAST_DAY; day += 1) {
    if (day === LOWERED_ON_DAY) stores = createStores(client, LOWERED_DAYS)
    await liveThrough(stores, day)
    clock.set(new Date(START + day * MS_PER_DAY))
    const report = await stores.cleanup.run(never)
    total.deletedByAge += report.deletedByAge
    total.collectedCheckpoints += report.collectedCheckpoints
    if (CENSUS_DAYS.includes(day)) census.set(day, await count(client))
  }
  const of = (...days: number[]) => days.flatMap((day) => census.get(day) ?? [])

  expect([...census.values()].flatMap(({ withoutTtl }) => withoutTtl)).toEqual([])
  expect(RETENTION_DAYS * CONVERSATIONS_PER_DAY).toBeGreaterThanOrEqual(10_000)
  expectFlat(of(30, 35, 40))
  expectFlat(of(48, 50))
  const [half, full, lowered] = of(15, 30, 50)
  for (const number of NUMBERS) {
    // As much in each half of the month, and half of it with half of the retention.
    expect(ratio(full?.[number], half?.[number])).toBeCloseTo(2, 0)
    expect(ratio(full?.[number], lowered?.[number])).toBeGreaterThan(1.6)
  }
  expect(total.deletedByAge).toBeGreaterThan(4_000)
  // Of each dead replica all but the last.
  expect(total.collectedCheckpoints).toBeGreaterThan(LAST_DAY * 16 * 2 * 0.8)
  for (let user = 0; user < HEAVY_USERS; user += 1) {
    expect((await stores.registry.list(`heavy-${user}`)).length).toBeLessThanOrEqual(
      MAX_CONVERSATIONS_PER_USER
    )
  }
  const size = await stores.cleanup.size()
  expect(ratio(size?.bytes, lowered?.bytes)).toBeGreaterThan(0.8)
  expect(ratio(size?.bytes, lowered?.bytes)).toBeLessThan(1.2)
})

const ratio = (one = Number.NaN, other = Number.NaN) => one / other

/** No number of one day is more than a tenth above that of another. */
function expectFlat(days: readonly Census[]): void {
  expect(days.length).toBeGreaterThan(1)
  for (const number of NUMBERS) {
    const seen = days.map((day) => day[number])
    expect(Math.max(...seen), number).toBeLessThan(Math.min(...seen) * FLAT)
  }
}
