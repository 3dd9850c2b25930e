import { setTimeout as sleep } from 'node:timers/promises'
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { uuid6 } from '@langchain/langgraph-checkpoint'
import { afterAll, expect, it, vi } from 'vitest'
import { MemoryCheckpointer } from '../../src/conversations/memory-checkpointer.ts'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { conversationKeys, indexKey } from '../../src/conversations/redis-keys.ts'
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

const SECONDS_PER_DAY = 86_400

const redis = await connectRedis()
afterAll(() => redis.stop())

it('goes on in a conversation that another replica began, with the same history', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const other = createCheckpoints(await redis.connect(), deployment).checkpointer
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
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const graph = createConversationGraph({ checkpointer })
  const [, , contents, writes] = conversationKeys(deployment, threadId)

  for (let turn = 1; turn <= 20; turn += 1) {
    await ask(graph, { thread_id: threadId }, `question ${turn}`)
    await checkpointer.prune(threadId)
    expect(await idsOf(checkpointer, threadId)).toHaveLength(turn)
    expect(await redis.client.hlen(contents)).toBe(turn * 4)
    expect(await redis.client.hlen(writes)).toBe(0)
  }

  const [, tenth] = (await idsOf(checkpointer, threadId)).slice(9)
  const then = await messagesOf(checkpointer, { thread_id: threadId, checkpoint_id: tenth })
  expect(then.filter(({ type }) => type === 'human')).toHaveLength(10)
})

it('collects what an abandoned attempt left behind', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
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
  const { checkpointer, threadId } = createCheckpoints(redis.client)
  const graph = createConversationGraph({ checkpointer })
  await ask(graph, { thread_id: threadId }, 'one')
  await checkpointer.prune(threadId)
  const [first] = await idsOf(checkpointer, threadId)
  await ask(graph, { thread_id: threadId }, 'two')
  await checkpointer.prune(threadId)

  await ask(graph, { thread_id: threadId, checkpoint_id: first }, 'instead of two')
  await checkpointer.prune(threadId)

  const ends = await idsOf(checkpointer, threadId)
  const histories = await Promise.all(
    ends.map((checkpoint_id) => messagesOf(checkpointer, { thread_id: threadId, checkpoint_id }))
  )
  const asked = histories.map((history) =>
    history.map(({ additional_kwargs }) => additional_kwargs.question).filter(Boolean)
  )
  expect(asked).toEqual([['one', 'instead of two'], ['one', 'two'], ['one']])
})

it('takes the checkpoint written last for the newest, whatever the clock that named it said', async () => {
  const { checkpointer, threadId } = createCheckpoints(redis.client)
  const early = uuid6(0)
  const late = uuid6(1)
  const base = { configurable: { thread_id: threadId } }
  const first = await checkpointer.put(base, checkpointOf([new HumanMessage('1')], late), META, {
    messages: 1
  })
  await checkpointer.put(first, checkpointOf([new HumanMessage('2')], early), META, { messages: 2 })

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: 2'])
})

it('gives every key a time to live and renews it with every write, in a constant number of keys', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const graph = createConversationGraph({ checkpointer, calls: 2 })
  // Without a run there is neither a lease nor a list of runs.
  const keys = conversationKeys(deployment, threadId).slice(0, 5)
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
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
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

it('sends a content again that Redis has lost since it was seen there', async () => {
  const { checkpointer, deployment, threadId } = createCheckpoints(redis.client)
  const [, , contents] = conversationKeys(deployment, threadId)
  const message = new HumanMessage('q')
  await put(checkpointer, { thread_id: threadId }, [message])
  await redis.client.del(contents)

  await put(checkpointer, { thread_id: threadId }, [message])

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: q'])
})

it('writes all values where the parent that had them is gone', async () => {
  const { checkpointer, threadId } = createCheckpoints(redis.client)
  const checkpoint = checkpointOf([new HumanMessage('q')])
  const parent = { thread_id: threadId, checkpoint_id: uuid6(0) }
  await checkpointer.put({ configurable: parent }, checkpoint, META, {})

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: q'])
})

it('forgets what nobody used for the time to live, in the index too', async () => {
  const { deployment } = createCheckpoints(redis.client)
  const brief = new RedisCheckpointer({
    client: redis.client,
    deployment,
    ttlDays: 1 / SECONDS_PER_DAY
  })
  for (let count = 0; count < 8; count += 1) await put(brief, { thread_id: `old-${count}` }, [])
  await sleep(1_100)
  const lasting = createCheckpoints(redis.client, deployment).checkpointer
  await put(lasting, { thread_id: 'new' }, [])

  expect(await redis.client.zrange(indexKey(deployment), 0, '-1')).toEqual(['new'])
  expect(await redis.client.keys(`ai-ops:${deployment}:*:old-*`)).toEqual([])
})

it('stores a message anew when a part of it was replaced', async () => {
  const { checkpointer, threadId } = createCheckpoints(redis.client)
  const message = new AIMessage('before')
  const config = await put(checkpointer, { thread_id: threadId }, [message])
  message.content = 'after'
  await put(checkpointer, { ...config.configurable }, [message])

  expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['ai: after'])
})

it('takes one round trip for each read and write of a turn', async () => {
  const { checkpointer, threadId } = createCheckpoints(redis.client)
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
  const { checkpointer, threadId } = createCheckpoints(redis.client)
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

async function bytesOf(keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    keys.map((key) => redis.client.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'))
  )
  return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0)
}
