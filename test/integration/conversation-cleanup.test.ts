import { randomUUID } from 'node:crypto'
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import {
  createRedisConversationCleanup,
  type RedisConversationCleanupOptions
} from '../../src/conversations/redis-conversation-cleanup.ts'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import {
  cleanupKey,
  conversationKeys,
  indexKey,
  userKey
} from '../../src/conversations/redis-keys.ts'
import { idsOf, messagesOf, put, texts } from '../support/checkpoint-fixture.ts'
import { ask, createConversationGraph } from '../support/conversation-graph.ts'
import { connectRedis } from '../support/redis-connection.ts'

const MS_PER_DAY = 86_400_000

const redis = await connectRedis()
afterAll(() => redis.stop())

const never = new AbortController().signal

function setUp(options: Partial<RedisConversationCleanupOptions> = {}) {
  const deployment = randomUUID()
  const common = { client: redis.client, deployment, ttlDays: 30 }
  const registry = createRedisConversationRegistry({
    ...common,
    maxConversationsPerUser: 1_000,
    maxTurns: 10,
    onLost: () => undefined
  })
  onTestFinished(() => registry.close())
  const checkpointer = new RedisCheckpointer(common)
  const broken: string[] = []
  const cleanup = createRedisConversationCleanup({
    ...common,
    maxConversationsPerUser: 1_000,
    onBroken: (id) => broken.push(id),
    ...options
  })

  /** A conversation with one answered question; `release` false: it is still being answered. */
  async function converse(userId: string, { release = true, isPruned = true } = {}) {
    const runId = randomUUID()
    const id = await registry.claim(userId, undefined, runId, 'How many?')
    const fence = registry.fenceOf(id, runId)
    const config = await put(checkpointer, { thread_id: id, fence }, [
      new HumanMessage('How many?')
    ])
    await put(checkpointer, { ...config.configurable, fence }, [
      new HumanMessage('How many?'),
      new AIMessage('Twelve.')
    ])
    if (isPruned) await checkpointer.prune(id, fence)
    if (release) await registry.release(id, runId)
    return id
  }

  /** As if its newest question had been asked so many days ago. */
  const age = (userId: string, id: string, days: number) =>
    redis.client.zincrby(userKey(deployment, userId), -days * MS_PER_DAY, id)
  const idsKept = (userId: string) =>
    registry.list(userId).then((all) => all.map(({ id }) => id).sort())
  return { deployment, registry, checkpointer, cleanup, broken, converse, age, idsKept }
}

it('deletes what is older than the retention of today, whatever its time to live was when it was written', async () => {
  const { deployment, cleanup, converse, age, idsKept } = setUp({ ttlDays: 7 })
  const old = await converse('jane')
  const recent = await converse('jane')
  await age('jane', old, 7.01)
  await age('jane', recent, 6.99)
  expect(await redis.client.ttl(conversationKeys(deployment, old)[0])).toBeGreaterThan(29 * 86_400)
  const [, checkpoints, contents] = conversationKeys(deployment, old)
  const bytes = await bytesOf(conversationKeys(deployment, old).slice(0, 4))

  const report = await cleanup.run(never)

  expect(report).toMatchObject({ lookedAt: 2, deletedByAge: 1, isComplete: true })
  expect(report.freedBytes).toBe(bytes)
  expect(await idsKept('jane')).toEqual([recent])
  expect(await redis.client.exists(checkpoints, contents)).toBe(0)
  expect(await redis.client.zrange(indexKey(deployment), 0, '-1')).toEqual([recent])
})

async function bytesOf(keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    keys.map((key) => redis.client.memory('USAGE', key, 'SAMPLES', 0))
  )
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}

it('refuses what a run still writes to a conversation that was deleted by age', async () => {
  const { cleanup, checkpointer, converse, age } = setUp()
  const id = await converse('jane')
  await age('jane', id, 31)
  await cleanup.run(never)

  await expect(
    put(checkpointer, { thread_id: id }, [new HumanMessage('Late')])
  ).rejects.toMatchObject({
    code: 'CONVERSATION_NOT_FOUND'
  })
})

it('deletes the oldest conversations of a user who has more than there may be', async () => {
  const { cleanup, converse, age, idsKept } = setUp({ maxConversationsPerUser: 2 })
  const janes: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const id = await converse('jane')
    await age('jane', id, i)
    janes.push(id)
  }
  const johns = [await converse('john'), await converse('john')]

  expect(await cleanup.run(never)).toMatchObject({
    lookedAt: 7,
    deletedBeyondLimit: 3,
    deletedByAge: 0
  })
  expect(await idsKept('jane')).toEqual(janes.slice(0, 2).sort())
  expect(await idsKept('john')).toEqual(johns.sort())
})

