import {
  type BaseMessage,
  HumanMessage,
  isAIMessage,
  isHumanMessage,
  SystemMessage
} from '@langchain/core/messages'
import { compactionMessage } from '../conversations/compaction-message.ts'
import type { AgentStep } from './agent-step.ts'
import { COMPACTION_PROMPT } from './compaction-prompt.ts'
import { type Visible, visibleOf } from './conversation-prompt.ts'
import { fenced } from './fence.ts'
import { forgottenIn } from './kept-facts.ts'
import type { TimedAnswer } from './model-turn.ts'
import { charactersOf, type PromptBudget } from './prompt-budget.ts'
import { transcriptOf } from './transcript.ts'

/** Of the budget: what is still read word for word after a compaction, so that the next one is a while away. */
const KEPT_SHARE = 0.4
/** Of the budget: what the model reads when it summarises. */
const TRANSCRIPT_SHARE = 0.5
const SUMMARY_SHARE = 0.1
const MAX_SUMMARY_CHARACTERS = 8_000
const SUMMARISED =
  'The model reads a summary of the earlier part of this conversation; details may be missing in it.'

/** What of a conversation gives way to a summary. */
export interface CompactionPlan {
  readonly dropped: readonly BaseMessage[]
  readonly keptFrom: string
}

/**
 * Whole turns, the oldest first; of the newest, whole rounds of calls. Undefined where nothing can go: the newest
 * question and the newest round stay.
 */
export function planCompaction(
  { messages, summary }: Visible,
  keptCharacters: number
): CompactionPlan | undefined {
  const question = messages.findLastIndex((message) => isHumanMessage(message))
  const sizes = messages.map((message) => charactersOf(message))
  const starts = messages.flatMap((message, index) =>
    isStart(message, index, question) ? [index] : []
  )
  const fits = starts.find((start) => sum(sizes.slice(start)) <= keptCharacters)
  const from = fits ?? starts.at(-1)
  const keptFrom = from === undefined ? undefined : messages[from]?.id
  if (keptFrom === undefined) return undefined
  const dropped = messages.slice(0, from).filter((_, index) => index !== question)
  const head = summary === undefined ? [] : [new SystemMessage(summary)]
  return { dropped: [...head, ...dropped], keptFrom }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** Where what is kept may begin: there is something to drop before it, beside the newest question. */
function isStart(message: BaseMessage, index: number, question: number): boolean {
  if (isHumanMessage(message)) return index > 0
  return isAIMessage(message) && index > question + 1
}

/** How a compaction asks the model; `maxCharacters` of the answer are read. */
export type AskForSummary = (
  messages: readonly BaseMessage[],
  maxCharacters: number
) => Promise<TimedAnswer>

export interface Compaction {
  readonly budget: PromptBudget
  /** Of the fence. */
  readonly key: string
  /** Id of the message that will hold the summary. */
  readonly messageId: string
  readonly ask: AskForSummary
  readonly writer: (step: AgentStep) => void
}

/**
 * Has the model summarise the oldest part of a conversation. Answers the message that stands for it from now on;
 * undefined where nothing can go. Throws what the model's client throws, and where the summary came to nothing.
 */
export async function compact(
  messages: readonly BaseMessage[],
  { budget, key, messageId, ask, writer }: Compaction
): Promise<SystemMessage | undefined> {
  const maxCharacters = budget.maxCharacters()
  const plan = planCompaction(visibleOf(messages), maxCharacters * KEPT_SHARE)
  if (!plan) return undefined
  const transcript = transcriptOf(plan.dropped, Math.floor(maxCharacters * TRANSCRIPT_SHARE))
  const summaryCharacters = Math.floor(
    Math.min(MAX_SUMMARY_CHARACTERS, maxCharacters * SUMMARY_SHARE)
  )
  const { message, usage, model, durationMs } = await ask(
    [
      new SystemMessage(COMPACTION_PROMPT),
      new HumanMessage(fenced('a conversation', transcript, key))
    ],
    summaryCharacters
  )
  writer({ kind: 'answered', usage, model, durationMs })
  const said = message.text.trim()
  if (said === '') throw new Error('The model gave no summary')
  const forgotten = forgottenIn(said, plan.dropped).slice(0, summaryCharacters)
  const summary = [said, forgotten].filter(Boolean).join('\n\n')
  const count = plan.dropped.length
  writer({ kind: 'gap', sentence: SUMMARISED })
  const value = { messageId, messages: count, summary }
  writer({ kind: 'told', event: { type: 'CUSTOM', name: 'compacted', value } })
  return compactionMessage(messageId, summary, { keptFrom: plan.keptFrom, messages: count })
}
