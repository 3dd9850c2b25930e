import type { RunnableConfig } from '@langchain/core/runnables'
import { isIdentifier } from './redis-keys.ts'

/** Where in a conversation LangGraph reads or writes, and under which claim. */
export interface CheckpointPlace {
  readonly threadId: string
  readonly namespace: string
  /** Nothing: the head to read from, no parent to write to. */
  readonly checkpointId: string
  /** `configurable.fence`: the claim's number. Nothing: whoever has the conversation. */
  readonly fence: string
  /** `configurable.turn`: id of the question being answered. Nothing: the checkpoint belongs to no turn. */
  readonly turn: string
}

/** The place a config names; undefined without a conversation. Throws on what cannot be part of a key. */
export function placeOf({ configurable = {} }: RunnableConfig): CheckpointPlace | undefined {
  const { thread_id, checkpoint_ns = '', checkpoint_id = '', fence = '', turn = '' } = configurable
  if (thread_id === undefined) return undefined
  return {
    threadId: nonEmpty('thread_id', thread_id),
    namespace: identifier('checkpoint_ns', checkpoint_ns),
    checkpointId: identifier('checkpoint_id', checkpoint_id),
    fence: String(fence),
    turn: identifier('turn', turn)
  }
}

/** Like `placeOf`, for a write: without a conversation there is nowhere to write to. */
export function placeToWrite(config: RunnableConfig): CheckpointPlace {
  const place = placeOf(config)
  if (!place) throw new Error('"thread_id" is missing: a checkpoint belongs to a conversation')
  return place
}

/** The config that leads to a checkpoint; the claim travels along. */
export function configOf(place: CheckpointPlace, checkpointId: string): RunnableConfig {
  const { threadId: thread_id, namespace: checkpoint_ns, fence } = place
  return {
    configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpointId, ...(fence && { fence }) }
  }
}

export function nonEmpty(name: string, value: unknown): string {
  if (value === '') throw new Error(`"${name}" is empty`)
  return identifier(name, value)
}

function identifier(name: string, value: unknown): string {
  if (isIdentifier(value)) return value
  throw new Error(`"${name}" is not a short string without control characters`)
}
