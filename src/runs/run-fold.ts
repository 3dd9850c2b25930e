import type {
  AgentEvent,
  CustomEvent,
  ModelCallNote,
  ModelNote,
  SnapshotMessage
} from '../agent/agent-events.ts'
import type { ErrorBody } from '../errors.ts'
import { foldDecision, foldRequest } from './approval-fold.ts'
import { foldClosed, foldElicitation } from './elicitation-fold.ts'
import type { RunStep } from './run.ts'
import type { RunOutcome } from './run-outcome.ts'

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
      endProgress(outcome)
      outcome.elicitations.length = 0
      if (outcome.state === 'running') outcome.state = 'succeeded'
      return
    case 'RUN_ERROR':
      endProgress(outcome)
      outcome.elicitations.length = 0
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
      outcome.claims = undefined
      outcome.footer = undefined
      outcome.state = 'running'
      if (!event.value.insteadOf) outcome.elicitations.length = 0
      foldModel(outcome, event.value)
      return
    case 'approval_requested':
      foldRequest(outcome, event.value)
      return
    case 'approval_decided':
      foldDecision(outcome, event.value)
      return
    case 'elicitation_requested':
      foldElicitation(outcome, event.value)
      return
    case 'elicitation_closed':
      foldClosed(outcome, event.value)
      return
    case 'model_call':
      foldModelCall(outcome, event.value)
      return
    case 'claims': {
      const { found, missing, marks } = event.value
      outcome.claims = { found, missing, marks }
      return
    }
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
      const { toolCallId, gaps: _, ...facts } = event.value
      changeStep(outcome, toolCallId, facts)
      return
    }
    case 'tool_progress': {
      const { toolCallId, ...progress } = event.value
      changeStep(outcome, toolCallId, { progress })
    }
  }
}

/** A model that stands in answers under the prompt of the one before it. */
function foldModel(outcome: RunOutcome, { name, prompt, insteadOf }: ModelNote): void {
  const { standIns } = outcome
  outcome.model = name
  if (!insteadOf) {
    outcome.prompt = prompt
    return
  }
  const isKnown = standIns.some((one) => one.name === name && one.insteadOf === insteadOf.name)
  if (!isKnown) standIns.push({ name, insteadOf: insteadOf.name, reason: insteadOf.reason })
}

/** Told again by a new attempt or a log that was cut, it counts once. */
function foldModelCall({ modelCalls }: RunOutcome, call: ModelCallNote): void {
  const place = modelCalls.findIndex(({ number }) => number === call.number)
  if (place < 0) modelCalls.push(call)
  else modelCalls[place] = call
}

/** Only what belongs to this run: what came after the newest question. */
function foldSnapshot(outcome: RunOutcome, messages: readonly SnapshotMessage[]): void {
  outcome.response = ''
  outcome.steps.length = 0
  const question = messages.findLastIndex(({ role }) => role === 'user')
  for (const message of messages.slice(question + 1)) {
    if (message.role === 'tool') {
      changeStep(outcome, message.toolCallId, { result: message.content, progress: undefined })
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
    changeStep(outcome, event.toolCallId, { result: event.content, progress: undefined })
  }
}

function newStep(toolCallId: string, name: string): RunStep {
  return {
    toolCallId,
    name,
    server: undefined,
    arguments: undefined,
    progress: undefined,
    result: undefined,
    isError: undefined,
    rows: undefined,
    bytes: undefined,
    links: [],
    durationMs: undefined,
    modelCall: undefined
  }
}

function changeStep(
  { steps }: Pick<RunOutcome, 'steps'>,
  toolCallId: string,
  change: Partial<RunStep>
): void {
  const index = steps.findLastIndex((step) => step.toolCallId === toolCallId)
  const step = steps[index]
  if (step) steps[index] = { ...step, ...change }
}

/** Calls that the run did not wait for go nowhere. */
function endProgress({ steps }: RunOutcome): void {
  for (const { toolCallId, progress } of steps) {
    if (progress) changeStep({ steps }, toolCallId, { progress: undefined })
  }
}

/** Arguments come whole, in one event; a model may have written something that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
