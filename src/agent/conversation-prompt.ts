import {
  type BaseMessage,
  HumanMessage,
  isHumanMessage,
  SystemMessage
} from '@langchain/core/messages'
import { compactionOf } from '../conversations/compaction-message.ts'
import { repairHistory } from '../conversations/messages.ts'
import { fenced, toWire } from './fence.ts'
import { charactersOf, charactersOfAll } from './prompt-budget.ts'

/** The part of a conversation that the model reads word for word, and what it reads in place of the rest. */
export interface Visible {
  readonly summary: string | undefined
  /** Repaired. Behind a summary, a question is always the first. */
  readonly messages: readonly BaseMessage[]
}

/** From the newest summary on. */
export function visibleOf(messages: readonly BaseMessage[]): Visible {
  const note = messages.findLast((message) => compactionOf(message) !== undefined)
  const said = note ? messages.filter((message) => !compactionOf(message)) : messages
  const keptFrom = note && compactionOf(note)?.keptFrom
  const from = keptFrom === undefined ? -1 : said.findIndex(({ id }) => id === keptFrom)
  if (!note || from < 0) return { summary: undefined, messages: repairHistory(said) }
  const first = said[from]
  const question = said.slice(0, from).findLast((message) => isHumanMessage(message))
  const head = first && !isHumanMessage(first) && question ? [question] : []
  return { summary: note.text, messages: repairHistory([...head, ...said.slice(from)]) }
}

/** The same in every prompt of a conversation. */
export interface PromptFrame {
  readonly systemPrompt: string
  readonly conversationId: string
}

/** What the model is asked. */
export interface Prompt {
  readonly messages: readonly BaseMessage[]
  /** Messages at the beginning that found no room. */
  readonly leftOut: number
  readonly characters: number
}

/** The whole of what is visible: the same beginning in every request until the conversation is summarised again. */
export function wholePrompt(frame: PromptFrame, visible: Visible): Prompt {
  return promptOf(frame, visible, 0)
}

/** Too long, it loses its oldest turns, whole ones, so that no result stands without its call; the newest always stays. */
export function shortenedPrompt(
  frame: PromptFrame,
  visible: Visible,
  maxCharacters: number
): Prompt {
  const { messages, summary = '' } = visible
  let characters = frame.systemPrompt.length + summary.length
  let first = messages.length
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index]
    if (!message) break
    characters += charactersOf(message)
    const isTooMuch = characters > maxCharacters && first < messages.length
    if (isTooMuch) break
    if (isHumanMessage(message)) first = index
  }
  return promptOf(frame, visible, first)
}

function promptOf(
  { systemPrompt, conversationId }: PromptFrame,
  { messages, summary }: Visible,
  first: number
): Prompt {
  const kept = messages.slice(first)
  const [head, ...rest] = kept
  const opening = head && summary !== undefined ? withSummary(head, summary, conversationId) : head
  return {
    messages: [
      new SystemMessage(systemPrompt),
      ...(opening ? [opening] : []),
      ...rest.map((message) => toWire(message, conversationId))
    ],
    leftOut: first,
    characters: systemPrompt.length + (summary?.length ?? 0) + charactersOfAll(kept)
  }
}

/** In one message with the question behind it: some templates take no two of a user in a row. */
function withSummary(question: BaseMessage, summary: string, key: string): BaseMessage {
  const { id, text } = question
  const before = fenced('a summary of what was said before', summary, key)
  return new HumanMessage({ ...(id !== undefined && { id }), content: `${before}\n${text}` })
}
