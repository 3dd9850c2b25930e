import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { HumanMessage } from '@langchain/core/messages'
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint'
import { afterAll, expect, it, onTestFinished, vi } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import {
  createRedisConversationRegistry,
  type RedisConversationRegistryOptions
} from '../../src/conversations/redis-conversation-registry.ts'
import { conversationKeys, userKey } from '../../src/conversations/redis-keys.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

const LEASE_MS = 400
const HEARTBEAT_MS = 100

function setUp(options: Partial<RedisConversationRegistryOptions> = {}) {
  const deployment = options.deployment ?? randomUUID()
  const onLost = vi.fn<RedisConversationRegistryOptions['onLost']>()
  const registry = createRedisConversationRegistry({
    client: redis.client,
    deployment,
    ttlDays: 30,
    maxConversationsPerUser: 10,
    maxTurns: 10,
    onLost,
    leaseMs: LEASE_MS,
    heartbeatMs: HEARTBEAT_MS,
    ...options
  })
  onTestFinished(() => registry.close())
  const checkpointer = new RedisCheckpointer({ client: redis.client, deployment, ttlDays: 30 })
  return { registry, deployment, onLost, checkpointer }
}

/** A replica whose heartbeat is dead. */
const frozen = { heartbeatMs: 3_600_000 }

it('keeps a conversation for its owner beyond the process that opened it', async () => {
  const first = setUp()
  const id = await first.registry.claim('jane', undefined, 'run-1', 'Hello')
  await first.registry.release(id, 'run-1')
  const other = setUp({ deployment: first.deployment }).registry

  expect(await other.claim('jane', id, 'run-2', 'Hello')).toBe(id)
})

it.each([['foreign'], ['unknown'], ['deleted'], ['impossible']])(
  'does not find a conversation that is %s',
  async (kind) => {
    const { registry, checkpointer } = setUp()
    const foreign = await registry.claim('jane', undefined, 'run-1', 'Hello')
    await registry.release(foreign, 'run-1')
    const deleted = await registry.claim('john', undefined, 'run-2', 'Hello')
    await checkpointer.deleteThread(deleted)
    const wanted = { foreign, deleted, unknown: randomUUID(), impossible: 'a\nb' }[kind]

    await expect(registry.claim('john', wanted, 'run-3', 'Hello')).rejects.toMatchObject({
      code: 'CONVERSATION_NOT_FOUND',
      message: 'There is no such conversation of yours.'
    })
  }
)

it('has one run at a time, on every replica, and names it', async () => {
  const { registry, deployment } = setUp()
  const other = setUp({ deployment }).registry
  const id = await registry.claim('jane', undefined, 'run-0', 'Hello')
  await registry.release(id, 'run-0')

  const claims = ['run-1', 'run-2', 'run-3', 'run-4'].map((runId, place) =>
    (place % 2 ? other : registry).claim('jane', id, runId, 'Hello').then(
      () => runId,
      (error: unknown) => error
    )
  )
  const outcomes = await Promise.all(claims)

  const winners = outcomes.filter((outcome) => typeof outcome === 'string')
  expect(winners).toHaveLength(1)
  const losers = outcomes.filter((outcome) => typeof outcome !== 'string')
  expect(losers).toEqual(
    Array(3).fill(
      expect.objectContaining({ code: 'CONVERSATION_BUSY', details: { runId: winners[0] } })
    )
  )
})

it('gives every claim a greater fence, and tells only the run that has it', async () => {
  const { registry } = setUp()
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  const first = registry.fenceOf(id, 'run-1')
  await registry.release(id, 'run-1')
  expect(registry.fenceOf(id, 'run-1')).toBeUndefined()
  await registry.claim('jane', id, 'run-2', 'Hello')

  expect(Number(registry.fenceOf(id, 'run-2'))).toBe(Number(first) + 1)
  expect(registry.fenceOf(id, 'run-1')).toBeUndefined()
})

it('holds a claim far beyond its lease while the heart beats', async () => {
  const { registry, deployment } = setUp()
  const other = setUp({ deployment }).registry
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  await sleep(2.5 * LEASE_MS)

  await expect(other.claim('jane', id, 'run-2', 'Hello')).rejects.toMatchObject({
    code: 'CONVERSATION_BUSY'
  })
})

it('lets a lapsed claim be taken, refuses what its holder still writes and tells it', async () => {
  const { registry, deployment, checkpointer, onLost } = setUp({ heartbeatMs: 3 * LEASE_MS })
  const other = setUp({ deployment })
  const id = await registry.claim('jane', undefined, 'frozen', 'Hello')
  const fence = registry.fenceOf(id, 'frozen')
  await sleep(LEASE_MS + 50)
  await other.registry.claim('jane', id, 'next', 'Hello')

  const checkpoint = { ...emptyCheckpoint(), channel_values: { messages: [new HumanMessage('q')] } }
  const meta = { source: 'input', step: -1, parents: {} } as const
  const late = checkpointer.put({ configurable: { thread_id: id, fence } }, checkpoint, meta, {})
  await expect(late).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), 5 * LEASE_MS)
  expect(onLost.mock.lastCall).toMatchObject([
    { id, runId: 'frozen', fence },
    { code: 'CONVERSATION_TAKEN_OVER' }
  ])
  expect(registry.fenceOf(id, 'frozen')).toBeUndefined()
  // What the run that lost it releases is not the claim of the one that has it.
  await registry.release(id, 'frozen')
  await expect(registry.claim('jane', id, 'third', 'Hello')).rejects.toMatchObject({
    details: { runId: 'next' }
  })
})