it('never touches a conversation that is being answered', async () => {
  const { cleanup, converse, age, checkpointer, idsKept } = setUp({ maxConversationsPerUser: 1 })
  const old = await converse('jane', { release: false, isPruned: false })
  await age('jane', old, 40)
  const beyond = await converse('jane', { release: false, isPruned: false })
  await age('jane', beyond, 1)
  const newest = await converse('jane')
  const before = await idsOf(checkpointer, beyond)

  expect(await cleanup.run(never)).toMatchObject({
    lookedAt: 3,
    deletedByAge: 0,
    deletedBeyondLimit: 0,
    collectedCheckpoints: 0
  })
  expect(await idsKept('jane')).toEqual([old, beyond, newest].sort())
  expect(await idsOf(checkpointer, beyond)).toEqual(before)
})

it('collects what a dead run has left behind, and lets it live no longer', async () => {
  const { deployment, cleanup, checkpointer, registry } = setUp()
  const id = await registry.claim('jane', undefined, 'dead', 'How many?')
  const fence = registry.fenceOf(id, 'dead')
  await ask(createConversationGraph({ checkpointer }), { thread_id: id, fence }, 'How many?')
  const left = await idsOf(checkpointer, id)
  const said = texts(await messagesOf(checkpointer, { thread_id: id }))
  const [conversation, ...others] = conversationKeys(deployment, id).slice(0, 4)
  await redis.client.hset(conversation ?? '', 'lease', 1)
  for (const key of [conversation ?? '', ...others]) await redis.client.expire(key, 1_000)

  const report = await cleanup.run(never)

  expect(report).toMatchObject({ lookedAt: 1, collectedCheckpoints: left.length - 1 })
  expect(report.freedBytes).toBeGreaterThan(0)
  expect(await idsOf(checkpointer, id)).toHaveLength(1)
  expect(texts(await messagesOf(checkpointer, { thread_id: id }))).toEqual(said)
  for (const key of [conversation ?? '', ...others]) {
    expect(await redis.client.ttl(key)).toBeLessThanOrEqual(1_000)
  }
  expect(await cleanup.run(never)).toMatchObject({ collectedCheckpoints: 0, freedBytes: 0 })
})

it('collects the content of a write that came second', async () => {
  const { deployment, cleanup, checkpointer, converse } = setUp()
  const id = await converse('jane')
  const head = (await checkpointer.getTuple({ configurable: { thread_id: id } }))?.config ?? {}
  await checkpointer.putWrites(head, [['messages', [new AIMessage('first')]]], 'task')
  await checkpointer.putWrites(head, [['messages', [new AIMessage('second')]]], 'task')
  const [, , contents] = conversationKeys(deployment, id)
  expect(await redis.client.hlen(contents)).toBe(4)

  expect(await cleanup.run(never)).toMatchObject({ collectedContents: 1 })
  expect(await redis.client.hlen(contents)).toBe(3)
  const tuple = await checkpointer.getTuple({ configurable: { thread_id: id } })
  expect(JSON.stringify(tuple?.pendingWrites)).toContain('first')
})

it('strikes expired conversations off the index and off the lists of users', async () => {
  const { deployment, cleanup, converse, idsKept } = setUp()
  const expired = [await converse('jane'), await converse('jane')]
  const kept = await converse('jane')
  for (const id of expired) await redis.client.del(...conversationKeys(deployment, id).slice(0, 4))

  expect(await cleanup.run(never)).toMatchObject({ lookedAt: 3, struckOff: 4 })
  expect(await redis.client.zrange(indexKey(deployment), 0, '-1')).toEqual([kept])
  expect(await redis.client.zrange(userKey(deployment, 'jane'), 0, '-1')).toEqual([kept])
  expect(await idsKept('jane')).toEqual([kept])
})

