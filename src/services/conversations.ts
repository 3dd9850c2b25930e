import type { Config } from '../config.ts'
import {
  type ConversationRegistry,
  createMemoryConversationRegistry
} from '../conversations/conversation-registry.ts'
import type { ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import { MemoryCheckpointer } from '../conversations/memory-checkpointer.ts'
import { RedisCheckpointer } from '../conversations/redis-checkpointer.ts'
import { createRedisConversationRegistry } from '../conversations/redis-conversation-registry.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../platform/logger.ts'
import { createRedis } from '../platform/redis.ts'
import type { Secret } from '../platform/secret.ts'
import { createOutage } from './outage.ts'

/** Of this process's memory, where there is no Redis. */
const MAX_CONVERSATIONS_IN_MEMORY = 1_000
const MAX_CONVERSATIONS_PER_USER = 100
const MAX_TURNS = 200

const NOT_OURS = new Set<AppError['code']>(['CONVERSATION_NOT_FOUND', 'CONVERSATION_TAKEN_OVER'])

/** Where conversations are kept: in Redis when there is one, else in this process. */
export interface ConversationStore {
  readonly checkpointer: ConversationCheckpointer
  readonly registry: ConversationRegistry
  /** Ends a turn: what only a run under way needs may go. */
  readonly settle: (conversationId: string, fence: string | undefined) => Promise<void>
  close(): Promise<void>
}

export interface ConversationStoreParts {
  readonly config: Config
  readonly logger: Logger
  /** The run's conversation is not its own any more. */
  readonly onLost: (runId: string, reason: AppError) => void
}

export function createConversationStore(parts: ConversationStoreParts): ConversationStore {
  const { redisUrl } = parts.config
  return redisUrl ? inRedis(redisUrl, parts) : inMemory()
}

function inMemory(): ConversationStore {
  const checkpointer = new MemoryCheckpointer()
  return {
    checkpointer,
    registry: createMemoryConversationRegistry({
      maxConversations: MAX_CONVERSATIONS_IN_MEMORY,
      maxConversationsPerUser: MAX_CONVERSATIONS_PER_USER,
      maxTurns: MAX_TURNS,
      onForgotten: (id) => checkpointer.deleteThread(id)
    }),
    settle: (id) => checkpointer.prune(id),
    close: async () => {}
  }
}

function inRedis(
  url: Secret,
  { config, logger, onLost }: ConversationStoreParts
): ConversationStore {
  const outage = createOutage(logger, 'Redis does not answer; conversations cannot be continued')
  const redis = createRedis({ url, role: 'commands', onError: outage.failed })
  redis.client.on('ready', outage.over)
  redis.start()
  const { client } = redis
  const { deployment } = config
  const ttlDays = config.limits.conversationDays
  const checkpointer = new RedisCheckpointer({ client, deployment, ttlDays })
  const registry = createRedisConversationRegistry({
    client,
    deployment,
    ttlDays,
    maxConversationsPerUser: MAX_CONVERSATIONS_PER_USER,
    maxTurns: MAX_TURNS,
    onLost: (_conversationId, runId, reason) => onLost(runId, reason)
  })
  return {
    checkpointer,
    registry,
    settle: (id, fence) =>
      checkpointer.prune(id, fence).then(
        () => undefined,
        (error: unknown) => {
          // Deleted or taken over during the run: there is nothing of ours left to settle.
          if (!(error instanceof AppError && NOT_OURS.has(error.code))) throw error
        }
      ),
    async close() {
      registry.close()
      await redis.close()
    }
  }
}
