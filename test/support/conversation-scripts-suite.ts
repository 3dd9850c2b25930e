import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { HumanMessage } from '@langchain/core/messages'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { conversationKeys } from '../../src/conversations/redis-keys.ts'
import { createCheckpoints, idsOf, messagesOf, put, texts } from './checkpoint-fixture.ts'
import { testConversationBranches } from './conversation-branches-suite.ts'
import { ask, createConversationGraph } from './conversation-graph.ts'
import { testConversationList } from './conversation-list-suite.ts'
import type { ConnectedRedis } from './redis-connection.ts'

export const LEASE_MS = 400
const MAX_PER_USER = 10

/** How a suite gets at the server it runs on, once its tests run. */
export type RedisUnderTest = () => ConnectedRedis

/** What the scripts of conversations do, seen from outside: enough to tell whether a server can run them. */
export function testConversationScripts(redis: RedisUnderTest): void {
  testCheckpoints(redis)
  testClaims(redis)
  testConversationList(() => openRegistry(redis()))
  testConversationBranches(() => openRegistry(redis()))
}

/** A replica with a short lease, and its checkpoints. */
export function openRegistry({ client }: ConnectedRedis, deployment: string = randomUUID()) {
  const onLost = vi.fn()
  const registry = createRedisConversationRegistry({
    client,
    deployment,
    ttlDays: 30,
    maxConversationsPerUser: MAX_PER_USER,
    maxTurns: MAX_PER_USER,
    onLost,
    leaseMs: LEASE_MS,
    heartbeatMs: LEASE_MS / 4
  })
  onTestFinished(() => registry.close())
  return { registry, onLost, ...createCheckpoints(client, deployment) }
}

function testCheckpoints(redis: RedisUnderTest): void {
  it('goes on in a conversation that another replica began, with one checkpoint for each turn', async () => {
    const { client, connect } = redis()
    const { checkpointer, deployment, threadId } = createCheckpoints(client)
    const other = createCheckpoints(await connect(), deployment).checkpointer
    const configurable = { thread_id: threadId }
    await ask(createConversationGraph({ checkpointer, calls: 3 }), configurable, 'one')
    const first = await messagesOf(checkpointer, configurable)
    expect(await checkpointer.prune(threadId)).toMatchObject({ checkpoints: expect.any(Number) })
    await ask(createConversationGraph({ checkpointer: other, calls: 3 }), configurable, 'two')
    await other.prune(threadId)

    expect(texts((await messagesOf(checkpointer, configurable)).slice(0, 6))).toEqual(texts(first))
    expect(await idsOf(other, threadId)).toHaveLength(2)
  })

  it('asks for a content that Redis has lost, and gives every key a time to live', async () => {
    const { client } = redis()
    const { checkpointer, deployment, threadId } = createCheckpoints(client)
    const [, , contents] = conversationKeys(deployment, threadId)
    const message = new HumanMessage('q')
    await put(checkpointer, { thread_id: threadId }, [message])
    await client.del(contents)
    await put(checkpointer, { thread_id: threadId }, [message])

    expect(texts(await messagesOf(checkpointer, { thread_id: threadId }))).toEqual(['human: q'])
    const keys = await client.keys(`ai-ops:${deployment}:*`)
    const left = await Promise.all(keys.map((key) => client.ttl(key)))
    expect(keys.length).toBeGreaterThan(2)
    expect(Math.min(...left)).toBeGreaterThan(0)
  })
}

function testClaims(redis: RedisUnderTest): void {
  it('has one run at a time, whose claim outlives its lease while the heart beats', async () => {
    const { registry, deployment } = openRegistry(redis())
    const other = openRegistry(redis(), deployment).registry
    const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
    await sleep(2 * LEASE_MS)
    await expect(other.claim('jane', id, 'run-2', 'And?')).rejects.toMatchObject({
      code: 'CONVERSATION_BUSY',
      details: { runId: 'run-1' }
    })
    await registry.release(id, 'run-1')

    expect(await other.claim('jane', id, 'run-2', 'And?')).toBe(id)
  })

  it('lets a lapsed claim be taken, and refuses what its holder still writes', async () => {
    const { registry, deployment, checkpointer } = openRegistry(redis())
    const other = openRegistry(redis(), deployment).registry
    const id = await registry.claim('jane', undefined, 'frozen', 'Hello')
    const fence = registry.fenceOf(id, 'frozen')
    registry.close()
    await sleep(LEASE_MS + 50)
    await other.claim('jane', id, 'next', 'And?')

    const late = put(checkpointer, { thread_id: id, fence }, [new HumanMessage('late')])
    await expect(late).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
    expect(other.fenceOf(id, 'next')).toBe(String(Number(fence) + 1))
  })

  it("makes room with the user's own oldest conversation, and opens one after another", async () => {
    const { registry } = openRegistry(redis())
    const opened: string[] = []
    for (let asked = 0; asked <= MAX_PER_USER; asked += 1) {
      const id = await registry.claim('jane', undefined, `run-${asked}`, `Question ${asked}?`)
      await registry.release(id, `run-${asked}`)
      opened.push(id)
      await sleep(2)
    }
    const listed = (await registry.list('jane')).map(({ id }) => id)

    expect(listed).toEqual(opened.slice(1).toReversed())
  })
}