it('does bounded work, and goes on where the last run ended, in another replica too', async () => {
  const { deployment, cleanup, converse, age } = setUp({ maxConversationsPerRun: 25 })
  const ids: string[] = []
  for (let i = 0; i < 60; i += 1) ids.push(await converse(`user-${i % 7}`))
  // All at the same place of the index, as conversations of the same millisecond are.
  for (const id of ids) await redis.client.zadd(indexKey(deployment), Date.now() + 1e9, id)
  for (const i of [5, 30, 55]) await age(`user-${i % 7}`, ids[i] ?? '', 31)
  const other = createRedisConversationCleanup({
    client: await redis.connect(),
    ...{ deployment, ttlDays: 30, maxConversationsPerUser: 1_000, maxConversationsPerRun: 25 },
    onBroken: () => undefined
  })

  const first = await cleanup.run(never)
  const second = await other.run(never)
  expect(await cleanup.size()).toBeUndefined()
  const third = await cleanup.run(never)

  expect([first, second, third].map(({ lookedAt }) => lookedAt)).toEqual([25, 25, 10])
  expect([first, second, third].map(({ isComplete }) => isComplete)).toEqual([false, false, true])
  const deleted = [first, second, third].reduce((sum, report) => sum + report.deletedByAge, 0)
  expect(deleted).toBe(3)
  expect(await other.size()).toMatchObject({ conversations: 57 })
  expect(await redis.client.ttl(cleanupKey(deployment))).toBeGreaterThan(0)
})

it('measures what all conversations take, once it has seen each', async () => {
  const { deployment, cleanup, converse } = setUp()
  const ids = [await converse('jane'), await converse('john'), await converse('jane')]
  await cleanup.run(never)

  const keys = ids.flatMap((id) => conversationKeys(deployment, id).slice(0, 4))
  const size = await cleanup.size()
  expect(size).toMatchObject({ conversations: 3, bytes: await bytesOf(keys) })
})

it('stops when it is told to, and goes on there', async () => {
  const { cleanup, converse, deployment } = setUp()
  for (let i = 0; i < 50; i += 1) await converse(`user-${i}`)
  const stop = new AbortController()
  const monitor = await redis.client.monitor()
  monitor.on('monitor', (_time, args: string[]) => {
    if (args.includes(cleanupKey(deployment)) && args[0]?.startsWith('EVAL'))
      stop.abort(new Error('stop'))
  })

  await expect(cleanup.run(stop.signal)).rejects.toThrow('stop')
  monitor.disconnect()

  const { lookedAt, isComplete } = await cleanup.run(never)
  expect(isComplete).toBe(true)
  expect(lookedAt).toBeLessThan(50)
  expect(lookedAt).toBeGreaterThan(0)
})

it('passes over a conversation that a newer version wrote, or that no script can read', async () => {
  const { deployment, cleanup, broken, converse, age } = setUp()
  const newer = await converse('jane')
  const unreadable = await converse('jane', { isPruned: false })
  const old = await converse('jane')
  await redis.client.hset(conversationKeys(deployment, newer)[0], 'schema', 99)
  const [, checkpoints] = conversationKeys(deployment, unreadable)
  await redis.client.hset(checkpoints, 'r\n\nx', '{')
  await age('jane', old, 31)

  expect(await cleanup.run(never)).toMatchObject({ lookedAt: 3, deletedByAge: 1, isComplete: true })
  expect(broken.sort()).toEqual([newer, unreadable].sort())
})

it('frees a Redis that is full', async () => {
  const full = await connectRedis()
  onTestFinished(() => full.stop())
  const deployment = randomUUID()
  const common = { client: full.client, deployment, ttlDays: 30 }
  const limits = { maxConversationsPerUser: 1_000, maxTurns: 10 }
  const registry = createRedisConversationRegistry({
    ...common,
    ...limits,
    onLost: () => undefined
  })
  onTestFinished(() => registry.close())
  const checkpointer = new RedisCheckpointer(common)
  for (let i = 0; i < 30; i += 1) {
    const id = await registry.claim('jane', undefined, `run-${i}`, 'Hello')
    await put(checkpointer, { thread_id: id }, [new HumanMessage(randomUUID().repeat(50))])
    await put(checkpointer, { thread_id: id }, [new HumanMessage('x')])
    await registry.release(id, `run-${i}`)
    if (i % 2) await full.client.zincrby(userKey(deployment, 'jane'), -31 * MS_PER_DAY, id)
  }
  await full.client.config('SET', 'maxmemory', '100kb')
  const write = () => put(checkpointer, { thread_id: randomUUID() }, [new HumanMessage('x')])
  await expect(write()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })

  const cleanup = createRedisConversationCleanup({
    ...common,
    ...limits,
    onBroken: () => undefined
  })
  expect(await cleanup.run(never)).toMatchObject({
    lookedAt: 30,
    deletedByAge: 15,
    collectedCheckpoints: 15,
    isComplete: true
  })
})
