import { randomUUID } from 'node:crypto'
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import { afterAll, expect, it, vi } from 'vitest'
import { MemoryCheckpointer } from '../../src/conversations/memory-checkpointer.ts'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { conversationKeys, SCHEMA_VERSION } from '../../src/conversations/redis-keys.ts'
import { ask, createConversationGraph } from '../support/conversation-graph.ts'
import { connectRedis } from '../support/redis-connection.ts'

const SECONDS_PER_DAY = 86_400

const redis = await connectRedis()
afterAll(() => redis.stop())

const META = { source: 'loop', step: 0, parents: {} } as const

function setUp(deployment: string = randomUUID(), client = redis.client) {
  const checkpointer = new RedisCheckpointer({ client, deployment, ttlDays: 30 })
  return { checkpointer, deployment, threadId: randomUUID() }
}

function texts(messages: readonly BaseMessage[]): string[] {
  return messages.map(({ type, text }) => `${type}: ${text}`)
}

function checkpointOf(messages: readonly BaseMessage[], id = uuid6(0)) {
  const versions = { messages: 1 }
  return { ...emptyCheckpoint(), id, channel_values: { messages }, channel_versions: versions }
}

async function put(checkpointer: RedisCheckpointer, configurable: object, messages: BaseMessage[]) {
  return checkpointer.put({ configurable }, checkpointOf(messages), META, { messages: 1 })
}

async function messagesOf(checkpointer: RedisCheckpointer, configurable: object) {
  const tuple = await checkpointer.getTuple({ configurable })
  return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
}

async function ids(checkpointer: RedisCheckpointer, thread_id: string) {
  const found: string[] = []
  for await (const { checkpoint } of checkpointer.list({ configurable: { thread_id } })) {
    found.push(checkpoint.id)
  }
  return found
}

it('goes on in a conversation that another replica began, with the same history', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const other = setUp(deployment, await redis.connect()).checkpointer
  const configurable = { thread_id: threadId }

  await ask(createConversationGraph({ checkpointer, calls: 3 }), configurable, 'one')
  const first = await messagesOf(checkpointer, configurable)
  await checkpointer.prune(threadId)
  await ask(createConversationGraph({ checkpointer: other, calls: 3 }), configurable, 'two')
  const both = await messagesOf(checkpointer, configurable)

  expect(first).toHaveLength(6)
  expect(both).toHaveLength(12)
  expect(texts(both.slice(0, 6))).toEqual(texts(first))
  expect(both[1]).toEqual(first[1])
})

it('leaves one checkpoint of each turn, and nothing that no checkpoint needs', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const graph = createConversationGraph({ checkpointer })
  const [, , contents, writes] = conversationKeys(deployment, threadId)

  for (let turn = 1; turn <= 20; turn += 1) {
    await ask(graph, { thread_id: threadId }, `question ${turn}`)
    await checkpointer.prune(threadId)
    expect(await ids(checkpointer, threadId)).toHaveLength(turn)
    expect(await redis.client.hlen(contents)).toBe(turn * 4)
    expect(await redis.client.hlen(writes)).toBe(0)
  }

  const [, tenth] = (await ids(checkpointer, threadId)).slice(9)
  const then = await messagesOf(checkpointer, { thread_id: threadId, checkpoint_id: tenth })
  expect(then.filter(({ type }) => type === 'human')).toHaveLength(10)
})

it('collects what an abandoned attempt left behind', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const config = await put(checkpointer, { thread_id: threadId }, [new HumanMessage('kept')])
  const abandoned = await put(checkpointer, { ...config.configurable }, [new AIMessage('lost')])
  await checkpointer.putWrites(abandoned, [['messages', [new AIMessage('lost too')]]], 'task')
  await put(checkpointer, { ...config.configurable }, [
    new HumanMessage('kept'),
    new AIMessage('a')
  ])

  expect(await checkpointer.prune(threadId)).toEqual({ checkpoints: 2, contents: 2 })

  const [, , contents] = conversationKeys(deployment, threadId)
  expect(await redis.client.hlen(contents)).toBe(2)
  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual([
    'human: kept',
    'ai: a'
  ])
})

