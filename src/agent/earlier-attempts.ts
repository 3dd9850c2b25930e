import type { ToolResult } from '../tool-server.ts'
import type {
  AgentEvent,
  CustomEvent,
  ModelCallNote,
  SnapshotMessage,
  ToolCallNote
} from './agent-events.ts'
import type { PlannedCall } from './agent-step.ts'
import { approvalsIn, type Decisions } from './approvals.ts'
import { callsIn } from './earlier-calls.ts'

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
