import { randomUUID } from 'node:crypto'
import type { BaseMessage } from '@langchain/core/messages'
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import type { Redis } from 'ioredis'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'

export const META = { source: 'loop', step: 0, parents: {} } as const

/** Checkpoints of a deployment and a conversation of their own, unless told which. */
export function createCheckpoints(client: Redis, deployment: string = randomUUID()) {
  const checkpointer = new RedisCheckpointer({ client, deployment, ttlDays: 30 })
  return { checkpointer, deployment, threadId: randomUUID() }
}

export function texts(messages: readonly BaseMessage[]): string[] {
  return messages.map(({ type, text }) => `${type}: ${text}`)
}

export function checkpointOf(messages: readonly BaseMessage[], id: string = uuid6(0)) {
  const versions = { messages: 1 }
  return { ...emptyCheckpoint(), id, channel_values: { messages }, channel_versions: versions }
}

export async function put(
  checkpointer: RedisCheckpointer,
  configurable: object,
  messages: BaseMessage[]
) {
  return checkpointer.put({ configurable }, checkpointOf(messages), META, { messages: 1 })
}

export async function messagesOf(checkpointer: RedisCheckpointer, configurable: object) {
  const tuple = await checkpointer.getTuple({ configurable })
  return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
}

/** Of every checkpoint of a conversation, the newest first. */
export async function idsOf(checkpointer: RedisCheckpointer, thread_id: string) {
  const found: string[] = []
  for await (const { checkpoint } of checkpointer.list({ configurable: { thread_id } })) {
    found.push(checkpoint.id)
  }
  return found
}
