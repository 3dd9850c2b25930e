import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import type { RedisChannels } from '../../src/platform/redis-channels.ts'
import { Secret } from '../../src/platform/secret.ts'
import { parseLogId } from '../../src/runs/log-place.ts'
import { createRedisRunStore, type RedisRunStoreOptions } from '../../src/runs/redis-run-store.ts'
import type { LoggedEvent } from '../../src/runs/run.ts'
import { createSharedRuns } from '../../src/runs/shared-runs.ts'
import { QUESTION, RUN_ID, recordOf } from './run-events.ts'

const FOREVER_MS = 3_600_000

export interface RunReplicaOptions extends Partial<RedisRunStoreOptions> {
  readonly client: Redis
  readonly channels: RedisChannels
  /** Of its claims; its heart never beats, so a short one has lapsed at once. */
  readonly claimMs?: number
}

/** What one replica has of runs in Redis, with a run of its own to begin. */
export function openRunReplica(options: RunReplicaOptions) {
  const { client, channels, deployment = randomUUID(), claimMs = FOREVER_MS, ...change } = options
  const registry = createRedisConversationRegistry({
    ...{ client, deployment },
    ttlDays: 30,
    maxConversationsPerUser: 10,
    maxTurns: 10,
    onLost: () => undefined,
    leaseMs: claimMs,
    heartbeatMs: FOREVER_MS
  })
  const store = createRedisRunStore({
    ...{ client, channels, deployment },
    maxRunDays: 1,
    keepMs: 60_000,
    approvalWaitMs: 60_000,
    maxLogEvents: 1_000,
    maxLogCharacters: 1_000_000,
    leaseMs: 1_000,
    history: async () => [QUESTION],
    onEnded: registry.forget,
    ...change
  })
  const shared = createSharedRuns({
    ...{ registry, store, channels, deployment },
    isClosed: () => client.status === 'end'
  })

  async function begin(runId = RUN_ID) {
    const conversationId = await registry.claim('jane', undefined, runId, 'How many?')
    const fence = registry.fenceOf(conversationId, runId)
    const record = recordOf({ id: runId, conversationId })
    const opening = { record, fence, grant: new Secret('grant') }
    return { conversationId, opening, pen: await store.open(opening) }
  }

  return { deployment, registry, store, shared, begin }
}

export type RunReplica = ReturnType<typeof openRunReplica>

/** Every key of the deployment will expire. */
export async function checkTimesToLive(client: Redis, deployment: string): Promise<string[]> {
  const keys = await client.keys(`ai-ops:${deployment}:*`)
  const left = await Promise.all(keys.map((key) => client.ttl(key)))
  // One that is gone between the two looks answers -2.
  expect(keys.filter((_key, place) => left[place] === -1)).toEqual([])
  return keys
}

/** What holds for every reader: ids grow, and nothing of an attempt is lost but where the log was cut. */
export function checkOrder(events: readonly LoggedEvent[]): void {
  let before = { attempt: 0, number: 0 }
  for (const { id, json } of events) {
    const place = parseLogId(id)
    if (!place) throw new Error(`${id} is no id of a log`)
    const next = place.attempt === before.attempt ? before.number + 1 : 1
    const isCut = json.includes('"log_cut"') && place.number > next
    expect(place.attempt).toBeGreaterThanOrEqual(before.attempt)
    if (!isCut) expect(id).toBe(`${place.attempt}-${next}`)
    before = place
  }
}

const COMMANDS: ReadonlySet<string | symbol> = new Set(['callBuffer', 'hmget', 'xrange'])

/** Does something around each command that is sent: refuses it, or loses its answer. */
export function guarded(
  client: Redis,
  around: (send: () => Promise<unknown>, name: string) => Promise<unknown>
): Redis {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (!COMMANDS.has(name) || typeof value !== 'function') return value
      return (...args: unknown[]) =>
        around(async () => value.apply(target, args) as unknown, String(name))
    }
  })
}
