import type { AgentEvent, SnapshotMessage } from '../agent/agent-events.ts'
import { approvalsIn } from '../agent/approvals.ts'
import { eventOf, type LoggedEvent } from './run.ts'
import type { RunLog } from './run-log.ts'
import { transcriptOf } from './run-transcript.ts'

export interface LogCutOptions {
  readonly runId: string
  readonly log: RunLog
  /** Beyond either, everything before gives way to what it comes to. */
  readonly maxLogEvents: number
  readonly maxLogCharacters: number
  /** The conversation, up to this run's question. */
  readonly history: () => Promise<readonly SnapshotMessage[]>
}

/** Keeps the log of a run short: its readers get the state instead of the way there. */
export interface LogCut {
  /**
   * To be told each event after it was logged. Answers what is to be logged now, after which only these events are
   * kept; nothing while the log is short, or in the middle of a text.
   */
  eventsAfter(event: AgentEvent, logged: LoggedEvent): AgentEvent[]
}

export function createLogCut(options: LogCutOptions): LogCut {
  const { runId, log, maxLogEvents, maxLogCharacters } = options
  let events = 0
  let characters = 0
  let history: readonly SnapshotMessage[] | undefined
  let _loading: Promise<void> | undefined

  /** Read only by the few runs that say so much, and once. Where it cannot be had, the log waits for the next event. */
  function load(): void {
    _loading ??= options.history().then(
      (messages) => {
        history = messages
      },
      () => {
        _loading = undefined
      }
    )
  }

  return {
    eventsAfter(event, { json }) {
      events += 1
      characters += json.length
      if (events <= maxLogEvents && characters <= maxLogCharacters) return []
      load()
      if (!history || !isBetweenTexts(event)) return []
      events = 0
      characters = 0
      const before = log.events().map(eventOf)
      return [
        { type: 'CUSTOM', name: 'log_cut', value: { runId } },
        { type: 'MESSAGES_SNAPSHOT', messages: transcriptOf(history, before) },
        ...factsOf(before)
      ]
    }
  }
}

/** AG-UI's clients count open texts: none may be open when the log begins anew. */
function isBetweenTexts(event: AgentEvent): boolean {
  return (
    event.type === 'TEXT_MESSAGE_END' || (event.type === 'CUSTOM' && event.name === 'tool_call')
  )
}

/** What readers know beside the messages, the newest word of each; that the run goes on comes after what it waited for. */
function factsOf(events: readonly AgentEvent[]): AgentEvent[] {
  const facts = new Map<string, AgentEvent>()
  for (const event of events) {
    const key = factKey(event)
    if (key === undefined) continue
    // The newest word comes last.
    facts.delete(key)
    facts.set(key, event)
  }
  return [...approvalsIn(events), ...facts.values()]
}

/** Of what a fact is the newest word; undefined for what is none. Each call of the model is a fact of its own. */
function factKey(event: AgentEvent): string | undefined {
  if (event.type !== 'CUSTOM') return undefined
  switch (event.name) {
    case 'model': {
      const { name, insteadOf } = event.value
      return insteadOf ? `model ${name} instead of ${insteadOf.name}` : event.name
    }
    case 'compacted':
      return event.name
    case 'gap':
      return `gap ${event.value.sentence}`
    case 'model_call':
      return `model call ${event.value.number}`
    case 'elicitation_requested':
    case 'elicitation_closed':
      return `elicitation ${event.value.elicitationId}`
    // How far a call has come gives way to what came of it.
    case 'tool_progress':
    case 'tool_call':
      return `tool call ${event.value.toolCallId}`
    default:
      return undefined
  }
}
