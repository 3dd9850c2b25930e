import type { Redis } from 'ioredis'
import { AppError } from '../errors.ts'
import { type RedisReply, type RedisScript, runScript } from '../platform/redis-script.ts'
import { conversationKeys, SCHEMA_VERSION } from './redis-keys.ts'

export interface ConversationScriptsOptions {
  /** A connection for commands. Whoever made it closes it. */
  readonly client: Redis
  /** Services that share a Redis are kept apart by it. */
  readonly deployment: string
}

/** What a script found: a word, and what belongs to it. */
export interface ScriptAnswer {
  readonly outcome: string
  readonly parts: readonly RedisReply[]
}

/**
 * Runs a script on one conversation's keys.
 * Throws CONVERSATION_NOT_FOUND (deleted or expired), CONVERSATION_TAKEN_OVER (the fence is an older claim's),
 * CONVERSATION_TOO_NEW and REDIS_UNAVAILABLE. Nothing was changed then, except that an answer may have been lost.
 */
export type RunConversationScript = (
  script: RedisScript,
  conversationId: string,
  args: readonly (string | number | Buffer)[],
  /** Beside those of the conversation. */
  moreKeys?: readonly string[]
) => Promise<ScriptAnswer>

export function createConversationScripts(
  options: ConversationScriptsOptions
): RunConversationScript {
  const { client, deployment } = options
  return async (script, conversationId, args, moreKeys = []) => {
    const keys = [...conversationKeys(deployment, conversationId), ...moreKeys]
    const [outcome, ...parts] = (await runScript(client, script, { keys, args })) as RedisReply[]
    const word = String(outcome)
    refuse(word, parts)
    return { outcome: word, parts }
  }
}

function refuse(outcome: string, [detail]: readonly RedisReply[]): void {
  switch (outcome) {
    case 'GONE':
      throw new AppError('CONVERSATION_NOT_FOUND', 'The conversation was deleted or has expired.')
    case 'FENCED':
      throw new AppError(
        'CONVERSATION_TAKEN_OVER',
        'The conversation was taken over: nothing more is written by the run that had it before.'
      )
    case 'NEWER':
      throw new AppError(
        'CONVERSATION_TOO_NEW',
        `The conversation is stored in form ${String(detail)}; this version knows forms up to ${SCHEMA_VERSION}.`
      )
  }
}
