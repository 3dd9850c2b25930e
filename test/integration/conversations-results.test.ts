import { randomUUID } from 'node:crypto'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { conversationKeys } from '../../src/conversations/redis-keys.ts'
import { createRedisResultStore } from '../../src/conversations/redis-result-store.ts'
import { createCheckpoints, put } from '../support/checkpoint-fixture.ts'
import { connectRedis } from '../support/redis-connection.ts'
import {
  MAX_BYTES_PER_CONVERSATION,
  noise,
  testResultStore
} from '../support/result-store-suite.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

function setUp(deployment: string = randomUUID()) {
  const { client } = redis
  const registry = createRedisConversationRegistry({
    ...{ client, deployment, ttlDays: 30, maxConversationsPerUser: 10, maxTurns: 10 },
    onLost: () => undefined
  })
  onTestFinished(() => registry.close())
  const store = createRedisResultStore({
    ...{ client, deployment, ttlDays: 30, patienceMs: 0 },
    maxBytesPerConversation: MAX_BYTES_PER_CONVERSATION
  })
  const open = async () => {
    const conversationId = await registry.claim('jane', undefined, 'run-1', 'Hello')
    return { conversationId, fence: registry.fenceOf(conversationId, 'run-1') }
  }
  const { checkpointer } = createCheckpoints(client, deployment)
  return { deployment, registry, store, open, checkpointer }
}

testResultStore(setUp)

it('keeps all results of a conversation under one key that lives as long as the conversation', async () => {
  const { deployment, store, open, checkpointer } = setUp()
  const place = await open()
  const before = await redis.client.keys(`ai-ops:${deployment}:*`)
  for (let n = 0; n < 5; n += 1) await store.keep(place, `r${n}`, noise(1_000))
  const after = await redis.client.keys(`ai-ops:${deployment}:*`)
  const [added = ''] = after.filter((key) => !before.includes(key))
  expect(after).toHaveLength(before.length + 1)
  expect(conversationKeys(deployment, place.conversationId)).toContain(added)

  await redis.client.expire(added, 100)
  const { conversationId: thread_id, fence } = place
  await put(checkpointer, { thread_id, fence }, [])
  expect(await redis.client.ttl(added)).toBeGreaterThan(29 * 86_400)
})

it('deletes results with their conversation, and keeps none of a deleted one', async () => {
  const { deployment, registry, store, open } = setUp()
  const place = await open()
  await store.keep(place, 'r1', 'canary '.repeat(100))
  await registry.remove('jane', place.conversationId)

  const left = await redis.client.keys(`ai-ops:${deployment}:results:*`)
  expect(left).toEqual([])
  await expect(store.keep(place, 'r2', 'late')).rejects.toMatchObject({
    code: 'CONVERSATION_NOT_FOUND'
  })
})

it('keeps nothing for a run whose conversation was taken over', async () => {
  const { store, open } = setUp()
  const { conversationId } = await open()

  await expect(store.keep({ conversationId, fence: '0' }, 'r1', 'late')).rejects.toMatchObject({
    code: 'CONVERSATION_TAKEN_OVER'
  })
  expect(await store.read({ conversationId, fence: undefined }, 'r1')).toBeUndefined()
})
