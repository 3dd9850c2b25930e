import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { createConversationScripts } from '../../src/conversations/conversation-scripts.ts'
import { RENEW } from '../../src/conversations/redis-claim-scripts.ts'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import type { RedisUnderTest } from './conversation-scripts-suite.ts'
import { RUN_ID } from './run-events.ts'
import { openRunReplica, type RunReplica } from './run-replica.ts'
import { request, testWaitingRuns, type WaitingWorld } from './run-waiting-suite.ts'

/** The same of runs in Redis, seen by two replicas. */
export function testWaitingRunScripts(redis: RedisUnderTest): void {
  testWaitingRuns(() => openWorld(redis))
  testLostWords(redis)
}

/** What was on its way when something else happened. */
function testLostWords(redis: RedisUnderTest): void {
  it('waits on when a heartbeat of its last owner comes late', async () => {
    const { conversationId, deployment, fence, pen, shared } = await openWorld(redis)
    await pen.wait(request('a'))
    const run = createConversationScripts({ client: redis().client, deployment })
    await run(RENEW, conversationId, [fence, RUN_ID, 1, conversationId])
    await sleep(10)

    expect(await shared.lapsed(10)).toEqual([])
  })

  it('has lapsed for good when nobody decided, also when whoever took it over is gone', async () => {
    const { conversationId, replicas, elapse, pen } = await openWorld(redis)
    const { one, two } = replicas
    await pen.wait(request('a'))
    await elapse()
    const taken = await one.shared.takeOver(conversationId)
    expect(taken).toMatchObject({ isLapsed: true })
    await taken?.pen.leave()
    await one.shared.handOver({ id: conversationId, runId: RUN_ID, fence: taken?.fence ?? '' })

    expect(await two.shared.takeOver(conversationId)).toMatchObject({ isLapsed: true })
  })
}

interface ScriptWorld extends WaitingWorld {
  readonly deployment: string
  readonly fence: string
  readonly replicas: { readonly one: RunReplica; readonly two: RunReplica }
}

async function openWorld(redis: RedisUnderTest): Promise<ScriptWorld> {
  const { client, connect } = redis()
  const deployment = randomUUID()
  const replica = async () => {
    const channels = createRedisChannels(await connect())
    onTestFinished(channels.close)
    return openRunReplica({ client, channels, deployment })
  }
  const [one, other] = await Promise.all([replica(), replica()])
  const { conversationId, opening, pen } = await one.begin()
  const key = (name: string) => `ai-ops:${deployment}:${name}`
  return {
    ...{ deployment, fence: opening.fence ?? '', replicas: { one, two: other } },
    ...{ conversationId, pen, store: one.store, other: other.store, shared: other.shared },
    async elapse() {
      // Redis' own clock, which counts, cannot be moved.
      const past = Date.now() - 1_000
      await client.hset(key(`run:${RUN_ID}`), 'waiting', past)
      await client.zadd(key('leases'), past, conversationId)
    },
    claim: () => other.registry.claim('jane', conversationId, 'run-2', 'And?')
  }
}
