import type { AgentEvent, CustomEvent, Footer, SnapshotMessage } from '../agent/agent-events.ts'
import type { ErrorBody } from '../errors.ts'
import type { RunState, RunStep } from './run.ts'

/** What the events of a run come to. Derived from the log alone, so every reader derives the same. */
export interface RunOutcome {
  state: RunState
  model: string | undefined
  response: string
  readonly steps: RunStep[]
  footer: Footer | undefined
  error: ErrorBody['error'] | undefined
}

export function startOutcome(): RunOutcome {
  return {
    state: 'queued',
    model: undefined,
    response: '',
    steps: [],
    footer: undefined,
    error: undefined
  }
}

type AssistantMessage = Extract<SnapshotMessage, { role: 'assistant' }>

const INTERRUPTED: ReadonlySet<string> = new Set<ErrorBody['error']['code']>([
  'DRAINING',
  'RUN_INTERRUPTED'
])

/** Takes one event in, in place. */
export function foldEvent(outcome: RunOutcome, event: AgentEvent): void {
  switch (event.type) {
    case 'RUN_STARTED':
      outcome.state = 'running'
      return
    case 'TEXT_MESSAGE_START':
      outcome.response = ''
      return
    case 'TEXT_MESSAGE_CONTENT':
      outcome.response += event.delta
      return
    case 'MESSAGES_SNAPSHOT':
      foldSnapshot(outcome, event.messages)
      return
    case 'RUN_FINISHED':
      if (outcome.state === 'running') outcome.state = 'succeeded'
      return
    case 'RUN_ERROR':
      outcome.state = INTERRUPTED.has(event.code) ? 'interrupted' : 'failed'
      return
    case 'CUSTOM':
      foldCustom(outcome, event)
      return
    default:
      foldToolCall(outcome, event)
  }
}

function foldCustom(outcome: RunOutcome, event: CustomEvent): void {
  switch (event.name) {
    case 'queued':
      outcome.state = 'queued'
      return
    case 'model':
      // Of an attempt before, where its end could not be kept.
      outcome.error = undefined
      outcome.footer = undefined
      outcome.state = 'running'
      outcome.model = event.value.name
      return
    case 'footer':
      outcome.footer = event.value
      return
    case 'stopped':
      outcome.state = 'stopped'
      return
    case 'error':
      outcome.error = event.value
      return
    case 'tool_call': {
      const { toolCallId, server, isError, durationMs, rows } = event.value
      changeStep(outcome, toolCallId, { server, isError, durationMs, rows })
    }
  }
}

/** Only what belongs to this run: what came after the newest question. */
function foldSnapshot(outcome: RunOutcome, messages: readonly SnapshotMessage[]): void {
  outcome.response = ''
  outcome.steps.length = 0
  const question = messages.findLastIndex(({ role }) => role === 'user')
  for (const message of messages.slice(question + 1)) {
    if (message.role === 'tool') {
      changeStep(outcome, message.toolCallId, { result: message.content })
    } else if (message.role === 'assistant') {
      foldAnswer(outcome, message)
    }
  }
}

function foldAnswer(outcome: RunOutcome, { content, toolCalls = [] }: AssistantMessage): void {
  if (content !== '') outcome.response = content
  for (const { id, function: call } of toolCalls) {
    outcome.steps.push({ ...newStep(id, call.name), arguments: parsed(call.arguments) })
  }
}

function foldToolCall(outcome: RunOutcome, event: AgentEvent): void {
  if (event.type === 'TOOL_CALL_START') {
    outcome.steps.push(newStep(event.toolCallId, event.toolCallName))
  } else if (event.type === 'TOOL_CALL_ARGS') {
    changeStep(outcome, event.toolCallId, { arguments: parsed(event.delta) })
  } else if (event.type === 'TOOL_CALL_RESULT') {
    changeStep(outcome, event.toolCallId, { result: event.content })
  }
}

function newStep(toolCallId: string, name: string): RunStep {
  return {
    toolCallId,
    name,
    server: undefined,
    arguments: undefined,
    result: undefined,
    isError: undefined,
    rows: undefined,
    durationMs: undefined
  }
}

function changeStep(outcome: RunOutcome, toolCallId: string, change: Partial<RunStep>): void {
  const index = outcome.steps.findLastIndex((step) => step.toolCallId === toolCallId)
  const step = outcome.steps[index]
  if (step) outcome.steps[index] = { ...step, ...change }
}

/** Arguments come whole, in one event; a model may have written something that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
