import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import type { ClaimNote } from '../conversations/claim-note.ts'
import { type ReadMessage, toReadMessages } from '../conversations/conversation-reader.ts'
import { branchPoint, type ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import type { ToolResult } from '../tool-server.ts'
import type {
  AgentEvent,
  AnswerClaims,
  CustomEvent,
  ModelCallNote,
  SnapshotMessage,
  ToolCallNote
} from './agent-events.ts'
import type { PlannedCall } from './agent-step.ts'
import { type Turn, type TurnPlace, threadOf } from './agent-turn.ts'
import { approvalsIn, type Decisions } from './approvals.ts'
import { callsIn } from './earlier-calls.ts'

/** Of all tool results in one snapshot; the oldest give way. */
const MAX_SNAPSHOT_RESULT_CHARACTERS = 512 * 1024

/** What earlier attempts of a run came to, from the events that readers have seen. */
export interface EarlierAttempts {
  /** Finished calls: what readers know of them is not in the conversation. */
  readonly notes: ReadonlyMap<string, ToolCallNote>
  /** Results that were shown: these calls are never made again, also where the conversation has lost them. */
  readonly results: ReadonlyMap<string, string>
  /** In the order in which they were asked for. */
  readonly calls: readonly PlannedCall[]
  /** By number. */
  readonly modelCalls: readonly ModelCallNote[]
  /** Of all attempts, for the footer. */
  readonly gaps: readonly string[]
  /** What waited for a person, and what they decided. */
  readonly approvals: readonly CustomEvent[]
  readonly decisions: Decisions
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
    calls: callsIn(events),
    modelCalls: modelCallsIn(events),
    gaps: gapsIn(events),
    approvals: approvalsIn(events),
    decisions: decisionsIn(events),
    openText: openTextOf(events)
  }
}

function decisionsIn(events: readonly AgentEvent[]): Decisions {
  return new Map(
    events.flatMap((event) =>
      event.type === 'CUSTOM' && event.name === 'approval_decided'
        ? [[event.value.toolCallId, event.value] as const]
        : []
    )
  )
}

function modelCallsIn(events: readonly AgentEvent[]): ModelCallNote[] {
  const notes = events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'model_call' ? [event.value] : []
  )
  return [...new Map(notes.map((note) => [note.number, note])).values()]
}

function gapsIn(events: readonly AgentEvent[]): string[] {
  const told = events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'gap' ? [event.value.sentence] : []
  )
  return [...new Set(told)]
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
  turn: Turn
): Promise<{ readonly place: TurnPlace; readonly stored: readonly BaseMessage[] }> {
  const { runId, conversationId, attempt, branch } = turn
  const head = attempt > 1 ? await readStored(checkpointer, threadOf(turn)) : NOTHING_STORED
  if (head.messages.some(({ id }) => id === runId)) {
    const place = { isAsked: true, isCut: !isAnswered(head.messages), from: undefined }
    return { place, stored: [...head.messages, ...head.results] }
  }
  const from = await branchPoint(checkpointer, conversationId, branch)
  const place = { isAsked: false, isCut: false, from }
  if (attempt === 1 || from === undefined) return { place, stored: head.messages }
  return { place, stored: (await readStored(checkpointer, threadOf(turn, place))).messages }
}

/** The last word is the model's own, and whole. */
function isAnswered(messages: readonly BaseMessage[]): boolean {
  const last = messages.at(-1)
  if (!AIMessage.isInstance(last)) return false
  return !last.tool_calls?.length && last.additional_kwargs.incomplete !== true
}

interface Stored {
  readonly messages: readonly BaseMessage[]
  /** Of calls whose step had not ended. */
  readonly results: readonly BaseMessage[]
}

const NOTHING_STORED: Stored = { messages: [], results: [] }

