import type { AgentEvent } from '../agent/agent-events.ts'
import { parseLogId, toLogId } from './log-place.ts'
import { eventOf, type LoggedEvent } from './run.ts'

/** What comes after these has nothing to do with what was open before. */
const CLOSING: ReadonlySet<AgentEvent['type']> = new Set([
  'MESSAGES_SNAPSHOT',
  'RUN_FINISHED',
  'RUN_ERROR'
])

/**
 * AG-UI's clients want every part to end once. Whoever has seen one begin may miss its end where the log was cut, or
 * be told it twice where a replica had shown more than it could keep. For readers from the start.
 */
export async function* withEnds(
  events: AsyncIterable<LoggedEvent>
): AsyncGenerator<LoggedEvent, void> {
  const open = new Map<string, AgentEvent>()
  for await (const logged of events) {
    if (CLOSING.has(logged.type)) {
      for (const end of open.values()) yield before(logged, end)
      open.clear()
    }
    if (isToTell(logged, open)) yield logged
  }
}

/** Keeps count of what is open. False for the end of what is not. */
function isToTell(logged: LoggedEvent, open: Map<string, AgentEvent>): boolean {
  switch (logged.type) {
    case 'TEXT_MESSAGE_START':
    case 'TOOL_CALL_START': {
      const event = eventOf(logged)
      open.set(partOf(event), endOf(event))
      return true
    }
    case 'TEXT_MESSAGE_END':
    case 'TOOL_CALL_END':
      return open.delete(partOf(eventOf(logged)))
    default:
      return true
  }
}

function partOf(event: AgentEvent): string {
  if ('toolCallId' in event) return `call ${event.toolCallId}`
  return 'messageId' in event ? `text ${event.messageId}` : ''
}

function endOf(event: AgentEvent): AgentEvent {
  return event.type === 'TOOL_CALL_START'
    ? { type: 'TOOL_CALL_END', toolCallId: event.toolCallId }
    : { type: 'TEXT_MESSAGE_END', messageId: 'messageId' in event ? event.messageId : '' }
}

/** Under the id of the place before: whoever goes on from there reads `logged` next. */
function before({ id }: LoggedEvent, event: AgentEvent): LoggedEvent {
  const { attempt = 1, number = 1 } = parseLogId(id) ?? {}
  const json = JSON.stringify(event)
  return { id: toLogId({ attempt, number: number - 1 }), type: event.type, json }
}
