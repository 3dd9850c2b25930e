import type { AgentEvent, SnapshotMessage } from '../agent/agent-events.ts'
import { cutBlocks } from './blocks.ts'
import {
  type Answer,
  emptyAnswer,
  type Failure,
  type TextPart,
  type ToolPart,
  undecided
} from './message.ts'

/** What a tool step keeps of a result; the rest stays with the service. */
export const MAX_KEPT_RESULT_CHARS = 100_000

type EventOf<T extends AgentEvent['type']> = Extract<AgentEvent, { type: T }>
type CustomOf<N extends EventOf<'CUSTOM'>['name']> = Extract<EventOf<'CUSTOM'>, { name: N }>

/**
 * The answer after one more event. Pure; unknown events change nothing, so an older page can read a
 * newer service. A log read again from its RUN_STARTED leads to the same answer.
 */
export function fold(answer: Answer, event: AgentEvent): Answer {
  const folder = FOLDERS[event.type] as ((a: Answer, e: AgentEvent) => Answer) | undefined
  return folder ? folder(answer, event) : answer
}

const FOLDERS: { readonly [T in AgentEvent['type']]: (a: Answer, e: EventOf<T>) => Answer } = {
  RUN_STARTED: (answer, event) => ({
    ...emptyAnswer(answer.id, answer.questionId),
    runId: event.runId,
    conversationId: event.threadId,
    stopping: answer.stopping,
    phase: 'running'
  }),
  TEXT_MESSAGE_START: (answer, event) => withText(answer, event.messageId, (part) => part),
  TEXT_MESSAGE_CONTENT: (answer, event) =>
    withText(answer, event.messageId, (part) => append(part, event.delta)),
  TEXT_MESSAGE_END: (answer, event) => withText(answer, event.messageId, closeText),
  TOOL_CALL_START: (answer, event) =>
    withTool(answer, event.toolCallId, (part) => ({ ...part, name: event.toolCallName })),
  TOOL_CALL_ARGS: (answer, event) =>
    withTool(answer, event.toolCallId, (part) => ({ ...part, args: part.args + event.delta })),
  TOOL_CALL_END: (answer) => answer,
  TOOL_CALL_RESULT: (answer, event) =>
    withTool(answer, event.toolCallId, (part) => withResult(part, event.content)),
  MESSAGES_SNAPSHOT: (answer, event) => fromSnapshot(answer, event.messages),
  CUSTOM: (answer, event) => {
    const folder = CUSTOM_FOLDERS[event.name] as ((a: Answer, e: AgentEvent) => Answer) | undefined
    return folder ? folder(answer, event) : answer
  },
  RUN_FINISHED: (answer) => ended(answer, 'finished'),
  RUN_ERROR: (answer, event) => ended(withFailure(answer, event), 'failed')
}

const CUSTOM_FOLDERS: {
  readonly [N in EventOf<'CUSTOM'>['name']]: (a: Answer, e: CustomOf<N>) => Answer
} = {
  queued: (answer, event) => ({ ...answer, place: event.value.place }),
  retrying: (answer, event) => ({
    ...answer,
    retrying: event.value.seconds > 0 ? event.value : undefined
  }),
  log_cut: (answer) => answer,
  // The footer says it.
  gap: (answer) => answer,
  model: (answer, event) => ({
    ...answer,
    model: event.value,
    // Of an attempt before, whose call is not under way any more.
    elicitations: event.value.insteadOf ? answer.elicitations : [],
    place: undefined,
    retrying: undefined,
    footer: undefined,
    failure: undefined
  }),
  tool_call: (answer, event) =>
    withTool(answer, event.value.toolCallId, (part) => ({
      ...part,
      state: event.value.isError ? 'failed' : 'done',
      note: event.value
    })),
  tool_progress: (answer, { value }) =>
    withTool(answer, value.toolCallId, (part) => ({ ...part, progress: value })),
  compacted: (answer, event) => ({ ...answer, summary: event.value.summary }),
  approval_requested: (answer, event) =>
    withApprovals(
      answer,
      event.value.actions.map(
        (action) =>
          answer.approvals.find(({ toolCallId: id }) => id === action.toolCallId) ?? action
      )
    ),
  approval_decided: (answer, event) =>
    withApprovals(
      answer,
      answer.approvals.map((action) =>
        action.toolCallId === event.value.toolCallId ? { ...action, ...event.value } : action
      )
    ),
  elicitation_requested: (answer, { value }) => ({
    ...answer,
    elicitations: [...withoutForm(answer, value.elicitationId), value]
  }),
  elicitation_closed: (answer, { value }) => ({
    ...answer,
    elicitations: withoutForm(answer, value.elicitationId)
  }),
  model_call: (answer) => answer,
  claims: (answer, { value: { messageId, marks } }) =>
    withText(answer, messageId, (part) => ({ ...part, marks })),
  footer: (answer, event) => ({ ...answer, footer: event.value }),
  stopped: (answer) => ({ ...answer, phase: 'stopped' }),
  error: (answer, event) => ({ ...answer, failure: { details: undefined, ...event.value } })
}