it('branches off an earlier turn and keeps both ends', async () => {
  const { checkpointer, threadId } = setUp()
  const graph = createConversationGraph({ checkpointer })
  await ask(graph, { thread_id: threadId }, 'one')
  await checkpointer.prune(threadId)
  const [first] = await ids(checkpointer, threadId)
  await ask(graph, { thread_id: threadId }, 'two')
  await checkpointer.prune(threadId)

  await ask(graph, { thread_id: threadId, checkpoint_id: first }, 'instead of two')
  await checkpointer.prune(threadId)

  const ends = await ids(checkpointer, threadId)
  const histories = await Promise.all(
    ends.map((checkpoint_id) => messagesOf(checkpointer, { thread_id: threadId, checkpoint_id }))
  )
  const asked = histories.map((history) =>
    history.map(({ additional_kwargs }) => additional_kwargs.question).filter(Boolean)
  )
  expect(asked).toEqual([['one', 'instead of two'], ['one', 'two'], ['one']])
})

it('takes the checkpoint written last for the newest, whatever the clock that named it said', async () => {
  const { checkpointer, threadId } = setUp()
  const early = uuid6(0)
  const late = uuid6(1)
  const base = { configurable: { thread_id: threadId } }
  const first = await checkpointer.put(base, checkpointOf([new HumanMessage('1')], late), META, {
    messages: 1
  })
  await checkpointer.put(first, checkpointOf([new HumanMessage('2')], early), META, { messages: 2 })

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: 2'])
})

it('refuses what an older claim still writes, whatever it is', async () => {
  const { checkpointer, deployment, threadId } = setUp()
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
  expect(await ids(checkpointer, threadId)).toEqual([current.configurable?.checkpoint_id])
  expect(current.configurable?.fence).toBe('2')
})

it('carries the fence through every write of a graph', async () => {
  const { checkpointer, deployment, threadId } = setUp()
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
  const { checkpointer, deployment, threadId } = setUp()
  const config = await put(checkpointer, { thread_id: threadId }, [new HumanMessage('q')])
  await checkpointer.deleteThread(threadId)
  await checkpointer.deleteThread(threadId)
  const refusal = { code: 'CONVERSATION_NOT_FOUND' }

  await expect(put(checkpointer, { thread_id: threadId }, [])).rejects.toMatchObject(refusal)
  await expect(checkpointer.putWrites(config, [['a', 1]], 't')).rejects.toMatchObject(refusal)
  expect(await checkpointer.getTuple(config)).toBeUndefined()
  expect(await ids(checkpointer, threadId)).toEqual([])
  const [conversation, ...rest] = conversationKeys(deployment, threadId)
  expect(await redis.client.exists(...rest)).toBe(0)
  expect(await redis.client.ttl(conversation)).toBeGreaterThan(0)
})

it('refuses a conversation that a newer version wrote', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const config = await put(checkpointer, { thread_id: threadId }, [new HumanMessage('q')])
  const [conversation] = conversationKeys(deployment, threadId)
  await redis.client.hset(conversation, { schema: SCHEMA_VERSION + 1 })
  const refusal = { code: 'CONVERSATION_TOO_NEW', message: expect.stringContaining(`form 2`) }

  await expect(checkpointer.getTuple(config)).rejects.toMatchObject(refusal)
  await expect(put(checkpointer, { thread_id: threadId }, [])).rejects.toMatchObject(refusal)
  await expect(checkpointer.deleteThread(threadId)).rejects.toMatchObject(refusal)
})

it('gives every key a time to live and renews it with every write, in a constant number of keys', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const graph = createConversationGraph({ checkpointer, calls: 2 })
  const keys = conversationKeys(deployment, threadId)
  for (let turn = 0; turn < 3; turn += 1) {
    await ask(graph, { thread_id: threadId }, `question ${turn}`)
    for (const key of keys) await redis.client.expire(key, 60)
  }
  await ask(graph, { thread_id: threadId }, 'last')

  const found = await redis.client.keys(`ai-ops:${deployment}:*`)
  expect([...found].sort()).toEqual([...keys].sort())
  const left = await Promise.all(keys.map((key) => redis.client.ttl(key)))
  expect(Math.min(...left)).toBeGreaterThan(30 * SECONDS_PER_DAY - 60)
})

