import fc from 'fast-check'
import type { AgentEvent, SnapshotMessage } from '../../src/agent/agent-events.ts'
import type { RunRecord } from '../../src/runs/run.ts'

export const RUN_ID = 'run-1'
export const CONVERSATION_ID = 'conversation-1'

export const QUESTION: SnapshotMessage = { id: RUN_ID, role: 'user', content: 'How many?' }

export const STARTED: AgentEvent = {
  type: 'RUN_STARTED',
  threadId: CONVERSATION_ID,
  runId: RUN_ID
}
export const MODEL: AgentEvent = {
  type: 'CUSTOM',
  name: 'model',
  value: { name: 'scripted', isLab: false }
}
export const FINISHED: AgentEvent = {
  type: 'RUN_FINISHED',
  threadId: CONVERSATION_ID,
  runId: RUN_ID
}

/** A text of its own, in these pieces. */
export function saying(messageId: string, ...deltas: string[]): AgentEvent[] {
  return [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
    ...deltas.map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT' as const, messageId, delta })),
    { type: 'TEXT_MESSAGE_END', messageId }
  ]
}

/** A call as the model makes it, without its result. */
export function calling(toolCallId: string, parentMessageId: string, args = '{}'): AgentEvent[] {
  return [
    { type: 'TOOL_CALL_START', toolCallId, toolCallName: 'count', parentMessageId },
    { type: 'TOOL_CALL_ARGS', toolCallId, delta: args },
    { type: 'TOOL_CALL_END', toolCallId }
  ]
}

/** The result of a call, and the facts about it. */
export function returning(toolCallId: string, content: string, isError = false): AgentEvent[] {
  const value = { toolCallId, server: 'nautobot', isError, durationMs: 3, rows: 1, links: [] }
  return [
    {
      type: 'TOOL_CALL_RESULT',
      messageId: `${toolCallId}-result`,
      toolCallId,
      content,
      role: 'tool'
    },
    { type: 'CUSTOM', name: 'tool_call', value }
  ]
}

const piece = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '\n', '\n\n', '|', '- ', '`', '```\n', '# '),
  minLength: 1,
  maxLength: 6
})
const call = fc.record({
  args: fc.constantFrom('{}', '{"model":"dcim.device"}', 'not JSON'),
  result: fc.string({ maxLength: 12 }),
  isError: fc.boolean(),
  /** Results come in another order than their calls. */
  order: fc.nat(9)
})
const round = fc.record({
  deltas: fc.array(piece, { maxLength: 4 }),
  calls: fc.array(call, { minLength: 1, maxLength: 3 })
})

/** What an agent may say: rounds of a text and calls, and a last text. Without its end. */
export const runEvents: fc.Arbitrary<AgentEvent[]> = fc
  .tuple(
    fc.array(round, { maxLength: 4 }),
    fc.array(piece, { minLength: 1, maxLength: 6 }),
    fc.boolean()
  )
  .map(([rounds, last, isWordy]) => [
    STARTED,
    MODEL,
    ...rounds.flatMap(({ deltas, calls }, place) => {
      const id = `m${place}`
      const named = calls.map((one, index) => ({ ...one, id: `c${place}-${index}` }))
      return [
        ...(isWordy && deltas.length > 0 ? saying(id, ...deltas) : []),
        ...named.flatMap(({ id: callId, args }) => calling(callId, id, args)),
        ...named
          .toSorted((one, other) => one.order - other.order)
          .flatMap(({ id: callId, result, isError }) => returning(callId, result, isError))
      ]
    }),
    ...saying('last', ...last)
  ])

export function recordOf(change: Partial<RunRecord> = {}): RunRecord {
  return {
    id: RUN_ID,
    conversationId: CONVERSATION_ID,
    userId: 'jane',
    username: 'jane',
    message: 'How many?',
    replaces: undefined,
    after: undefined,
    model: undefined,
    mcpServers: undefined,
    pageContext: undefined,
    correlationId: 'c-1',
    ...change
  }
}
