import {
  type AIMessage,
  type BaseMessage,
  isAIMessage,
  isHumanMessage,
  isToolMessage,
  type ToolMessage
} from '@langchain/core/messages'
import type { ClaimNote } from './claim-note.ts'
import { compactionOf } from './compaction-message.ts'

/** Of all results of one conversation; the oldest give way, so that a long one can be read at once. */
const MAX_RESULT_CHARACTERS = 4 * 1024 * 1024
const LEFT_OUT = 'This result is not shown: the conversation has too many long ones.'

/** One call of a tool, as a reader of the conversation sees it. */
export interface ReadToolCall {
  readonly toolCallId: string
  readonly name: string
  /** The text the model sent, where that was no object. */
  readonly arguments: unknown
  /** What the model read; absent when the run ended before. */
  readonly result?: string
  readonly isError?: boolean
}

/** What was asked or answered, without what only the model needs. */
export interface ReadMessage {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly text: string
  /** Cut short by a stop or a failure. */
  readonly incomplete?: true
  /** What the text states, compared with the data. */
  readonly claims?: ClaimNote
  readonly toolCalls?: readonly ReadToolCall[]
  /** What the model read from here on in place of what was said before. */
  readonly summary?: string
  /** Of a question that was asked anew: all that were asked in its place, in order of asking, itself among them. */
  readonly versions?: readonly string[]
}

/** Results go to the calls they belong to; system messages and results without a call are nobody's business. */
export function toReadMessages(
  messages: readonly BaseMessage[],
  maxResultCharacters: number = MAX_RESULT_CHARACTERS
): ReadMessage[] {
  const results = resultsByCall(messages, maxResultCharacters)
  return messages.flatMap((message, place): ReadMessage[] => {
    const id = message.id ?? String(place)
    if (isHumanMessage(message)) return [{ id, role: 'user', text: questionOf(message) }]
    if (!isAIMessage(message)) return []
    return [{ ...answerOf(id, message, results), ...summaryBefore(messages, place) }]
  })
}

/** Made for the very next answer. */
function summaryBefore(
  messages: readonly BaseMessage[],
  place: number
): Pick<ReadMessage, 'summary'> {
  const before = messages[place - 1]
  return before && compactionOf(before) ? { summary: before.text } : {}
}

interface Result {
  readonly result: string
  readonly isError: boolean
}

function resultsByCall(
  messages: readonly BaseMessage[],
  maxCharacters: number
): ReadonlyMap<string, Result> {
  const results = new Map<string, Result>()
  let left = maxCharacters
  const newestFirst = messages.filter((message) => isToolMessage(message)).reverse()
  for (const { tool_call_id, text, status } of newestFirst as ToolMessage[]) {
    left -= text.length
    const result = left >= 0 ? text : LEFT_OUT
    results.set(tool_call_id, { result, isError: status === 'error' })
  }
  return results
}

/** As it was typed: the model reads it with its context before it. */
function questionOf({ additional_kwargs, text }: BaseMessage): string {
  const { question } = additional_kwargs
  return typeof question === 'string' ? question : text
}

function answerOf(
  id: string,
  message: AIMessage,
  results: ReadonlyMap<string, Result>
): ReadMessage {
  const { text, additional_kwargs, tool_calls = [] } = message
  const malformed = (additional_kwargs.malformed ?? {}) as Readonly<Record<string, string>>
  const claims = additional_kwargs.claims as ClaimNote | undefined
  const toolCalls = tool_calls.map(({ id: toolCallId = '', name, args }) => ({
    toolCallId,
    name,
    arguments: malformed[toolCallId] ?? args,
    ...results.get(toolCallId)
  }))
  return {
    id,
    role: 'assistant',
    text,
    ...(claims && { claims }),
    ...(additional_kwargs.incomplete === true && { incomplete: true as const }),
    ...(toolCalls.length > 0 && { toolCalls })
  }
}
