import { AppError } from '../errors.ts'
import { type RedisReply, runScript } from '../platform/redis-script.ts'
import { decodeChoice } from './conversation-choice.ts'
import { type ConversationRegistry, notYours } from './conversation-registry.ts'
import type {
  ConversationScriptsOptions,
  RunConversationScript,
  ScriptAnswer
} from './conversation-scripts.ts'
import { type ConversationSummary, titleOf } from './conversation-summary.ts'
import { DELETE } from './redis-checkpoint-scripts.ts'
import { conversationKeys, isIdentifier, TOMBSTONE_SECONDS, userKey } from './redis-keys.ts'
import { DESCRIBE, LIST } from './redis-summary-scripts.ts'

export interface RedisConversationListOptions extends ConversationScriptsOptions {
  readonly maxConversationsPerUser: number
}

/** What a user sees of conversations and may do with them, apart from asking. */
export type RedisConversationList = Pick<ConversationRegistry, 'list' | 'get' | 'rename' | 'remove'>

export function createRedisConversationList(
  options: RedisConversationListOptions,
  run: RunConversationScript
): RedisConversationList {
  const { client, deployment, maxConversationsPerUser } = options
  const [conversationPrefix] = conversationKeys(deployment, '')
  const users = userKey(deployment, '')

  async function describe(userId: string, id: string, title: string) {
    if (!isIdentifier(id)) throw notYours()
    const args = [id, userId, userKey(deployment, userId), title]
    const { parts } = await run(DESCRIBE, id, args).catch(hideDeleted)
    return { ...toSummary(parts[0]), choice: decodeChoice(String(parts[1])) }
  }

  return {
    async list(userId) {
      const keys = [userKey(deployment, userId)]
      const args = [conversationPrefix, userId, maxConversationsPerUser]
      const [, found] = (await runScript(client, LIST, { keys, args })) as RedisReply[]
      return (found as RedisReply[]).map(toSummary)
    },

    get: (userId, id) => describe(userId, id, ''),
    rename: describe,

    async remove(userId, id) {
      if (!isIdentifier(id)) throw notYours()
      await run(DELETE, id, [id, TOMBSTONE_SECONDS, users, 'own', userId]).catch(hideDeleted)
    }
  }
}

function toSummary(reply: RedisReply | undefined): ConversationSummary {
  const [id, title, created, asked, runId] = (reply as RedisReply[]).map(String)
  return {
    id: id ?? '',
    // Conversations of earlier versions have none until the next question.
    title: title || titleOf(''),
    createdAt: Number(created),
    updatedAt: Number(asked),
    runId: runId || undefined
  }
}

/** See `notYours`. */
export function hideDeleted(error: unknown): ScriptAnswer {
  throw error instanceof AppError && error.code === 'CONVERSATION_NOT_FOUND' ? notYours() : error
}
