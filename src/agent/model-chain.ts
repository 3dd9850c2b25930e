import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { LlmModel } from '../catalog/catalog.ts'
import type { ToolDefinition } from '../tool-server.ts'
import type { BoundModel } from './model-turn.ts'
import { redactedModel } from './redacted-model.ts'
import type { Redaction } from './redaction.ts'
import { modelsFor } from './turn-choice.ts'
import type { TurnPlan } from './turn-plan.ts'

/** Steps from the chosen model along `fallbackModelId`. */
const MAX_FALLBACKS = 2

/** The models that may answer a run, one after the other. */
export interface ModelChain {
  /** The one that was asked for. */
  readonly chosen: LlmModel
  current(): LlmModel
  hasNext(): boolean
  /** From now on the next one answers: undefined when there is none. */
  next(): LlmModel | undefined
  /** The current one with the run's tools; `isLast`: it may not call them any more. Throws CREDENTIAL_UNAVAILABLE. */
  bound(isLast: boolean): Promise<BoundModel>
  /** The current one without tools. */
  plain(): Promise<BoundModel>
}

export interface ModelChainOptions {
  /** At least one. */
  readonly models: readonly [LlmModel, ...LlmModel[]]
  readonly tools: readonly ToolDefinition[]
  /** Of what they read. */
  readonly redaction: Redaction | undefined
  /** Asked once for each model that is needed. */
  readonly open: (model: LlmModel) => Promise<BaseChatModel>
}

/** The chosen model, then those that stand in for it: enabled, permitted to the caller, each once. */
export function answeringModels({
  model,
  catalog,
  userToken
}: TurnPlan): [LlmModel, ...LlmModel[]] {
  const usable = new Set(modelsFor(catalog, userToken).map(({ id }) => id))
  const chain: [LlmModel, ...LlmModel[]] = [model]
  const seen = new Set([model.id])
  let last = model
  for (let step = 0; step < MAX_FALLBACKS; step += 1) {
    const next = catalog.llmModels.find(({ id }) => id === last.fallbackModelId)
    if (!next || seen.has(next.id)) break
    seen.add(next.id)
    if (usable.has(next.id)) chain.push(next)
    last = next
  }
  return chain
}

export function createModelChain(options: ModelChainOptions): ModelChain {
  const { models, tools, open, redaction } = options
  const [first, ...others] = models
  let current = first
  let opened: Promise<BaseChatModel> | undefined

  async function ready(bind: (model: BaseChatModel) => BoundModel): Promise<BoundModel> {
    opened ??= open(current)
    try {
      const bound = bind(await opened)
      return redaction ? redactedModel(bound, redaction) : bound
    } catch (error) {
      opened = undefined
      throw error
    }
  }

  return {
    chosen: first,
    current: () => current,
    hasNext: () => others.length > 0,
    next() {
      const next = others.shift()
      if (next) {
        current = next
        opened = undefined
      }
      return next
    },
    bound: (isLast) => ready((model) => withTools(model, tools, isLast)),
    plain: () => ready((model) => model as BoundModel)
  }
}

function withTools(
  model: BaseChatModel,
  tools: readonly ToolDefinition[],
  isLast: boolean
): BoundModel {
  if (tools.length === 0 || !model.bindTools) return model as BoundModel
  const functions = tools.map(({ name, description, inputSchema: parameters }) => ({
    type: 'function' as const,
    function: { name, description, parameters }
  }))
  return model.bindTools(functions, isLast ? { tool_choice: 'none' } : undefined) as BoundModel
}
