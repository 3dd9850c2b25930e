import { storedMessages, toSnapshot } from '../agent/agent-resume.ts'
import type { Config } from '../config.ts'
import type { ConversationCleanup } from '../conversations/conversation-cleanup.ts'
import {
  type ConversationRegistry,
  createMemoryConversationRegistry
} from '../conversations/conversation-registry.ts'
import { branchPoint, type ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import type { HeldClaim } from '../conversations/held-claims.ts'
import { MemoryCheckpointer } from '../conversations/memory-checkpointer.ts'
import { createMemoryConversationCleanup } from '../conversations/memory-conversation-cleanup.ts'
import { createMemoryResultStore } from '../conversations/memory-result-store.ts'
import { RedisCheckpointer } from '../conversations/redis-checkpointer.ts'
import { createRedisConversationCleanup } from '../conversations/redis-conversation-cleanup.ts'
import {
  createRedisConversationRegistry,
  type RedisConversationRegistry
} from '../conversations/redis-conversation-registry.ts'
import { createRedisResultStore } from '../conversations/redis-result-store.ts'
import type { ResultStore } from '../conversations/result-store.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createRedis } from '../platform/redis.ts'
import { createRedisChannels, type RedisChannels } from '../platform/redis-channels.ts'
import type { Secret } from '../platform/secret.ts'
import { type AnswerDesk, createMemoryAnswerDesk } from '../runs/elicitation-desk.ts'
import { createLoneRuns } from '../runs/lone-runs.ts'
import { createMemoryRunStore } from '../runs/memory-run-store.ts'
import { createRedisAnswerDesk } from '../runs/redis-elicitation-desk.ts'
import { createRedisRunStore, type RedisRunStore } from '../runs/redis-run-store.ts'
import type { RunRecord } from '../runs/run.ts'
import type { RunStore } from '../runs/run-store.ts'
import { createSharedRuns, type SharedRuns } from '../runs/shared-runs.ts'
import { createOutage, type Outage } from './outage.ts'

/** Of this process's memory, where there is no Redis. */
const MAX_CONVERSATIONS_IN_MEMORY = 1_000
/** Packed: about ten times as much as text. */
const MAX_RESULT_BYTES_PER_CONVERSATION = 4 * 1024 * 1024
const MAX_RESULT_BYTES_IN_MEMORY = 64 * 1024 * 1024
const MAX_TURNS = 200
const MAX_KEPT_RUNS = 1_000
const MAX_KEPT_CHARACTERS = 64 * 1024 * 1024
const KEEP_RUNS_MS = 3_600_000
/** A run may wait for its turn, for an approval, or for a replica to come back. */
const MAX_RUN_DAYS = 2
/** Then a run that waits for its asker's approval ends. */
export const APPROVAL_WAIT_MS = 24 * 3_600_000
const MAX_LOG_EVENTS = 5_000
const MAX_LOG_CHARACTERS = 4 * 1024 * 1024
const LEASE_MS = 15_000

const NOT_OURS = new Set<AppError['code']>(['CONVERSATION_NOT_FOUND', 'CONVERSATION_TAKEN_OVER'])

/** Where conversations and their runs are kept: in Redis when there is one, else in this process. */
export interface ConversationStore {
  readonly checkpointer: ConversationCheckpointer
  readonly registry: ConversationRegistry
  readonly results: ResultStore
  readonly runs: RunStore
  readonly shared: SharedRuns
  readonly desk: AnswerDesk
  /** Ends a turn: what only a run under way needs may go. */
  readonly settle: (conversationId: string, fence: string | undefined) => Promise<void>
  readonly cleanup: ConversationCleanup
  close(): Promise<void>
}

export interface ConversationStoreParts {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  /** The run's conversation is not its own any more. */
  readonly onLost: (claim: HeldClaim) => void
}

export function createConversationStore(parts: ConversationStoreParts): ConversationStore {
  const { redisUrl } = parts.config
  return redisUrl ? inRedis(redisUrl, parts) : inMemory(parts)
}

function inMemory({ config: { limits } }: ConversationStoreParts): ConversationStore {
  const checkpointer = new MemoryCheckpointer()
  const results = createMemoryResultStore({
    maxBytesPerConversation: MAX_RESULT_BYTES_PER_CONVERSATION,
    maxBytes: MAX_RESULT_BYTES_IN_MEMORY
  })
  const registry = createMemoryConversationRegistry({
    maxConversations: MAX_CONVERSATIONS_IN_MEMORY,
    maxConversationsPerUser: limits.conversationsPerUser,
    maxTurns: MAX_TURNS,
    async onForgotten(id) {
      runs.forget(id)
      results.forget(id)
      await checkpointer.deleteThread(id)
    }
  })
  const runs = createMemoryRunStore({
    maxKeptRuns: MAX_KEPT_RUNS,
    maxKeptCharacters: MAX_KEPT_CHARACTERS,
    keepMs: KEEP_RUNS_MS,
    approvalWaitMs: APPROVAL_WAIT_MS,
    release: registry.release
  })
  return {
    checkpointer,
    registry,
    results,
    runs,
    shared: createLoneRuns(runs),
    desk: createMemoryAnswerDesk(),
    settle: (id) => checkpointer.prune(id),
    cleanup: createMemoryConversationCleanup(registry, limits.conversationDays),
    close: async () => {}
  }
}

function inRedis(url: Secret, parts: ConversationStoreParts): ConversationStore {
  const { config, onLost } = parts
  const { commands, subscriber } = connect(url, parts)
  const { client } = commands
  const { deployment } = config
  const { conversationDays: ttlDays, conversationsPerUser: maxConversationsPerUser } = config.limits
  const checkpointer = new RedisCheckpointer({ client, deployment, ttlDays, patienceMs: LEASE_MS })
  const registry = createRedisConversationRegistry({
    ...{ client, deployment, ttlDays, maxConversationsPerUser },
    maxTurns: MAX_TURNS,
    leaseMs: LEASE_MS,
    onLost
  })
  const channels = createRedisChannels(subscriber.client)
  const runs = createRunStore({ client, deployment }, { channels, registry, checkpointer })
  return {
    checkpointer,
    registry,
    results: createRedisResultStore({
      ...{ client, deployment, ttlDays },
      maxBytesPerConversation: MAX_RESULT_BYTES_PER_CONVERSATION,
      patienceMs: LEASE_MS
    }),
    runs,
    shared: createSharedRuns({
      ...{ registry, store: runs, channels, deployment },
      isClosed: () => client.status === 'end'
    }),
    desk: createRedisAnswerDesk({ client, channels, deployment }),
    settle: (id, fence) => checkpointer.prune(id, fence).then(() => undefined, forgiveLost),
    cleanup: createRedisConversationCleanup({
      ...{ client, deployment, ttlDays, maxConversationsPerUser },
      onBroken: (conversationId, err) =>
        parts.logger.warn({ err, conversationId }, 'the cleanup passed over a conversation')
    }),
    async close() {
      registry.close()
      channels.close()
      await subscriber.close()
      await commands.close()
    }
  }
}

/** One connection that carries commands, one that listens. */
function connect(url: Secret, { logger, metrics }: ConversationStoreParts) {
  const outage = createOutage(logger, 'Redis does not answer; conversations cannot be continued')
  const { redisUp } = metrics
  redisUp.set(0)
  const commands = createRedis({ url, role: 'commands', onError: outage.failed })
  commands.client.on('ready', () => announce(outage, () => redisUp.set(1)))
  commands.client.on('close', () => redisUp.set(0))
  const subscriber = createRedis({ url, role: 'subscriber', onError: outage.failed })
  commands.start()
  subscriber.start()
  return { commands, subscriber }
}

function announce(outage: Outage, setUp: () => void): void {
  outage.over()
  setUp()
}

interface RunStoreParts {
  readonly channels: RedisChannels
  readonly registry: RedisConversationRegistry
  readonly checkpointer: ConversationCheckpointer
}

function createRunStore(
  place: Pick<Parameters<typeof createRedisRunStore>[0], 'client' | 'deployment'>,
  { channels, registry, checkpointer }: RunStoreParts
): RedisRunStore {
  return createRedisRunStore({
    ...place,
    channels,
    maxRunDays: MAX_RUN_DAYS,
    keepMs: KEEP_RUNS_MS,
    approvalWaitMs: APPROVAL_WAIT_MS,
    maxLogEvents: MAX_LOG_EVENTS,
    maxLogCharacters: MAX_LOG_CHARACTERS,
    leaseMs: LEASE_MS,
    onEnded: registry.forget,
    history: (record) => historyOf(checkpointer, record)
  })
}

/** The conversation up to the run's own question. */
async function historyOf(
  checkpointer: ConversationCheckpointer,
  { id, conversationId, message: content, replaces, after }: RunRecord
) {
  const all = toSnapshot(await storedMessages(checkpointer, conversationId))
  const place = all.findIndex((message) => message.id === id)
  const from = place < 0 && (await branchPoint(checkpointer, conversationId, { replaces, after }))
  const before = from
    ? toSnapshot(await storedMessages(checkpointer, conversationId, from))
    : all.slice(0, place < 0 ? all.length : place)
  return [...before, { id, role: 'user' as const, content }]
}

/** Deleted or taken over during the run: there is nothing of ours left to settle. */
function forgiveLost(error: unknown): void {
  if (!(error instanceof AppError && NOT_OURS.has(error.code))) throw error
}
