import type { ResultStore } from '../conversations/result-store.ts'
import type { ToolSet } from '../tool-server.ts'
import type { Turn } from './agent-turn.ts'
import { READ_RESULT_TOOL, withKeptResults } from './kept-results.ts'
import { answeringModels } from './model-chain.ts'
import type { PromptBudget, PromptBudgets } from './prompt-budget.ts'
import { createToolSearch, offeredTools, type ToolSearch } from './tool-search.ts'
import type { TurnPlan } from './turn-plan.ts'

/** What providers take. */
const MAX_OFFERED_TOOLS = 128
/** Of a model's context window, at four characters a token. */
const MAX_TOOLS_SHARE = 0.25
const CHARACTERS_PER_TOKEN = 4

export interface RunToolsOptions {
  readonly promptBudgets: PromptBudgets
  /** Where tool results are kept that are too long to be read at once. */
  readonly results: ResultStore
  /** UTF-8 bytes of one tool result that the model reads at once. */
  readonly maxResultBytes: number
}

export interface RunTools {
  readonly search: ToolSearch
  readonly budget: PromptBudget
}

/**
 * What a run makes of the tools that were leased for it; what gives connections back stays the leased set. For the smallest
 * window of the models that may answer: what one could not read, it could not stand in for.
 */
export function prepareRunTools(
  { promptBudgets, results: store, maxResultBytes }: RunToolsOptions,
  { conversationId, fence }: Turn,
  { plan, leased }: { readonly plan: TurnPlan; readonly leased: ToolSet }
): RunTools {
  const contextTokens = Math.min(...answeringModels(plan).map((model) => model.contextTokens))
  const limits = {
    maxOfferedTools: MAX_OFFERED_TOOLS,
    maxOfferedCharacters: contextTokens * CHARACTERS_PER_TOKEN * MAX_TOOLS_SHARE
  }
  const offered = offeredTools([...leased.tools, READ_RESULT_TOOL], limits)
  const budget = promptBudgets.budgetFor({ ...plan.model, contextTokens }, offered)
  const kept = withKeptResults(leased, {
    ...{ store, maxResultBytes },
    place: { conversationId, fence },
    promptCharacters: budget.maxCharacters,
    contextTokens: plan.model.contextTokens
  })
  return { search: createToolSearch(kept, limits), budget }
}
