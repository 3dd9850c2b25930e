import type { BaseMessage, SystemMessage } from '@langchain/core/messages'
import type { LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import { isContextTooLong } from '../llm/context-length.ts'
import type { AgentStep } from './agent-step.ts'
import { type AskForSummary, compact, planCompaction } from './compaction.ts'
import {
  type Prompt,
  type PromptFrame,
  shortenedPrompt,
  visibleOf,
  wholePrompt
} from './conversation-prompt.ts'
import type { TimedAnswer } from './model-turn.ts'
import { charactersOfAll, type PromptBudget } from './prompt-budget.ts'

const LEFT_OUT = 'The earliest part of this conversation is too long ago to be read again.'
const CUT_BY_PROVIDER =
  'The model seems to have read only a part of this conversation: its server counts far fewer tokens than were sent.'

type Writer = (step: AgentStep) => void

export interface CompactionParts {
  readonly messageId: string
  readonly ask: AskForSummary
  readonly writer: Writer
  readonly signal: AbortSignal
  readonly onFailed: (error: unknown) => void
}

/** What one run's model is asked, and what gives way when a conversation gets too long for it. */
export interface Prompting {
  /** Undefined: the conversation has to be compacted first. */
  promptFor(messages: readonly BaseMessage[], writer: Writer): Prompt | undefined
  /** To be told after each answer. */
  answered(prompt: Prompt, by: Pick<TimedAnswer, 'model' | 'usage'>, writer: Writer): void
  /** Whether what failed is asked once more, of a conversation that is compacted by then. */
  retriesAfter(error: unknown, prompt: Prompt, messages: readonly BaseMessage[]): boolean
  /** The summary to store; nothing where it failed, and what does not fit is left out from then on. Throws the abort. */
  compact(messages: readonly BaseMessage[], parts: CompactionParts): Promise<SystemMessage[]>
}

export interface PromptingOptions extends PromptFrame {
  readonly model: Pick<LlmModel, 'name' | 'source' | 'provider'>
  readonly budget: PromptBudget
}

export function createPrompting({ model, budget, ...frame }: PromptingOptions): Prompting {
  // Of the lab's rules nobody gets a summary.
  let mayCompact = model.source !== 'lab'
  let hasRetried = false
  // What does not fit behind a new summary is not summarised at once again.
  let isFresh = false
  // Some servers of the compatible kind cut a long prompt and say nothing.
  const mayBeCut = model.provider === 'openai'

  /** What may be kept word for word leaves something to summarise. */
  function canShorten(messages: readonly BaseMessage[]): boolean {
    return planCompaction(visibleOf(messages), 0) !== undefined
  }

  return {
    promptFor(messages, writer) {
      const visible = visibleOf(messages)
      const maxCharacters = budget.maxCharacters()
      const whole = frame.systemPrompt.length + charactersOfAll(visible.messages)
      if (whole + (visible.summary?.length ?? 0) <= maxCharacters) {
        return wholePrompt(frame, visible)
      }
      if (mayCompact && !isFresh && canShorten(messages)) return undefined
      const shortened = shortenedPrompt(frame, visible, maxCharacters)
      if (shortened.leftOut > 0) writer({ kind: 'gap', sentence: LEFT_OUT })
      return shortened
    },

    answered({ characters }, { usage: { inputTokens }, model: answering }, writer) {
      isFresh = false
      // Of how another model counts, nothing is learnt of this one.
      if (answering.name !== model.name) return
      const isRead = budget.counted(characters, inputTokens)
      if (!isRead && mayBeCut) writer({ kind: 'gap', sentence: CUT_BY_PROVIDER })
    },

    retriesAfter(error, { characters }, messages) {
      if (hasRetried || !isTooLong(error) || !canShorten(messages)) return false
      hasRetried = true
      budget.refused(characters)
      return true
    },

    async compact(messages, { signal, onFailed, ...parts }) {
      try {
        const summary = await compact(messages, { budget, key: frame.conversationId, ...parts })
        if (summary) {
          isFresh = true
          return [summary]
        }
      } catch (error) {
        signal.throwIfAborted()
        onFailed(error)
      }
      mayCompact = false
      return []
    }
  }
}

function isTooLong(error: unknown): boolean {
  if (error instanceof AppError) return error.details?.reason === 'context-length'
  return isContextTooLong(error)
}
