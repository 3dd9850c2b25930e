import type { AgentEvent, SnapshotCall, SnapshotMessage } from '../agent/agent-events.ts'

type Assistant = Extract<SnapshotMessage, { role: 'assistant' }>

/** The messages that these events come to, after `before`: what a reader needs who has none of them. */
export function transcriptOf(
  before: readonly SnapshotMessage[],
  events: readonly AgentEvent[]
): SnapshotMessage[] {
  let messages = [...before]

  function changeAnswer(id: string, change: (answer: Assistant) => Assistant): void {
    const place = messages.findLastIndex((message) => message.id === id)
    const known = messages[place]
    if (known?.role === 'assistant') messages[place] = change(known)
    else messages.push(change({ id, role: 'assistant', content: '' }))
  }

  function changeCall(id: string, change: (call: SnapshotCall) => SnapshotCall): void {
    const owner = messages.findLast(
      (message): message is Assistant => message.role === 'assistant' && hasCall(message, id)
    )
    if (!owner) return
    changeAnswer(owner.id, ({ toolCalls = [], ...answer }) => ({
      ...answer,
      toolCalls: toolCalls.map((call) => (call.id === id ? change(call) : call))
    }))
  }

  const takers: Partial<{ [T in AgentEvent['type']]: (event: EventOf<T>) => void }> = {
    MESSAGES_SNAPSHOT: (event) => {
      messages = [...event.messages]
    },
    TEXT_MESSAGE_START: ({ messageId }) => changeAnswer(messageId, (answer) => answer),
    TEXT_MESSAGE_CONTENT: ({ messageId, delta }) =>
      changeAnswer(messageId, (answer) => ({ ...answer, content: answer.content + delta })),
    TOOL_CALL_START: ({ toolCallId, toolCallName, parentMessageId = `${toolCallId}-call` }) =>
      changeAnswer(parentMessageId, ({ toolCalls = [], ...answer }) => ({
        ...answer,
        toolCalls: [...toolCalls, newCall(toolCallId, toolCallName)]
      })),
    TOOL_CALL_ARGS: ({ toolCallId, delta }) =>
      changeCall(toolCallId, ({ function: { name, arguments: input }, ...call }) => ({
        ...call,
        function: { name, arguments: input + delta }
      })),
    TOOL_CALL_RESULT: ({ messageId: id, role, toolCallId, content }) =>
      void messages.push({ id, role, toolCallId, content })
  }
  for (const event of events)
    (takers[event.type] as ((one: AgentEvent) => void) | undefined)?.(event)
  return messages
}

type EventOf<T extends AgentEvent['type']> = Extract<AgentEvent, { type: T }>

function hasCall({ toolCalls = [] }: Assistant, id: string): boolean {
  return toolCalls.some((call) => call.id === id)
}

function newCall(id: string, name: string): SnapshotCall {
  return { id, type: 'function', function: { name, arguments: '' } }
}
