import type { ModelCallNote } from './agent-events.ts'
import type { PlannedCall } from './agent-step.ts'
import type { EarlierAttempts } from './earlier-attempts.ts'
import type { RunDeadline } from './run-deadline.ts'

export interface AgentLimits {
  readonly maxModelCalls: number
  readonly maxToolCalls: number
  /** Input and output of all model calls. */
  readonly maxRunTokens: number
  /** In the currency of the models' prices; 0: none. */
  readonly maxRunCost: number
  readonly maxAnswerCharacters: number
}

/** What a run has used up so far. */
export interface RunUse {
  modelCalls: number
  toolCalls: number
  tokens: number
  cost: number
}

/** By the attempts before: a limit is one of the run. What a provider did not count, they have not told. */
export function usedBefore({
  modelCalls,
  results
}: Pick<EarlierAttempts, 'modelCalls' | 'results'>): RunUse {
  const sum = (of: (call: ModelCallNote) => number) =>
    modelCalls.reduce((total, call) => total + of(call), 0)
  return {
    modelCalls: modelCalls.length,
    toolCalls: results.size,
    tokens: sum(({ inputTokens, outputTokens }) => inputTokens + outputTokens),
    cost: sum(({ cost = 0 }) => cost)
  }
}

/**
 * Calls of the attempts before that have come to a result, for the limit of repetitions. What a person has decided on is
 * none: it was asked for and allowed, each time.
 */
export function finishedCalls({
  calls,
  results,
  decisions
}: Pick<EarlierAttempts, 'calls' | 'results' | 'decisions'>): PlannedCall[] {
  return calls.filter(({ id }) => results.has(id) && !decisions.has(id))
}

/** A limit at which a run comes to its last answer. */
export interface ReachedLimit {
  /** For the footer. */
  readonly sentence: string
  /** For the model. */
  readonly told: string
}

export interface LimitFacts {
  readonly used: RunUse
  readonly limits: AgentLimits
  readonly deadline: RunDeadline
  /** The tool whose same call the model does not stop asking for. */
  readonly stuckOn: string | undefined
}

/** The limit that is reached before another call of the model, which is then the last one; undefined: none. */
export function reachedLimit(facts: LimitFacts): ReachedLimit | undefined {
  const { used, limits, deadline, stuckOn } = facts
  const { maxModelCalls, maxToolCalls, maxRunTokens, maxRunCost } = limits
  if (stuckOn !== undefined) return repeated(stuckOn)
  if (deadline.late.aborted) return outOfTime(deadline)
  if (used.toolCalls >= maxToolCalls) return limitOf(`${maxToolCalls} tool calls`)
  if (used.modelCalls >= maxModelCalls) return limitOf(`${maxModelCalls} model calls`)
  if (used.tokens >= maxRunTokens) return limitOf(`${maxRunTokens.toLocaleString('en')} tokens`)
  if (maxRunCost > 0 && used.cost >= maxRunCost) return limitOf(`a cost of ${maxRunCost}`)
  return undefined
}

export function outOfTime({ maxRunMs }: RunDeadline): ReachedLimit {
  return limitOf(`${Math.round(maxRunMs / 1000)} seconds`)
}

function limitOf(what: string): ReachedLimit {
  return {
    sentence: `The limit of ${what} for one question was reached.`,
    told: 'You have used up what one question may take.'
  }
}

function repeated(tool: string): ReachedLimit {
  return {
    sentence: `The model asked ${tool} the same again and again; it was stopped.`,
    told: `You asked ${tool} the same again and again.`
  }
}