/** What was said since the newest question: another replica goes on from it, or the log was cut. */
function fromSnapshot(answer: Answer, messages: readonly SnapshotMessage[]): Answer {
  const question = messages.findLastIndex(({ role }) => role === 'user')
  const events = messages.slice(question + 1).flatMap(eventsOf)
  return events.reduce(fold, { ...answer, parts: [] })
}

function eventsOf(message: SnapshotMessage): AgentEvent[] {
  const { id: messageId, role, content } = message
  if (role === 'user') return []
  if (role === 'tool') {
    return [{ type: 'TOOL_CALL_RESULT', messageId, role, content, toolCallId: message.toolCallId }]
  }
  const calls = (message.toolCalls ?? []).flatMap(({ id: toolCallId, function: call }) => [
    { type: 'TOOL_CALL_START' as const, toolCallId, toolCallName: call.name },
    { type: 'TOOL_CALL_ARGS' as const, toolCallId, delta: call.arguments }
  ])
  if (!content) return calls
  return [
    { type: 'TEXT_MESSAGE_CONTENT', messageId, delta: content },
    { type: 'TEXT_MESSAGE_END', messageId },
    ...calls
  ]
}

function withoutForm({ elicitations }: Answer, id: string): Answer['elicitations'] {
  return elicitations.filter(({ elicitationId }) => elicitationId !== id)
}

/** Until all is decided nothing moves. */
function withApprovals(before: Answer, approvals: Answer['approvals']): Answer {
  const answer = { ...before, approvals }
  const state = undecided(answer).length > 0 ? 'waiting' : 'running'
  return approvals.reduce(
    (now, { toolCallId }) =>
      withTool(now, toolCallId, (part) => (isOpenPart(part) ? { ...part, state } : part)),
    answer
  )
}

const isOpenPart = ({ state }: ToolPart): boolean => state === 'running' || state === 'waiting'

function withResult(part: ToolPart, result: string): ToolPart {
  return {
    ...part,
    state: part.note?.isError ? 'failed' : 'done',
    result: result.slice(0, MAX_KEPT_RESULT_CHARS)
  }
}

function withFailure(answer: Answer, event: EventOf<'RUN_ERROR'>): Answer {
  const { code, message } = event
  const told: Failure = { code, message, retryable: true, details: undefined }
  return { ...answer, failure: answer.failure?.code === code ? answer.failure : told }
}

function ended(answer: Answer, phase: 'finished' | 'failed'): Answer {
  const stopped = answer.phase === 'stopped'
  return {
    ...answer,
    phase: stopped ? 'stopped' : phase,
    failure: stopped || phase === 'finished' ? undefined : answer.failure,
    stopping: false,
    elicitations: [],
    link: 'live',
    parts: answer.parts.map((part) => (part.kind === 'text' ? closeText(part) : abandon(part)))
  }
}

/** Ends an answer whose run can no longer be read; what came stays. */
export function failAnswer(answer: Answer, failure: Failure): Answer {
  return { ...ended({ ...answer, failure }, 'failed'), lost: true }
}

function abandon(part: ToolPart): ToolPart {
  return isOpenPart(part) ? { ...part, state: 'abandoned' } : part
}

function append(part: TextPart, delta: string): TextPart {
  const tail = part.tail + delta
  if (!delta.includes('\n')) return { ...part, tail }
  const cut = cutBlocks(tail)
  return {
    ...part,
    done: cut.done.length > 0 ? [...part.done, ...cut.done] : part.done,
    tail: cut.tail
  }
}

/** The part of a message that is there as a whole. */
export function wholeText(id: string, text: string): TextPart {
  const { done, tail } = cutBlocks(text)
  return closeText({ kind: 'text', id, done, tail })
}

function closeText(part: TextPart): TextPart {
  if (part.tail.trim() === '') return { ...part, tail: '' }
  return { ...part, done: [...part.done, part.tail], tail: '' }
}

function withText(answer: Answer, id: string, change: (part: TextPart) => TextPart): Answer {
  const index = answer.parts.findIndex((part) => part.kind === 'text' && part.id === id)
  const part = answer.parts[index]
  if (part?.kind === 'text') return { ...answer, parts: answer.parts.with(index, change(part)) }
  const fresh = change({ kind: 'text', id, done: [], tail: '' })
  return { ...answer, parts: [...answer.parts, fresh] }
}

function withTool(answer: Answer, id: string, change: (part: ToolPart) => ToolPart): Answer {
  const index = answer.parts.findIndex((part) => part.kind === 'tool' && part.id === id)
  const part = answer.parts[index]
  if (part?.kind === 'tool') return { ...answer, parts: answer.parts.with(index, change(part)) }
  return { ...answer, parts: [...answer.parts, change(newTool(id))] }
}

function newTool(id: string): ToolPart {
  return {
    kind: 'tool',
    id,
    name: '',
    args: '',
    state: 'running',
    result: undefined,
    note: undefined
  }
}
