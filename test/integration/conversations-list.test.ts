import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { conversationKeys, SCHEMA_VERSION } from '../../src/conversations/redis-keys.ts'
import { testConversationList } from '../support/conversation-list-suite.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

const MAX_PER_USER = 10

function setUp(leaseMs = 15_000) {
  const deployment = randomUUID()
  const { client } = redis
  const registry = createRedisConversationRegistry({
    client,
    deployment,
    ttlDays: 30,
    maxConversationsPerUser: MAX_PER_USER,
    maxTurns: 10,
    onLost: () => undefined,
    leaseMs,
    heartbeatMs: 3_600_000
  })
  onTestFinished(() => registry.close())
  const checkpointer = new RedisCheckpointer({ client, deployment, ttlDays: 30 })
  const open = async (question: string) => {
    const id = await registry.claim('jane', undefined, 'run-1', question)
    await registry.release(id, 'run-1')
    return id
  }
  const keyOf = (id: string) => conversationKeys(deployment, id)[0]
  return { registry, checkpointer, deployment, open, keyOf }
}

testConversationList(() => setUp())

it('tells of no run whose claim has lapsed', async () => {
  const { registry } = setUp(50)
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  await sleep(80)

  expect((await registry.get('jane', id)).runId).toBeUndefined()
  expect((await registry.list('jane'))[0]?.runId).toBeUndefined()
})

it('lists neither what has expired nor what a newer version wrote, and refuses to touch that', async () => {
  const { registry, open, keyOf } = setUp()
  const [expired, newer, good] = [await open('One?'), await open('Two?'), await open('Three?')]
  await redis.client.del(keyOf(expired))
  await redis.client.hset(keyOf(newer), 'schema', SCHEMA_VERSION + 1)

  expect((await registry.list('jane')).map(({ id }) => id)).toEqual([good])
  for (const change of [
    () => registry.get('jane', newer),
    () => registry.rename('jane', newer, 'Mine'),
    () => registry.remove('jane', newer)
  ]) {
    await expect(change()).rejects.toMatchObject({ code: 'CONVERSATION_TOO_NEW' })
  }
  await expect(registry.get('jane', expired)).rejects.toMatchObject({
    code: 'CONVERSATION_NOT_FOUND'
  })
})

it('shows a conversation that an earlier version left without a title', async () => {
  const { registry, open, keyOf } = setUp()
  const id = await open('One?')
  await redis.client.hdel(keyOf(id), 'title')
  expect((await registry.get('jane', id)).title).toBe('Untitled conversation')
  await registry.claim('jane', id, 'run-2', 'Two?')

  expect((await registry.get('jane', id)).title).toBe('Two?')
})

it('adds no key for a title, and leaves nothing of a deleted conversation but its tombstone', async () => {
  const { registry, deployment, open, keyOf } = setUp()
  const id = await open('One?')
  await registry.rename('jane', id, 'Other')
  expect(await redis.client.keys(`ai-ops:${deployment}:*`)).toHaveLength(3)
  await registry.remove('jane', id)

  expect(await redis.client.keys(`ai-ops:${deployment}:*`)).toEqual([keyOf(id)])
  expect(await redis.client.ttl(keyOf(id))).toBeGreaterThan(0)
})

it('lists as many as a user can have', async () => {
  const { registry, open } = setUp()
  for (let asked = 0; asked < MAX_PER_USER + 1; asked += 1) await open(`Question ${asked}?`)

  const titles = (await registry.list('jane')).map(({ title }) => title)
  expect(titles).toHaveLength(MAX_PER_USER)
})
