import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'

interface Conversation {
  readonly userId: string
  runId: string | undefined
}

export interface ConversationRegistryOptions {
  readonly maxConversations: number
  /** A conversation was forgotten to make room: its checkpoints may go too. */
  readonly onForgotten: (conversationId: string) => Promise<void>
}

/** Who owns which conversation, and which run has it. */
export interface ConversationRegistry {
  /**
   * Claims a conversation for a run, a new one when no id is given. One run at a time.
   * Throws CONVERSATION_NOT_FOUND (foreign ones too), CONVERSATION_BUSY with `details.runId`.
   */
  claim(userId: string, conversationId: string | undefined, runId: string): Promise<string>
  /** Ends the claim; does nothing when another run has it. */
  release(conversationId: string, runId: string): void
}

/** The registry in memory: the conversation that was used least recently gives way at the limit. */
export function createMemoryConversationRegistry(
  options: ConversationRegistryOptions
): ConversationRegistry {
  const { maxConversations, onForgotten } = options
  const conversations = new Map<string, Conversation>()

  function touch(id: string, conversation: Conversation): void {
    conversations.delete(id)
    conversations.set(id, conversation)
  }

  async function makeRoom(): Promise<void> {
    if (conversations.size < maxConversations) return
    for (const [id, { runId }] of conversations) {
      if (runId !== undefined) continue
      conversations.delete(id)
      return onForgotten(id)
    }
    throw new AppError(
      'TOO_MANY_RUNS',
      'Every conversation this service can hold is being answered.',
      {
        details: { retryAfterSeconds: 5 }
      }
    )
  }

  async function open(userId: string, runId: string): Promise<string> {
    await makeRoom()
    const id = randomUUID()
    touch(id, { userId, runId })
    return id
  }

  return {
    async claim(userId, conversationId, runId) {
      if (conversationId === undefined) return open(userId, runId)
      const conversation = conversations.get(conversationId)
      if (conversation?.userId !== userId) {
        throw new AppError('CONVERSATION_NOT_FOUND', 'There is no such conversation of yours.')
      }
      if (conversation.runId !== undefined) {
        throw new AppError('CONVERSATION_BUSY', 'The previous question is still being answered.', {
          details: { runId: conversation.runId }
        })
      }
      conversation.runId = runId
      touch(conversationId, conversation)
      return conversationId
    },

    release(conversationId, runId) {
      const conversation = conversations.get(conversationId)
      if (conversation?.runId === runId) conversation.runId = undefined
    }
  }
}
