import { type BaseMessage, isAIMessage } from '@langchain/core/messages'
import type { LlmModel } from '../catalog/catalog.ts'
import type { ToolDefinition } from '../tool-server.ts'

/** Between prose (4.2) and JSON (2.6); the provider's own count corrects it. */
const CHARACTERS_PER_TOKEN = 3.2
/** What no tokenizer makes of a text: a count outside says something else. */
const PLAUSIBLE = { min: 1, max: 8 }
/** Of a shorter prompt, templates and names are too great a part. */
const MIN_COUNTED_CHARACTERS = 2_000
/**
 * Of a prompt of this size, a count far too low means that its beginning was cut off. A smaller count says that only
 * what is new was counted.
 */
const TRUNCATED = { minCharacters: 20_000, minTokens: 1_000 }
/** The estimate may be wrong by so much. */
const MARGIN = 0.9
const MAX_ANSWER_SHARE = 0.25
const ANSWER_TOKENS = 8_192
/** Role, separators and the fence of a result. */
const CHARACTERS_PER_MESSAGE = 40
/** What a provider has refused once is not sent again. */
const SHARE_AFTER_REFUSAL = 0.5
/** Room for a prompt, a question and a little: with less, there is nothing to share out. */
const MIN_PROMPT_CHARACTERS = 4_000
const MAX_KEPT_MODELS = 1_000

/** How long the prompts of one run may be. Sizes are characters, as `charactersOf` counts them. */
export interface PromptBudget {
  maxCharacters(): number
  /**
   * The provider has counted a prompt. Answers whether it can have read all of it: some servers cut the beginning off
   * and say nothing.
   */
  counted(characters: number, inputTokens: number): boolean
  /** The provider found a prompt too long. */
  refused(characters: number): void
}

export interface PromptBudgets {
  budgetFor(model: LlmModel, tools: readonly ToolDefinition[]): PromptBudget
}

interface Known {
  charactersPerToken: number
  /** Undefined as long as the provider refused nothing. */
  maxCharacters: number | undefined
}

/** What is learnt of a model is kept for later runs, as long as its description stays the same. */
export function createPromptBudgets(): PromptBudgets {
  const models = new Map<string, Known>()

  function knownOf({ id, modelName, contextTokens }: LlmModel): Known {
    const key = JSON.stringify([id, modelName, contextTokens])
    const known = models.get(key) ?? {
      charactersPerToken: CHARACTERS_PER_TOKEN,
      maxCharacters: undefined
    }
    models.delete(key)
    models.set(key, known)
    const [oldest] = models.keys()
    if (models.size > MAX_KEPT_MODELS && oldest !== undefined) models.delete(oldest)
    return known
  }

  return {
    budgetFor(model, tools) {
      const known = knownOf(model)
      const tokens = MARGIN * (model.contextTokens - answerTokens(model))
      const toolCharacters = tools.reduce((sum, tool) => sum + charactersOfTool(tool), 0)
      return {
        maxCharacters() {
          const fits = tokens * known.charactersPerToken - toolCharacters
          const most = Math.min(fits, known.maxCharacters ?? fits)
          return Math.floor(Math.max(most, MIN_PROMPT_CHARACTERS))
        },
        counted(characters, inputTokens) {
          if (characters < MIN_COUNTED_CHARACTERS || inputTokens <= 0) return true
          const counted = (characters + toolCharacters) / inputTokens
          if (counted > PLAUSIBLE.max) return !isTruncated(characters, inputTokens)
          if (counted >= PLAUSIBLE.min) {
            known.charactersPerToken = (known.charactersPerToken + counted) / 2
          }
          return true
        },
        refused(characters) {
          known.maxCharacters = characters * SHARE_AFTER_REFUSAL
        }
      }
    }
  }
}

function isTruncated(characters: number, inputTokens: number): boolean {
  return characters >= TRUNCATED.minCharacters && inputTokens >= TRUNCATED.minTokens
}

function answerTokens({ contextTokens, parameters }: LlmModel): number {
  const { max_completion_tokens, max_tokens } = parameters
  const asked = max_completion_tokens ?? max_tokens
  const wanted = typeof asked === 'number' && asked > 0 ? asked : ANSWER_TOKENS
  return Math.min(wanted, contextTokens * MAX_ANSWER_SHARE)
}

const toolSizes = new WeakMap<ToolDefinition, number>()

function charactersOfTool(tool: ToolDefinition): number {
  const known = toolSizes.get(tool)
  if (known !== undefined) return known
  const { name, description, inputSchema } = tool
  const size = JSON.stringify([name, description, inputSchema]).length
  toolSizes.set(tool, size)
  return size
}

const messageSizes = new WeakMap<BaseMessage, number>()

/** What a message takes in a prompt. */
export function charactersOf(message: BaseMessage): number {
  const known = messageSizes.get(message)
  if (known !== undefined) return known
  const calls = (isAIMessage(message) && message.tool_calls) || []
  const inCalls = calls.length > 0 ? JSON.stringify(calls).length : 0
  const { content } = message
  const inText = typeof content === 'string' ? content.length : message.text.length
  const size = CHARACTERS_PER_MESSAGE + inText + inCalls
  messageSizes.set(message, size)
  return size
}

export function charactersOfAll(messages: readonly BaseMessage[]): number {
  return messages.reduce((sum, message) => sum + charactersOf(message), 0)
}
