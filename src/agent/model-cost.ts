import type { BaseMessage } from '@langchain/core/messages'
import type { LlmModel } from '../catalog/catalog.ts'

const TOKENS_PER_PRICE = 1_000_000

/** Roughly, in the languages of our users. */
const CHARACTERS_PER_TOKEN = 4

export type Prices = Pick<LlmModel, 'inputPrice' | 'cachedInputPrice' | 'outputPrice'>

export interface TokenUsage {
  /** Cached ones included. */
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
}

/** In the currency of the prices; what has no price costs nothing. Cached input without a price of its own costs the full one. */
export function costOf(usage: TokenUsage, prices: Prices): number {
  const { inputTokens, cachedInputTokens, outputTokens } = usage
  const { inputPrice = 0, cachedInputPrice = inputPrice, outputPrice = 0 } = prices
  const fresh = Math.max(0, inputTokens - cachedInputTokens)
  const total =
    fresh * inputPrice + cachedInputTokens * cachedInputPrice + outputTokens * outputPrice
  return total / TOKENS_PER_PRICE
}

/** What a call of the model took; estimated where the provider counts nothing, as a limit has to hold there, too. */
export function tokensOf(usage: TokenUsage, messages: readonly BaseMessage[]): number {
  const counted = usage.inputTokens + usage.outputTokens
  if (counted > 0) return counted
  const characters = messages.reduce((sum, { text }) => sum + text.length, 0)
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}
