import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { HumanMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import { createRedisConversationCleanup } from '../../src/conversations/redis-conversation-cleanup.ts'
import { userKey } from '../../src/conversations/redis-keys.ts'
import { createRedisJobCoordinator } from '../../src/jobs/redis-job-coordinator.ts'
import { put } from './checkpoint-fixture.ts'
import { LEASE_MS, openRegistry, type RedisUnderTest } from './conversation-scripts-suite.ts'

const JOB = { name: 'sweep', minIntervalMs: 3_600_000 }

/** What the scripts of jobs do, that of the cleanup included: enough to tell whether a server can run them. */
export function testJobScripts(redis: RedisUnderTest): void {
  it('lets one replica run a job, beyond its lease, and every replica tell what came of it', async () => {
    const deployment = randomUUID()
    const options = { deployment, leaseMs: LEASE_MS, heartbeatMs: LEASE_MS / 4 }
    const one = createRedisJobCoordinator({ client: redis().client, ...options })
    const other = createRedisJobCoordinator({ client: await redis().connect(), ...options })
    const tick = { job: JOB, isOnDemand: false }
    const answer = await one.claim({ ...tick, runId: 'run-1' })
    if (answer.kind !== 'claimed') throw new Error(answer.kind)
    await sleep(2 * LEASE_MS)
    const running = { kind: 'running', runId: 'run-1' }
    expect(await other.claim({ ...tick, runId: 'run-2', isOnDemand: true })).toEqual(running)
    const { runId, startedAt } = answer.claim
    const run = { runId, startedAt, durationMs: 5, outcome: 'succeeded', detail: 'swept' } as const
    await answer.claim.report(run)
    await answer.claim.release()

    expect(await other.standing(JOB.name)).toEqual({ runId: undefined, lastRun: run })
    expect(await other.claim({ ...tick, runId: 'run-3' })).toEqual({ kind: 'too-soon' })
  })

  it('deletes by age and beyond the limit, collects what a dead run left, and measures the rest', async () => {
    const { client } = redis()
    const { registry, checkpointer, deployment } = openRegistry(redis())
    const [old = '', beyond = '', dead = ''] = await Promise.all(
      ['jane', 'john', 'john'].map((user, place) =>
        registry.claim(user, undefined, `run-${place}`, 'Hello')
      )
    )
    await put(checkpointer, { thread_id: dead }, [new HumanMessage('lost')])
    await put(checkpointer, { thread_id: dead }, [new HumanMessage('kept')])
    await registry.release(old, 'run-0')
    await registry.release(beyond, 'run-1')
    registry.close()
    await client.zincrby(userKey(deployment, 'jane'), -31 * 86_400_000, old)
    await client.zincrby(userKey(deployment, 'john'), -1_000, beyond)
    await client.zadd(userKey(deployment, 'john'), 1, 'expired')
    await sleep(LEASE_MS + 50)
    const cleanup = createRedisConversationCleanup({
      ...{ client, deployment, ttlDays: 30, maxConversationsPerUser: 1 },
      onBroken: (_id, error) => expect.fail(String(error))
    })

    expect(await cleanup.run(new AbortController().signal)).toMatchObject({
      lookedAt: 3,
      deletedByAge: 1,
      deletedBeyondLimit: 1,
      struckOff: 1,
      collectedCheckpoints: 1,
      collectedContents: 1,
      isComplete: true
    })
    expect((await registry.list('john')).map(({ id }) => id)).toEqual([dead])
    expect(await cleanup.size()).toMatchObject({ conversations: 1, bytes: expect.any(Number) })
  })
}
