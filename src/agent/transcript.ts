import {
  type BaseMessage,
  isAIMessage,
  isHumanMessage,
  isSystemMessage,
  isToolMessage
} from '@langchain/core/messages'

/** Characters of one tool result, one try after the other until the whole fits. */
const RESULT_CHARACTERS = [4_000, 1_000, 250, 0]
const MAX_TEXT_CHARACTERS = 8_000
const MAX_CALL_CHARACTERS = 500

/** A conversation as one text, for whoever summarises it. Too long, its results are shortened, then its middle goes. */
export function transcriptOf(messages: readonly BaseMessage[], maxCharacters: number): string {
  for (const resultCharacters of RESULT_CHARACTERS) {
    const text = messages.map((message) => lineOf(message, resultCharacters)).join('\n')
    if (text.length <= maxCharacters) return text
    if (resultCharacters === RESULT_CHARACTERS.at(-1)) return withoutMiddle(text, maxCharacters)
  }
  return ''
}

function lineOf(message: BaseMessage, resultCharacters: number): string {
  const { text } = message
  if (isHumanMessage(message)) return `Engineer: ${cut(questionOf(message), MAX_TEXT_CHARACTERS)}`
  if (isToolMessage(message)) {
    return `Result of ${message.name ?? 'a tool'}: ${cut(text, resultCharacters)}`
  }
  if (isSystemMessage(message)) return `Summary so far: ${cut(text, MAX_TEXT_CHARACTERS)}`
  const calls = (isAIMessage(message) && message.tool_calls) || []
  const called = calls.map(
    ({ name, args }) => `Assistant calls ${name} ${cut(JSON.stringify(args), MAX_CALL_CHARACTERS)}`
  )
  const said = text === '' ? [] : [`Assistant: ${cut(text, MAX_TEXT_CHARACTERS)}`]
  return [...said, ...called].join('\n')
}

/** As it was typed. */
export function questionOf({ additional_kwargs, text }: BaseMessage): string {
  const { question } = additional_kwargs
  return typeof question === 'string' ? question : text
}

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text
  return `${text.slice(0, maxCharacters)} [… ${text.length - maxCharacters} more characters]`
}

function withoutMiddle(text: string, maxCharacters: number): string {
  const half = Math.floor(maxCharacters / 2)
  return `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`
}