/** Under a claim it waits for a Redis that is gone, as what is written does. */
async function readStored(
  checkpointer: BaseCheckpointSaver,
  config: RunnableConfig
): Promise<Stored> {
  const tuple = await checkpointer.getTuple(config)
  const messages = tuple?.checkpoint.channel_values.messages
  if (!tuple || !Array.isArray(messages)) return NOTHING_STORED
  const known = new Set(messages.map(({ id }) => id))
  const results = resultsIn(tuple).filter(({ id }) => !known.has(id))
  return { messages, results: [...new Map(results.map((result) => [result.id, result])).values()] }
}

/** Nothing else: an update that was cut off leaves its writes at the checkpoint it began from. */
function resultsIn({ pendingWrites = [] }: CheckpointTuple): ToolMessage[] {
  return pendingWrites
    .flatMap(([, channel, value]) => (channel === 'messages' ? [value].flat() : []))
    .filter((message): message is ToolMessage => ToolMessage.isInstance(message))
}

/** What is stored of a conversation now, at its head or elsewhere, results included whose step had not ended. */
export async function storedMessages(
  checkpointer: BaseCheckpointSaver,
  thread_id: string,
  checkpoint_id = ''
): Promise<BaseMessage[]> {
  const stored = await readStored(checkpointer, { configurable: { thread_id, checkpoint_id } })
  return [...stored.messages, ...stored.results]
}

/** Results at a turn's head whose step has not ended. */
export async function pendingResults(
  checkpointer: BaseCheckpointSaver,
  turn: Turn
): Promise<readonly BaseMessage[]> {
  return (await readStored(checkpointer, threadOf(turn))).results
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

/** What is known of the calls whose results are among these messages. */
export function knownNotes(
  { notes }: Pick<EarlierAttempts, 'notes'>,
  messages: readonly SnapshotMessage[]
): ToolCallNote[] {
  return messages.flatMap((message) => {
    const note = message.role === 'tool' ? notes.get(message.toolCallId) : undefined
    return note ? [note] : []
  })
}

/** What was found about the answers of this run: a snapshot does not tell it. */
export function knownClaims(stored: readonly BaseMessage[], runId: string): AnswerClaims[] {
  const asked = stored.findIndex(({ id }) => id === runId)
  return stored.slice(Math.max(0, asked)).flatMap(({ id = '', additional_kwargs }) => {
    const note = additional_kwargs.claims as ClaimNote | undefined
    return note ? [{ messageId: id, ...note }] : []
  })
}

/** Results as they were shown, for calls whose checkpoint is lost. */
export function knownResults({ notes, results }: EarlierAttempts): ReadonlyMap<string, ToolResult> {
  return new Map([...results].map(([id, text]) => [id, toResult(text, notes.get(id))]))
}

function toResult(text: string, note: ToolCallNote | undefined): ToolResult {
  const { isError = false, links = [], gaps = [], rows } = note ?? {}
  return { isError, text, links, gaps, ...(rows !== undefined && { rows }) }
}

/** What readers need before a new attempt goes on: an end to what was open, and what there is instead. */
export function resumeEvents(
  earlier: EarlierAttempts,
  messages: readonly SnapshotMessage[]
): AgentEvent[] {
  const { openText, notes, modelCalls } = earlier
  return [
    ...(openText ? [{ type: 'TEXT_MESSAGE_END' as const, messageId: openText.messageId }] : []),
    ...snapshotEvents(notes, messages),
    ...modelCalls.map((value) => ({ type: 'CUSTOM' as const, name: 'model_call' as const, value })),
    ...earlier.approvals
  ]
}

/** What there is, and what is known of the calls in it. */
export function snapshotEvents(
  notes: EarlierAttempts['notes'],
  messages: readonly SnapshotMessage[]
): AgentEvent[] {
  const known = knownNotes({ notes }, messages)
  return [
    { type: 'MESSAGES_SNAPSHOT', messages },
    ...known.map((value) => ({ type: 'CUSTOM' as const, name: 'tool_call' as const, value }))
  ]
}
