import { AppError } from '../errors.ts'
import { readBranch } from './branch-reader.ts'
import type { ReadMessage } from './conversation-reader.ts'
import type { ChosenConversation, ConversationRegistry } from './conversation-registry.ts'
import {
  type ConversationPage,
  type ConversationQuery,
  type ConversationSummary,
  pageOf
} from './conversation-summary.ts'
import type { ConversationCheckpointer } from './conversation-tree.ts'

/** More than enough for what one user may have had under any limit. */
const MAX_REMOVAL_ROUNDS = 1_000

/** A conversation with all that was said. */
export interface Conversation extends ChosenConversation {
  readonly messages: readonly ReadMessage[]
}

/**
 * What a user may do with conversations. Each throws CONVERSATION_NOT_FOUND, for foreign ones too,
 * CONVERSATION_TOO_NEW and REDIS_UNAVAILABLE.
 */
export interface Conversations {
  list(userId: string, query: ConversationQuery): Promise<ConversationPage>
  /**
   * The branch that goes through the question `at` and was asked last; the one asked last of all without it.
   * Throws MESSAGE_NOT_FOUND.
   */
  read(userId: string, id: string, at?: string): Promise<Conversation>
  rename(userId: string, id: string, title: string): Promise<ConversationSummary>
  /** Stops a run under way first; what it still writes is refused. */
  remove(userId: string, id: string): Promise<void>
  /** Stops runs under way first. Answers how many there were. */
  removeAll(userId: string): Promise<number>
}

export interface ConversationsOptions {
  readonly registry: ConversationRegistry
  readonly checkpointer: ConversationCheckpointer
  /** Stops a run of this conversation wherever it is, also one that waits for a person, and waits a moment for its end. */
  readonly stopRun: (runId: string, conversationId: string) => Promise<void>
}

export function createConversations(options: ConversationsOptions): Conversations {
  const { registry, checkpointer, stopRun } = options

  async function remove(userId: string, { id, runId }: ConversationSummary): Promise<void> {
    if (runId !== undefined) await stopRun(runId, id)
    await registry.remove(userId, id)
  }

  return {
    async list(userId, query) {
      return pageOf(await registry.list(userId), query)
    },

    async read(userId, id, at) {
      const summary = await registry.get(userId, id)
      return { ...summary, messages: await readBranch(checkpointer, id, at) }
    },

    rename: (userId, id, title) => registry.rename(userId, id, title),

    async remove(userId, id) {
      await remove(userId, await registry.get(userId, id))
    },

    async removeAll(userId) {
      let total = 0
      // A list ends at the limit of today; there may be more from before it was lowered.
      for (let round = 0; round < MAX_REMOVAL_ROUNDS; round += 1) {
        const mine = await registry.list(userId)
        const removed = await Promise.all(
          mine.map((summary) => remove(userId, summary).then(() => 1, forgiveMissing))
        )
        if (mine.length === 0) break
        total += removed.reduce((sum, one) => sum + one, 0)
      }
      return total
    }
  }
}

/** Someone else, a second tab perhaps, was faster. */
function forgiveMissing(error: unknown): 0 {
  if (error instanceof AppError && error.code === 'CONVERSATION_NOT_FOUND') return 0
  throw error
}
