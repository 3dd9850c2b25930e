import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import type { ClaimNote } from '../conversations/claim-note.ts'
import { type ReadMessage, toReadMessages } from '../conversations/conversation-reader.ts'
import { branchPoint, type ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import type { AnswerClaims, SnapshotMessage } from './agent-events.ts'
import { type Turn, type TurnPlace, threadOf } from './agent-turn.ts'

/** Of all tool results in one snapshot; the oldest give way. */
const MAX_SNAPSHOT_RESULT_CHARACTERS = 512 * 1024

/** Where a turn goes on, and of a later attempt what is stored there. Throws MESSAGE_NOT_FOUND. */
export async function findPlace(
  checkpointer: ConversationCheckpointer,
  turn: Turn
): Promise<{ readonly place: TurnPlace; readonly stored: readonly BaseMessage[] }> {
  const { runId, conversationId, attempt, branch } = turn
  const head = attempt > 1 ? await readStored(checkpointer, threadOf(turn)) : NOTHING_STORED
  if (head.messages.some(({ id }) => id === runId)) {
    const place = { isAsked: true, isCut: !isAnswered(head.messages), from: undefined }
    return { place, stored: [...head.messages, ...head.written] }
  }
  const from = await branchPoint(checkpointer, conversationId, branch)
  const place = { isAsked: false, isCut: false, from }
  if (attempt === 1 || from === undefined) return { place, stored: head.messages }
  return { place, stored: (await readStored(checkpointer, threadOf(turn, place))).messages }
}

/** The last word is the model's own, and whole. */
function isAnswered(messages: readonly BaseMessage[]): boolean {
  const last = messages.at(-1)
  return isWholeAnswer(last) && !last.tool_calls?.length
}

interface Stored {
  readonly messages: readonly BaseMessage[]
  /** What parts of a step have come to whose checkpoint is not written yet: results of calls, or an answer. */
  readonly written: readonly BaseMessage[]
}

const NOTHING_STORED: Stored = { messages: [], written: [] }

/** Under a claim it waits for a Redis that is gone, as what is written does. */
async function readStored(
  checkpointer: BaseCheckpointSaver,
  config: RunnableConfig
): Promise<Stored> {
  const tuple = await checkpointer.getTuple(config)
  const messages = tuple?.checkpoint.channel_values.messages
  if (!tuple || !Array.isArray(messages)) return NOTHING_STORED
  const known = new Set(messages.map(({ id }) => id))
  const written = writtenAt(tuple).filter(({ id }) => !known.has(id))
  return { messages, written: [...new Map(written.map((one) => [one.id, one])).values()] }
}

/** Nothing else: an update that was cut off leaves its writes, a cut answer, at the checkpoint it began from. */
function writtenAt({ pendingWrites = [] }: CheckpointTuple): BaseMessage[] {
  return pendingWrites
    .flatMap(([, channel, value]) => (channel === 'messages' ? [value].flat() : []))
    .filter((one) => ToolMessage.isInstance(one) || isWholeAnswer(one))
}

function isWholeAnswer(message: unknown): message is AIMessage {
  return AIMessage.isInstance(message) && message.additional_kwargs.incomplete !== true
}

/** What is stored of a conversation now, at its head or elsewhere, what a step has come to that had not ended included. */
export async function storedMessages(
  checkpointer: BaseCheckpointSaver,
  thread_id: string,
  checkpoint_id = ''
): Promise<BaseMessage[]> {
  const stored = await readStored(checkpointer, { configurable: { thread_id, checkpoint_id } })
  return [...stored.messages, ...stored.written]
}

/** What lies at a turn's head without its checkpoint and leaves nothing open: results, or the answer. */
export async function pendingResults(
  checkpointer: BaseCheckpointSaver,
  turn: Turn
): Promise<readonly BaseMessage[]> {
  const { written } = await readStored(checkpointer, threadOf(turn))
  return written.filter((message) => ToolMessage.isInstance(message) || isAnswered([message]))
}

/** The conversation as AG-UI's clients take it over. */
export function toSnapshot(messages: readonly BaseMessage[]): SnapshotMessage[] {
  return toReadMessages(messages, MAX_SNAPSHOT_RESULT_CHARACTERS).flatMap(snapshotOf)
}

function snapshotOf({ id, role, text, toolCalls = [] }: ReadMessage): SnapshotMessage[] {
  if (role === 'user') return [{ id, role, content: text }]
  const calls = toolCalls.map(({ toolCallId, name, arguments: input }) => ({
    id: toolCallId,
    type: 'function' as const,
    function: { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) }
  }))
  const results = toolCalls.flatMap(({ toolCallId, result }) =>
    result === undefined
      ? []
      : [{ id: `${toolCallId}-result`, role: 'tool' as const, toolCallId, content: result }]
  )
  return [{ id, role, content: text, ...(calls.length > 0 && { toolCalls: calls }) }, ...results]
}

/** What was found about the answers of this run: a snapshot does not tell it. */
export function knownClaims(stored: readonly BaseMessage[], runId: string): AnswerClaims[] {
  const asked = stored.findIndex(({ id }) => id === runId)
  return stored.slice(Math.max(0, asked)).flatMap(({ id = '', additional_kwargs }) => {
    const note = additional_kwargs.claims as ClaimNote | undefined
    return note ? [{ messageId: id, ...note }] : []
  })
}
