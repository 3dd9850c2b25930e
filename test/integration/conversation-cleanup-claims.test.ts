import { randomUUID } from 'node:crypto'
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { createRedisConversationCleanup } from '../../src/conversations/redis-conversation-cleanup.ts'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { AppError } from '../../src/errors.ts'
import { put } from '../support/checkpoint-fixture.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

const ASKERS = 12
const TURNS = 60
/** Of one user, so that most conversations are too many as soon as nobody answers in them. */
const MAX_KEPT = 2

it('takes nothing from a run, however often cleanups of two replicas run beside it', async () => {
  const deployment = randomUUID()
  const common = { client: redis.client, deployment, ttlDays: 30 }
  const registry = createRedisConversationRegistry({
    ...{ ...common, maxConversationsPerUser: 100, maxTurns: 1_000 },
    onLost: (id, _runId, reason) => expect.fail(`${id}: ${reason.message}`)
  })
  onTestFinished(() => registry.close())
  const checkpointer = new RedisCheckpointer(common)

  /** In the same conversation again, or in a new one when a cleanup took it between two questions. */
  async function claim(id: string | undefined, runId: string): Promise<string> {
    try {
      return await registry.claim('jane', id, runId, 'Hello')
    } catch (error) {
      if (AppError.from(error).code !== 'CONVERSATION_NOT_FOUND') throw error
      return registry.claim('jane', undefined, runId, 'Hello')
    }
  }

  async function ask(): Promise<void> {
    let id: string | undefined
    for (let turn = 0; turn < TURNS; turn += 1) {
      const runId = randomUUID()
      id = await claim(id, runId)
      const fence = registry.fenceOf(id, runId)
      const question = new HumanMessage(runId)
      const place = await put(checkpointer, { thread_id: id, fence }, [question])
      const answer = [question, new AIMessage(runId)]
      await put(checkpointer, { ...place.configurable, fence }, answer)
      await checkpointer.prune(id, fence)
      const tuple = await checkpointer.getTuple({ configurable: { thread_id: id } })
      expect(JSON.stringify(tuple?.checkpoint.channel_values)).toContain(runId)
      await registry.release(id, runId)
    }
  }

  let isAsking = true
  async function clean(): Promise<number> {
    const cleanup = createRedisConversationCleanup({
      ...{ ...common, client: await redis.connect(), maxConversationsPerUser: MAX_KEPT },
      onBroken: (id, error) => expect.fail(`${id}: ${String(error)}`)
    })
    let deleted = 0
    while (isAsking) {
      deleted += (await cleanup.run(new AbortController().signal)).deletedBeyondLimit
    }
    return deleted
  }

  const cleaning = Promise.all([clean(), clean()])
  await Promise.all(Array.from({ length: ASKERS }, ask)).finally(() => {
    isAsking = false
  })
  const deleted = await cleaning

  expect(Math.min(...deleted)).toBeGreaterThan(0)
})
