import type { BaseMessage } from '@langchain/core/messages'
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import { type ReadMessage, toReadMessages } from '../conversations/conversation-reader.ts'
import { branchPoint, type ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import type { AgentEvent, SnapshotMessage, ToolCallNote } from './agent-events.ts'
import type { Turn, TurnPlace } from './agent-turn.ts'

/** Of all tool results in one snapshot; the oldest give way. */
const MAX_SNAPSHOT_RESULT_CHARACTERS = 512 * 1024

/** What earlier attempts of a run came to, from the events that readers have seen. */
export interface EarlierAttempts {
  /** Finished calls: what readers know of them is not in the conversation. */
  readonly notes: ReadonlyMap<string, ToolCallNote>
  /** Results that were shown: these calls are never made again, also where the conversation has lost them. */
  readonly results: ReadonlyMap<string, string>
  /** A text that was cut off in the middle. */
  readonly openText: { readonly messageId: string; readonly text: string } | undefined
}

/** The newest word on anything counts. */
export function readEarlier(events: readonly AgentEvent[]): EarlierAttempts {
  return {
    notes: new Map(
      events.flatMap((event) =>
        event.type === 'CUSTOM' && event.name === 'tool_call'
          ? [[event.value.toolCallId, event.value] as const]
          : []
      )
    ),
    results: new Map([...events.flatMap(snapshotResults), ...events.flatMap(toldResults)]),
    openText: openTextOf(events)
  }
}

type Result = readonly [callId: string, text: string]

function toldResults(event: AgentEvent): Result[] {
  return event.type === 'TOOL_CALL_RESULT' ? [[event.toolCallId, event.content]] : []
}

/** Of this run: a log that was cut has its results nowhere else. */
function snapshotResults(event: AgentEvent): Result[] {
  if (event.type !== 'MESSAGES_SNAPSHOT') return []
  const question = event.messages.findLastIndex(({ role }) => role === 'user')
  return event.messages
    .slice(question + 1)
    .flatMap((message) => (message.role === 'tool' ? [[message.toolCallId, message.content]] : []))
}

function openTextOf(events: readonly AgentEvent[]): EarlierAttempts['openText'] {
  const since = events.slice(
    Math.max(
      0,
      events.findLastIndex(({ type }) => type === 'TEXT_MESSAGE_START')
    )
  )
  const [first] = since
  if (first?.type !== 'TEXT_MESSAGE_START') return undefined
  if (since.some(({ type }) => type === 'TEXT_MESSAGE_END')) return undefined
  const deltas = since.flatMap((event) =>
    event.type === 'TEXT_MESSAGE_CONTENT' ? [event.delta] : []
  )
  return { messageId: first.messageId, text: deltas.join('') }
}

/** Where a turn goes on, and of a later attempt what is stored there. Throws MESSAGE_NOT_FOUND. */
export async function findPlace(
  checkpointer: ConversationCheckpointer,
  { runId, conversationId, attempt, branch }: Turn
): Promise<{ readonly place: TurnPlace; readonly stored: BaseMessage[] }> {
  const head = attempt > 1 ? await storedMessages(checkpointer, conversationId) : []
  const isAsked = head.some(({ id }) => id === runId)
  const from = isAsked ? undefined : await branchPoint(checkpointer, conversationId, branch)
  const isElsewhere = attempt > 1 && from !== undefined
  const stored = isElsewhere ? await storedMessages(checkpointer, conversationId, from) : head
  return { place: { isAsked, from }, stored }
}

/** What is stored of a conversation now, at its head or elsewhere, results included whose step had not ended. */
export async function storedMessages(
  checkpointer: BaseCheckpointSaver,
  thread_id: string,
  checkpoint_id = ''
): Promise<BaseMessage[]> {
  const tuple = await checkpointer.getTuple({ configurable: { thread_id, checkpoint_id } })
  if (!tuple) return []
  const { messages } = tuple.checkpoint.channel_values
  return [...(Array.isArray(messages) ? (messages as BaseMessage[]) : []), ...pending(tuple)]
}

function pending({ pendingWrites = [] }: CheckpointTuple): BaseMessage[] {
  return pendingWrites.flatMap(([, channel, value]) =>
    channel === 'messages' ? ([value].flat() as BaseMessage[]) : []
  )
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

/** What readers need before a new attempt goes on: an end to what was open, and what there is instead. */
export function resumeEvents(
  { openText, notes }: EarlierAttempts,
  messages: readonly SnapshotMessage[]
): AgentEvent[] {
  const answered = new Set(
    messages.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []))
  )
  const known = [...notes.values()].filter(({ toolCallId }) => answered.has(toolCallId))
  return [
    ...(openText ? [{ type: 'TEXT_MESSAGE_END' as const, messageId: openText.messageId }] : []),
    { type: 'MESSAGES_SNAPSHOT', messages },
    ...known.map((value) => ({ type: 'CUSTOM' as const, name: 'tool_call' as const, value }))
  ]
}
