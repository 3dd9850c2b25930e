import { isRecord } from '../platform/json.ts'
import type { AgentEvent } from './agent-events.ts'
import type { PlannedCall } from './agent-step.ts'

interface ToldCall {
  readonly name: string
  readonly args: string
}

/** The calls of a run as its log tells them, in the order in which they were asked for; a new attempt tells them again. */
export function callsIn(events: readonly AgentEvent[]): PlannedCall[] {
  const calls = new Map<string, ToldCall>()
  for (const event of events) {
    if (event.type === 'TOOL_CALL_START') {
      calls.set(event.toolCallId, { name: event.toolCallName, args: '' })
    } else if (event.type === 'TOOL_CALL_ARGS') {
      calls.set(event.toolCallId, withArguments(calls.get(event.toolCallId), event.delta))
    } else if (event.type === 'MESSAGES_SNAPSHOT') {
      for (const [id, call] of snapshotCalls(event)) calls.set(id, call)
    }
  }
  return [...calls].map(([id, { name, args }]) => ({ id, name, ...argumentsOf(args) }))
}

function withArguments(call: ToldCall | undefined, delta: string): ToldCall {
  const { name = '', args = '' } = call ?? {}
  return { name, args: args + delta }
}

type Snapshot = Extract<AgentEvent, { type: 'MESSAGES_SNAPSHOT' }>

/** Of this run: behind the newest question. */
function snapshotCalls({ messages }: Snapshot): [string, ToldCall][] {
  const question = messages.findLastIndex(({ role }) => role === 'user')
  return messages.slice(question + 1).flatMap((message) => {
    const calls = (message.role === 'assistant' && message.toolCalls) || []
    return calls.map(({ id, function: call }): [string, ToldCall] => [
      id,
      { name: call.name, args: call.arguments }
    ])
  })
}

/** As the model wrote them where they were no object. */
function argumentsOf(text: string): Pick<PlannedCall, 'args' | 'malformed'> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (isRecord(parsed)) return { args: parsed }
  } catch {
    // Told to the model, which may have sent the call again.
  }
  return { args: {}, malformed: text }
}