it('grows by the same number of bytes with every turn', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const graph = createConversationGraph({ checkpointer })
  const sizes = [0]
  for (let turn = 1; turn <= 60; turn += 1) {
    await ask(graph, { thread_id: threadId }, 'How many devices are in ams01?')
    await checkpointer.prune(threadId)
    if (turn % 20 === 0) sizes.push(await bytesOf(conversationKeys(deployment, threadId)))
  }
  const [first = 0, second = 0, third = 0] = sizes.slice(1).map((size, i) => size - (sizes[i] ?? 0))

  expect(second).toBeLessThan(first * 1.2)
  expect(third).toBeLessThan(first * 1.2)
})

async function bytesOf(keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    keys.map((key) => redis.client.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'))
  )
  return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0)
}

it('sends a content again that Redis has lost since it was seen there', async () => {
  const { checkpointer, deployment, threadId } = setUp()
  const [, , contents] = conversationKeys(deployment, threadId)
  const message = new HumanMessage('q')
  await put(checkpointer, { thread_id: threadId }, [message])
  await redis.client.del(contents)

  await put(checkpointer, { thread_id: threadId }, [message])

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: q'])
})

it('writes all values where the parent that had them is gone', async () => {
  const { checkpointer, threadId } = setUp()
  const checkpoint = checkpointOf([new HumanMessage('q')])
  const parent = { thread_id: threadId, checkpoint_id: uuid6(0) }
  await checkpointer.put({ configurable: parent }, checkpoint, META, {})

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: q'])
})

it('stores a message anew when a part of it was replaced', async () => {
  const { checkpointer, threadId } = setUp()
  const message = new AIMessage('before')
  const config = await put(checkpointer, { thread_id: threadId }, [message])
  message.content = 'after'
  await put(checkpointer, { ...config.configurable }, [message])

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['ai: after'])
})

it.each(['', 'line\nbreak', 'x'.repeat(257), 7])(
  'refuses the conversation id %j before it asks Redis',
  async (thread_id) => {
    const { checkpointer } = setUp()
    await expect(put(checkpointer, { thread_id }, [])).rejects.toThrow(/thread_id/)
    await expect(checkpointer.getTuple({ configurable: { thread_id } })).rejects.toThrow(
      /thread_id/
    )
  }
)

it('says that Redis is unavailable when it is full, read-only or gone', async () => {
  const own = await connectRedis()
  try {
    const { checkpointer, threadId } = setUp(randomUUID(), own.client)
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
    const { checkpointer, threadId, deployment } = setUp(randomUUID(), own.client)
    await put(checkpointer, { thread_id: threadId }, [new HumanMessage('acknowledged')])
    await own.server.kill()
    await own.server.start()
    const after = setUp(deployment, await own.connect()).checkpointer

    expect(texts(await messagesOf(after, { thread_id: threadId }))).toEqual(['human: acknowledged'])
  } finally {
    await own.stop()
  }
})

it('takes one round trip for each read and write of a turn', async () => {
  const { checkpointer, threadId } = setUp()
  const graph = createConversationGraph({ checkpointer, calls: 3 })
  await ask(graph, { thread_id: threadId }, 'one')
  const methods = (['getTuple', 'put', 'putWrites', 'prune'] as const).map((name) =>
    vi.spyOn(checkpointer, name)
  )
  await redis.client.config('RESETSTAT')
  await ask(graph, { thread_id: threadId }, 'two')
  await checkpointer.prune(threadId)

  const stats = String(await redis.client.info('commandstats'))
  const scripts = Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])
  const calls = methods.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  expect(calls).toBeGreaterThan(8)
  expect(scripts).toBe(calls)
})

it('answers a graph as the checkpoints in memory do', async () => {
  const { checkpointer, threadId } = setUp()
  const memory = new MemoryCheckpointer()
  const shapes = await Promise.all(
    [checkpointer, memory].map(async (saver) => {
      const graph = createConversationGraph({ checkpointer: saver, calls: 2 })
      await ask(graph, { thread_id: threadId }, 'one')
      const state = await graph.getState({ configurable: { thread_id: threadId } })
      return {
        types: state.values.messages.map(({ type }: BaseMessage) => type),
        next: state.next,
        metadata: state.metadata,
        channels: Object.keys(state.values)
      }
    })
  )
  expect(shapes[0]).toEqual(shapes[1])
})
