import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  ChatMessage,
  HumanMessage,
  isBaseMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage
} from '@langchain/core/messages'

// biome-ignore lint/suspicious/noExplicitAny: the constructors take different fields, which came out of them before
type MessageClass = new (fields: any) => BaseMessage

const CLASSES: ReadonlyMap<string, MessageClass> = new Map<string, MessageClass>([
  ['HumanMessage', HumanMessage],
  ['AIMessage', AIMessage],
  ['AIMessageChunk', AIMessageChunk],
  ['ToolMessage', ToolMessage],
  ['SystemMessage', SystemMessage],
  ['ChatMessage', ChatMessage],
  ['RemoveMessage', RemoveMessage]
])

const NAMES: ReadonlyMap<unknown, string> = new Map(
  [...CLASSES].map(([name, Class]) => [Class, name])
)

/** The constructors put these back by themselves. */
const DEFAULTED: ReadonlySet<string> = new Set([
  'additional_kwargs',
  'response_metadata',
  'tool_calls',
  'invalid_tool_calls',
  'tool_call_chunks'
])

/** A message as its class and the fields its constructor takes. */
export type PlainMessage = readonly [className: string, fields: Readonly<Record<string, unknown>>]

/** Messages of LangChain's own classes; any other goes LangChain's own, slower way. */
export function isKnownMessage(value: unknown): value is BaseMessage {
  return isBaseMessage(value) && NAMES.has(value.constructor)
}

/** What `toJSON` would keep, without what is empty anyway. Shares the message's values. */
export function toPlainMessage(message: BaseMessage): PlainMessage {
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(message.lc_kwargs)) {
    const value = key in message ? message[key as keyof BaseMessage] : message.lc_kwargs[key]
    if (value !== undefined && !(DEFAULTED.has(key) && isEmpty(value))) fields[key] = value
  }
  return [NAMES.get(message.constructor) ?? '', fields]
}

/** Takes `fields` over: the message owns them from then on. */
export function fromPlainMessage([name, fields]: PlainMessage): BaseMessage {
  const Class = CLASSES.get(name)
  if (!Class) throw new Error('Stored message has an unknown class')
  return new Class(fields)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
