import { setTimeout as wait } from 'node:timers/promises'
import type { Passing } from '../llm/retry-after.ts'

/** How long one model is asked again before it is given up for an answer. */
export interface Patience {
  /** The first try included. */
  readonly maxTries: number
  /** Doubled for each further try, up to `maxDelayMs`; half of it is chance. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** All waits for one answer together; a provider that asks for more is not waited for. */
  readonly maxWaitMs: number
  /** The same as long as another model could answer instead. */
  readonly maxWaitBeforeFallbackMs: number
  /** From 0 to 1. */
  readonly random: () => number
  /** Rejects when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export const PATIENCE: Patience = {
  maxTries: 3,
  firstDelayMs: 400,
  maxDelayMs: 8_000,
  maxWaitMs: 20_000,
  maxWaitBeforeFallbackMs: 5_000,
  random: Math.random,
  sleep: (ms, signal) => wait(ms, undefined, { signal })
}

export interface TriesSoFar {
  readonly tries: number
  readonly waitedMs: number
  readonly maxWaitMs: number
}

/** Milliseconds until the next try; undefined when there is none. Replicas that failed together come back apart. */
export function delayBeforeRetry(
  { afterMs = 0 }: Passing,
  { tries, waitedMs, maxWaitMs }: TriesSoFar,
  { maxTries, firstDelayMs, maxDelayMs, random }: Patience
): number | undefined {
  if (tries >= maxTries) return undefined
  const backOffMs = Math.min(firstDelayMs * 2 ** (tries - 1), maxDelayMs)
  const chanceMs = (random() * backOffMs) / 2
  const delayMs = Math.round(Math.max(afterMs, backOffMs / 2) + chanceMs)
  return waitedMs + delayMs > maxWaitMs ? undefined : delayMs
}