it('tells the run when its conversation is deleted under it', async () => {
  const { registry, checkpointer, onLost } = setUp()
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  await checkpointer.deleteThread(id)

  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), { timeout: 5_000 })
  expect(onLost.mock.lastCall).toMatchObject([
    { id, runId: 'run-1' },
    { code: 'CONVERSATION_NOT_FOUND' }
  ])
})

it('answers the next claim after the release before it, also when nobody waited for that', async () => {
  const { registry } = setUp()
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  const released = registry.release(id, 'run-1')

  expect(await registry.claim('jane', id, 'run-2', 'Hello')).toBe(id)
  await released
})

it('gives the claim again to the run that has it, when its answer was lost', async () => {
  const { registry, deployment } = setUp()
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  const fence = registry.fenceOf(id, 'run-1')
  const other = setUp({ deployment }).registry

  await other.claim('jane', id, 'run-1', 'Hello')
  expect(other.fenceOf(id, 'run-1')).toBe(fence)
})

it('ends a conversation at its limit of questions', async () => {
  const { registry } = setUp({ maxTurns: 2 })
  const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
  await registry.release(id, 'run-1')
  await registry.claim('jane', id, 'run-2', 'Hello')
  await registry.release(id, 'run-2')

  await expect(registry.claim('jane', id, 'run-3', 'Hello')).rejects.toMatchObject({
    code: 'CONVERSATION_FULL'
  })
})

it("makes room with the user's own oldest conversation that is not being answered", async () => {
  const { registry, deployment } = setUp({ maxConversationsPerUser: 2, ...frozen })
  const john = await registry.claim('john', undefined, 'run-0', 'Hello')
  await registry.release(john, 'run-0')
  const busy = await registry.claim('jane', undefined, 'run-1', 'Hello')
  const idle = await registry.claim('jane', undefined, 'run-2', 'Hello')
  await registry.release(idle, 'run-2')

  const third = await registry.claim('jane', undefined, 'run-3', 'Hello')

  const mine = await redis.client.zrange(userKey(deployment, 'jane'), 0, '-1')
  expect([...mine].sort()).toEqual([busy, third].sort())
  await expect(registry.claim('jane', idle, 'run-4', 'Hello')).rejects.toMatchObject({
    code: 'CONVERSATION_NOT_FOUND'
  })
  expect(await registry.claim('john', john, 'run-5', 'Hello')).toBe(john)
  await expect(registry.claim('jane', undefined, 'run-6', 'Hello')).rejects.toMatchObject({
    code: 'TOO_MANY_RUNS'
  })
})

it('strikes off conversations that have expired before it lets living ones go', async () => {
  const { registry, deployment } = setUp({ maxConversationsPerUser: 2 })
  const old = await registry.claim('jane', undefined, 'run-1', 'Hello')
  // Conversations of the same millisecond have no order.
  await sleep(5)
  const other = await registry.claim('jane', undefined, 'run-2', 'Hello')
  await registry.release(other, 'run-2')
  await redis.client.del(...conversationKeys(deployment, old).slice(0, 4))

  await registry.claim('jane', undefined, 'run-3', 'Hello')

  expect(await registry.claim('jane', other, 'run-4', 'Hello')).toBe(other)
})

it('gives every key of a claim a time to live', async () => {
  const { registry, deployment } = setUp()
  await registry.claim('jane', undefined, 'run-1', 'Hello')

  const keys = await redis.client.keys(`ai-ops:${deployment}:*`)
  const left = await Promise.all(keys.map((key) => redis.client.ttl(key)))
  expect(keys).toHaveLength(4)
  expect(Math.min(...left)).toBeGreaterThan(0)
})

it('keeps a claim through a short absence of Redis, and releases without it', async () => {
  const own = await connectRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
  const { registry, onLost } = setUp({ client: own.client, leaseMs: 5_000 })
  try {
    const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
    await own.server.kill()
    await sleep(3 * HEARTBEAT_MS)
    await expect(registry.claim('jane', undefined, 'run-2', 'Hello')).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE'
    })
    expect(onLost).not.toHaveBeenCalled()
    expect(registry.fenceOf(id, 'run-1')).toBe('1')
    await registry.release(id, 'run-1')
    await own.server.start()
  } finally {
    registry.close()
    await own.stop()
  }
})

it('opens a conversation for a user who has more than a limit that was lowered', async () => {
  const before = setUp({ maxConversationsPerUser: 10 })
  for (let i = 0; i < 8; i += 1) {
    const id = await before.registry.claim('jane', undefined, `run-${i}`, 'Hello')
    await before.registry.release(id, `run-${i}`)
  }
  const { registry } = setUp({ deployment: before.deployment, maxConversationsPerUser: 2 })

  const opened = await Promise.all([
    registry.claim('jane', undefined, 'run-8', 'Hello'),
    registry.claim('jane', undefined, 'run-9', 'Hello')
  ])

  const ids = (await before.registry.list('jane')).map(({ id }) => id)
  expect(ids).toHaveLength(8)
  expect(ids).toEqual(expect.arrayContaining(opened))
})
