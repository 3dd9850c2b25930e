import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { ConversationChoice } from './conversation-choice.ts'
import { type ConversationSummary, titleOf } from './conversation-summary.ts'

interface Conversation {
  readonly userId: string
  readonly createdAt: number
  updatedAt: number
  title: string
  runId: string | undefined
  turns: number
  choice: ConversationChoice
}

export interface ConversationRegistryOptions {
  readonly maxConversations: number
  /** Then the user's own oldest one gives way, so that nobody can push out another's. */
  readonly maxConversationsPerUser: number
  /** Questions of one conversation. */
  readonly maxTurns: number
  /** A conversation was forgotten: its checkpoints may go too. */
  readonly onForgotten: (conversationId: string) => Promise<void>
  readonly now?: () => number
}

export interface ChosenConversation extends ConversationSummary {
  readonly choice: ConversationChoice
}

/** Who owns which conversation, and which run has it. */
export interface ConversationRegistry {
  /**
   * Claims a conversation for a run, a new one when no id is given; `question` becomes the title of a new one, `choice`
   * what was chosen for it from now on. One run at a time.
   * Throws CONVERSATION_NOT_FOUND (foreign ones too), CONVERSATION_BUSY with `details.runId`, CONVERSATION_FULL.
   */
  claim(
    userId: string,
    conversationId: string | undefined,
    runId: string,
    question: string,
    choice?: ConversationChoice
  ): Promise<string>
  /** Ends the claim; does nothing when another run has it. Never rejects. */
  release(conversationId: string, runId: string): Promise<void>
  /** Number of the run's claim, where checkpoints are written under one; see `configurable.fence`. */
  fenceOf(conversationId: string, runId: string): string | undefined
  /** All that a user has, in no order; as many as one user may have at most. */
  list(userId: string): Promise<readonly ConversationSummary[]>
  /** Throws CONVERSATION_NOT_FOUND, like those below. */
  get(userId: string, conversationId: string): Promise<ChosenConversation>
  rename(userId: string, conversationId: string, title: string): Promise<ConversationSummary>
  /** Forgets it with all that was said; nothing can be written to it any more. */
  remove(userId: string, conversationId: string): Promise<void>
}

/** Deleted, expired, never there, someone else's: the same words, so that nobody learns which. */
export function notYours(): AppError {
  return new AppError('CONVERSATION_NOT_FOUND', 'There is no such conversation of yours.')
}

export interface MemoryConversationRegistry extends ConversationRegistry {
  /** Forgets what was asked last before this time (ms), unless it is being answered; answers how many of how many. */
  forgetBefore(time: number): Promise<{ readonly lookedAt: number; readonly forgotten: number }>
}

/** The registry in memory: the conversation that was used least recently gives way at the limit. */
export function createMemoryConversationRegistry(
  options: ConversationRegistryOptions
): MemoryConversationRegistry {
  const { maxTurns, onForgotten, now = Date.now } = options
  const conversations = new Map<string, Conversation>()

  function touch(id: string, conversation: Conversation): void {
    conversations.delete(id)
    conversations.set(id, conversation)
  }

  function owned(userId: string, id: string): Conversation {
    const conversation = conversations.get(id)
    if (conversation?.userId === userId) return conversation
    throw notYours()
  }

  async function open(asked: Pick<Conversation, 'userId' | 'runId' | 'title' | 'choice'>) {
    await makeRoom(conversations, options, asked.userId)
    const id = randomUUID()
    const createdAt = now()
    touch(id, { ...asked, turns: 1, createdAt, updatedAt: createdAt })
    return id
  }

  return {
    async claim(userId, conversationId, runId, question, choice = {}) {
      const title = titleOf(question)
      if (conversationId === undefined) return open({ userId, runId, title, choice })
      const conversation = owned(userId, conversationId)
      checkFree(conversation, maxTurns)
      Object.assign(conversation, { runId, choice })
      conversation.turns += 1
      conversation.updatedAt = now()
      touch(conversationId, conversation)
      return conversationId
    },

    async release(conversationId, runId) {
      const conversation = conversations.get(conversationId)
      if (conversation?.runId === runId) conversation.runId = undefined
    },

    fenceOf: () => undefined,

    async forgetBefore(time) {
      const lookedAt = conversations.size
      const old = [...conversations].filter(
        ([, { updatedAt, runId }]) => updatedAt < time && runId === undefined
      )
      // At once, before one of them is claimed again.
      for (const [id] of old) conversations.delete(id)
      for (const [id] of old) await onForgotten(id)
      return { lookedAt, forgotten: old.length }
    },

    async list(userId) {
      const mine = [...conversations].filter(([, conversation]) => conversation.userId === userId)
      return mine.map(([id, conversation]) => summaryOf(id, conversation))
    },

    get: async (userId, id) => summaryOf(id, owned(userId, id)),

    async rename(userId, id, title) {
      const conversation = owned(userId, id)
      conversation.title = title
      return summaryOf(id, conversation)
    },

    async remove(userId, id) {
      owned(userId, id)
      conversations.delete(id)
      await onForgotten(id)
    }
  }
}

function summaryOf(id: string, conversation: Conversation): ChosenConversation {
  const { title, createdAt, updatedAt, runId, choice } = conversation
  return { id, title, createdAt, updatedAt, runId, choice }
}

function checkFree({ runId, turns }: Conversation, maxTurns: number): void {
  if (runId !== undefined) {
    throw new AppError('CONVERSATION_BUSY', 'The previous question is still being answered.', {
      details: { runId }
    })
  }
  if (turns >= maxTurns) {
    throw new AppError('CONVERSATION_FULL', `This conversation has ${maxTurns} questions.`)
  }
}

async function makeRoom(
  conversations: Map<string, Conversation>,
  { maxConversations, maxConversationsPerUser, onForgotten }: ConversationRegistryOptions,
  userId: string
): Promise<void> {
  const own = [...conversations.values()].filter((conversation) => conversation.userId === userId)
  const isOwnShareUsed = own.length >= maxConversationsPerUser
  if (!isOwnShareUsed && conversations.size < maxConversations) return
  const oldest = oldestIdle(conversations, isOwnShareUsed ? userId : undefined)
  if (oldest !== undefined) {
    conversations.delete(oldest)
    return onForgotten(oldest)
  }
  throw new AppError('TOO_MANY_RUNS', 'Every conversation there is room for is being answered.', {
    details: { retryAfterSeconds: 5 }
  })
}

function oldestIdle(
  conversations: ReadonlyMap<string, Conversation>,
  userId: string | undefined
): string | undefined {
  for (const [id, conversation] of conversations) {
    const isTheirs = userId === undefined || conversation.userId === userId
    if (isTheirs && conversation.runId === undefined) return id
  }
  return undefined
}
