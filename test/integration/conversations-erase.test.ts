import { randomUUID } from 'node:crypto'
import { HumanMessage } from '@langchain/core/messages'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { createConversations } from '../../src/conversations/conversations.ts'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { AppError } from '../../src/errors.ts'
import { put } from '../support/checkpoint-fixture.ts'
import { createCaller, startApp } from '../support/http-app.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

const deployment = randomUUID()

/** Registry, checkpoints and HTTP of one replica; alice may erase, bob may not. */
async function startReplica(maxConversationsPerUser = 100) {
  const client = await redis.connect()
  const registry = createRedisConversationRegistry({
    ...{ client, deployment, ttlDays: 30, maxConversationsPerUser, maxTurns: 10 },
    onLost: () => undefined
  })
  const checkpointer = new RedisCheckpointer({ client, deployment, ttlDays: 30 })
  const app = await startApp({
    conversations: createConversations({ registry, checkpointer, stopRun: async () => undefined }),
    authenticate: async (authorization, access) => {
      const name = authorization?.includes('alice') ? 'alice' : 'bob'
      if (access === 'erase' && name !== 'alice') throw new AppError('FORBIDDEN', 'Needs erase.')
      return createCaller(name)
    }
  })
  onTestFinished(async () => {
    registry.close()
    await app.stop()
  })
  const erase = (userId: string, by: 'alice' | 'bob') =>
    fetch(`${app.url}/api/v1/users/${userId}/conversations`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${by}-token` }
    })
  return { registry, checkpointer, erase }
}

it('erases what a user has said, through a replica that has never seen this user', async () => {
  const writer = await startReplica()
  const eraser = await startReplica(2)
  const ids: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const id = await writer.registry.claim('id-bob', undefined, `run-${i}`, `canary ${i}`)
    await put(writer.checkpointer, { thread_id: id }, [new HumanMessage(`canary ${i}`)])
    // The last one is being answered.
    if (i < 4) await writer.registry.release(id, `run-${i}`)
    ids.push(id)
  }
  const other = await writer.registry.claim('id-carol', undefined, 'run-9', 'Hello')

  expect((await eraser.erase('id-bob', 'bob')).status).toBe(403)
  expect(await writer.registry.list('id-bob')).toHaveLength(5)
  const response = await eraser.erase('id-bob', 'alice')

  expect([response.status, await response.json()]).toEqual([200, { deleted: 5 }])
  expect(await writer.registry.list('id-bob')).toEqual([])
  expect((await writer.registry.list('id-carol')).map(({ id }) => id)).toEqual([other])
  for (const id of ids) {
    await expect(
      put(writer.checkpointer, { thread_id: id }, [new HumanMessage('canary')])
    ).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
  }
  expect(await redis.client.keys('*id-bob*')).toEqual([])
})
