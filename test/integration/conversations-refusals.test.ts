import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { uuid6 } from '@langchain/langgraph-checkpoint'
import { afterAll, expect, it } from 'vitest'
import { conversationKeys, SCHEMA_VERSION } from '../../src/conversations/redis-keys.ts'
import {
  checkpointOf,
  createCheckpoints,
  idsOf,
  META,
  messagesOf,
  put,
  texts
} from '../support/checkpoint-fixture.ts'
import { ask, createConversationGraph } from '../support/conversation-graph.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

it('refuses what an older claim still writes, whatever it is', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const [conversation] = conversationKeys(deployment, threadId)
  await redis.client.hset(conversation, { fence: 2 })
  const stale = { thread_id: threadId, fence: 1 }
  const current = await put(checkpointer, { thread_id: threadId, fence: 2 }, [
    new HumanMessage('q')
  ])
  const refusal = { code: 'CONVERSATION_TAKEN_OVER' }

  await expect(put(checkpointer, stale, [])).rejects.toMatchObject(refusal)
  const writing = checkpointer.putWrites(
    { configurable: { ...current.configurable, fence: 1 } },
    [['a', 1]],
    't'
  )
  await expect(writing).rejects.toMatchObject(refusal)
  await expect(checkpointer.prune(threadId, 1)).rejects.toMatchObject(refusal)
  expect(await idsOf(checkpointer, threadId)).toEqual([current.configurable?.checkpoint_id])
  expect(current.configurable?.fence).toBe('2')
})

it('carries the fence through every write of a graph', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const [conversation] = conversationKeys(deployment, threadId)
  await redis.client.hset(conversation, { fence: 7 })
  const graph = createConversationGraph({ checkpointer })
  const mine = { thread_id: threadId, fence: 7 }
  await ask(graph, mine, 'one')
  await redis.client.hset(conversation, { fence: 8 })

  const refusal = { code: 'CONVERSATION_TAKEN_OVER' }
  await expect(ask(graph, mine, 'two')).rejects.toMatchObject(refusal)
  const update = graph.updateState({ configurable: mine }, { messages: [new AIMessage('late')] })
  await expect(update).rejects.toMatchObject(refusal)
  expect(await messagesOf(checkpointer, { thread_id: threadId })).toHaveLength(4)
})

it('writes nothing to a deleted conversation, and finds nothing in it', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const config = await put(checkpointer, { thread_id: threadId }, [new HumanMessage('q')])
  await checkpointer.deleteThread(threadId)
  await checkpointer.deleteThread(threadId)
  const refusal = { code: 'CONVERSATION_NOT_FOUND' }

  await expect(put(checkpointer, { thread_id: threadId }, [])).rejects.toMatchObject(refusal)
  await expect(checkpointer.putWrites(config, [['a', 1]], 't')).rejects.toMatchObject(refusal)
  expect(await checkpointer.getTuple(config)).toBeUndefined()
  expect(await idsOf(checkpointer, threadId)).toEqual([])
  const [conversation, ...rest] = conversationKeys(deployment, threadId)
  expect(await redis.client.exists(...rest)).toBe(0)
  expect(await redis.client.ttl(conversation)).toBeGreaterThan(0)
})

it('refuses a conversation that a newer version wrote', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const config = await put(checkpointer, { thread_id: threadId }, [new HumanMessage('q')])
  const [conversation] = conversationKeys(deployment, threadId)
  await redis.client.hset(conversation, { schema: SCHEMA_VERSION + 1 })
  const refusal = { code: 'CONVERSATION_TOO_NEW', message: expect.stringContaining(`form 2`) }

  await expect(checkpointer.getTuple(config)).rejects.toMatchObject(refusal)
  await expect(put(checkpointer, { thread_id: threadId }, [])).rejects.toMatchObject(refusal)
  await expect(checkpointer.deleteThread(threadId)).rejects.toMatchObject(refusal)
})

it('never changes a checkpoint: a second put of its id is a repeated first', async () => {
  const { checkpointer, threadId } = createCheckpoints(redis.client)
  const id = uuid6(0)
  const base = { configurable: { thread_id: threadId } }
  const versions = { messages: 1 }
  const own = { configurable: { thread_id: threadId, checkpoint_id: id } }
  await checkpointer.put(own, checkpointOf([new HumanMessage('first')], id), META, versions)
  const child = await put(checkpointer, { thread_id: threadId, checkpoint_id: id }, [
    new HumanMessage('first'),
    new AIMessage('answer')
  ])
  await checkpointer.put(base, checkpointOf([new HumanMessage('other')], id), META, versions)

  const history = await messagesOf(checkpointer, { thread_id: threadId })
  expect(texts(history)).toHaveLength(2)
  expect(await checkpointer.getTuple(own)).not.toHaveProperty('parentConfig')
  expect((await checkpointer.getTuple(base))?.config).toEqual(child)
})

it('prunes parents that lead in a circle', async () => {
  const { checkpointer, threadId } = createCheckpoints(redis.client)
  const [one, two] = [uuid6(0), uuid6(1)]
  const at = (checkpoint_id: string) => ({ configurable: { thread_id: threadId, checkpoint_id } })
  const versions = { messages: 1 }
  await checkpointer.put(at(two), checkpointOf([], one), META, versions)
  await checkpointer.put(at(one), checkpointOf([], two), META, versions)
  await put(checkpointer, { thread_id: threadId, checkpoint_id: two }, [new HumanMessage('q')])

  expect(await checkpointer.prune(threadId)).toMatchObject({ checkpoints: 2 })
})

it.each(['', 'line\nbreak', 'x'.repeat(257), 7])(
  'refuses the conversation id %j before it asks Redis',
  async (thread_id) => {
    const { checkpointer } = createCheckpoints(redis.client)
    await expect(put(checkpointer, { thread_id }, [])).rejects.toThrow(/thread_id/)
    await expect(checkpointer.getTuple({ configurable: { thread_id } })).rejects.toThrow(
      /thread_id/
    )
  }
)

it('says that Redis is unavailable when it is full, read-only or gone', async () => {
  const own = await connectRedis()
  try {
    const { checkpointer, threadId } = createCheckpoints(own.client)
    const config = await put(checkpointer, { thread_id: threadId }, [new HumanMessage('q')])
    const refusal = { code: 'REDIS_UNAVAILABLE' }
    await own.client.config('SET', 'maxmemory', '1mb')
    await own.client.config('SET', 'maxmemory-policy', 'noeviction')
    await expect(put(checkpointer, { thread_id: threadId }, [])).rejects.toMatchObject(refusal)
    expect(await checkpointer.getTuple(config)).toBeDefined()
    await own.client.config('SET', 'maxmemory', '0')
    await own.client.replicaof('127.0.0.1', '1')
    await expect(put(checkpointer, { thread_id: threadId }, [])).rejects.toMatchObject(refusal)
    await own.server.kill()
    await expect(checkpointer.getTuple(config)).rejects.toMatchObject(refusal)
  } finally {
    await own.stop()
  }
})

it('keeps what was acknowledged when Redis is killed and comes back', async () => {
  const own = await connectRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
  try {
    const { checkpointer, threadId, deployment } = createCheckpoints(own.client)
    await put(checkpointer, { thread_id: threadId }, [new HumanMessage('acknowledged')])
    await own.server.kill()
    await own.server.start()
    const after = createCheckpoints(await own.connect(), deployment).checkpointer

    expect(texts(await messagesOf(after, { thread_id: threadId }))).toEqual(['human: acknowledged'])
  } finally {
    await own.stop()
  }
})
