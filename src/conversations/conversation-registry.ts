import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'

interface Conversation {
  readonly userId: string
  runId: string | undefined
  turns: number
}

export interface ConversationRegistryOptions {
  readonly maxConversations: number
  /** Then the user's own oldest one gives way, so that nobody can push out another's. */
  readonly maxConversationsPerUser: number
  /** Questions of one conversation. */
  readonly maxTurns: number
  /** A conversation was forgotten to make room: its checkpoints may go too. */
  readonly onForgotten: (conversationId: string) => Promise<void>
}

/** Who owns which conversation, and which run has it. */
export interface ConversationRegistry {
  /**
   * Claims a conversation for a run, a new one when no id is given. One run at a time.
   * Throws CONVERSATION_NOT_FOUND (foreign ones too), CONVERSATION_BUSY with `details.runId`, CONVERSATION_FULL.
   */
  claim(userId: string, conversationId: string | undefined, runId: string): Promise<string>
  /** Ends the claim; does nothing when another run has it. Never rejects. */
  release(conversationId: string, runId: string): Promise<void>
  /** Number of the run's claim, where checkpoints are written under one; see `configurable.fence`. */
  fenceOf(conversationId: string, runId: string): string | undefined
}

/** The registry in memory: the conversation that was used least recently gives way at the limit. */
export function createMemoryConversationRegistry(
  options: ConversationRegistryOptions
): ConversationRegistry {
  const { maxConversations, maxConversationsPerUser, maxTurns, onForgotten } = options
  const conversations = new Map<string, Conversation>()

  function touch(id: string, conversation: Conversation): void {
    conversations.delete(id)
    conversations.set(id, conversation)
  }

  function oldestIdle(userId: string | undefined): string | undefined {
    for (const [id, conversation] of conversations) {
      const isTheirs = userId === undefined || conversation.userId === userId
      if (isTheirs && conversation.runId === undefined) return id
    }
    return undefined
  }

  async function makeRoom(userId: string): Promise<void> {
    const own = [...conversations.values()].filter((conversation) => conversation.userId === userId)
    const isOwnShareUsed = own.length >= maxConversationsPerUser
    if (!isOwnShareUsed && conversations.size < maxConversations) return
    const oldest = oldestIdle(isOwnShareUsed ? userId : undefined)
    if (oldest !== undefined) {
      conversations.delete(oldest)
      return onForgotten(oldest)
    }
    throw new AppError('TOO_MANY_RUNS', 'Every conversation there is room for is being answered.', {
      details: { retryAfterSeconds: 5 }
    })
  }

  async function open(userId: string, runId: string): Promise<string> {
    await makeRoom(userId)
    const id = randomUUID()
    touch(id, { userId, runId, turns: 1 })
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
      if (conversation.turns >= maxTurns) {
        throw new AppError('CONVERSATION_FULL', `This conversation has ${maxTurns} questions.`)
      }
      conversation.runId = runId
      conversation.turns += 1
      touch(conversationId, conversation)
      return conversationId
    },

    async release(conversationId, runId) {
      const conversation = conversations.get(conversationId)
      if (conversation?.runId === runId) conversation.runId = undefined
    },

    fenceOf: () => undefined
  }
}
