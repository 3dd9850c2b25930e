import type { ModelCallNote, Usage } from '../agent/agent-events.ts'
import type { RunView } from './api.ts'
import { duration } from './tool-words.ts'

const KB = 1_000
const MB = 1_000_000
const COST_DIGITS = 3

const number = (value: number): string => value.toLocaleString('en')

/** `812 bytes`, `1.2 KB`, `3.4 MB` */
export function sizeWords(bytes: number): string {
  if (bytes < KB) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  return bytes < MB ? `${(bytes / KB).toFixed(1)} KB` : `${(bytes / MB).toFixed(1)} MB`
}

/** The day and the second, with the zone: others compare it with their logs. */
export function timeWords(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' })
}

export const costWords = (cost: number): string =>
  cost.toLocaleString('en', { maximumSignificantDigits: COST_DIGITS })

type Tokens = Pick<ModelCallNote, 'inputTokens' | 'outputTokens'> &
  Partial<Pick<ModelCallNote, 'cachedInputTokens'>>

/** `2,412 in (1,800 cached), 418 out` */
export function tokenWords({ inputTokens, cachedInputTokens, outputTokens }: Tokens): string {
  const cached = cachedInputTokens === undefined ? '' : ` (${number(cachedInputTokens)} cached)`
  return `${number(inputTokens)} in${cached}, ${number(outputTokens)} out`
}

export interface Totals {
  readonly tokens: string | undefined
  readonly cost: string | undefined
}

/** Of all calls of the model. Where some have no price, the sum says of how many it is. */
export function totalsOf(calls: readonly ModelCallNote[], usage: Usage | undefined): Totals {
  const priced = calls.flatMap(({ cost }) => (cost === undefined ? [] : [cost]))
  const part = priced.length < calls.length ? ` for ${priced.length} of ${calls.length} calls` : ''
  const sum = priced.reduce((total, cost) => total + cost, 0)
  return {
    tokens: tokensOf(calls, usage),
    cost:
      priced.length === 0
        ? undefined
        : `${costWords(sum)}${part}, in the currency of the model’s prices`
  }
}

function tokensOf(calls: readonly ModelCallNote[], usage: Usage | undefined): string | undefined {
  if (calls.length === 0) return usage && tokenWords(usage)
  const sumOf = (key: 'inputTokens' | 'cachedInputTokens' | 'outputTokens'): number =>
    calls.reduce((total, call) => total + call[key], 0)
  return tokenWords({
    inputTokens: sumOf('inputTokens'),
    cachedInputTokens: sumOf('cachedInputTokens'),
    outputTokens: sumOf('outputTokens')
  })
}

const STATES: Readonly<Record<RunView['state'], string>> = {
  queued: 'Waits for its turn',
  running: 'Still being answered',
  waiting: 'Waits for your approval',
  succeeded: 'Answered',
  stopped: 'Stopped',
  failed: 'Failed',
  interrupted: 'Interrupted'
}

/** `Failed: The model provider limits the rate. (MODEL_RATE_LIMITED)` */
export function stateWords({ state, error }: Pick<RunView, 'state' | 'error'>): string {
  const words = STATES[state] ?? state
  return error ? `${words}: ${error.message} (${error.code})` : words
}

/** `2.7 s, from 27 Nov 2026, 01:53:20 UTC` */
export function whenWords({ footer, createdAt, endedAt }: RunView): string {
  const ms = footer?.usage.durationMs ?? (endedAt && Date.parse(endedAt) - Date.parse(createdAt))
  const from = timeWords(createdAt)
  return ms ? `${duration(ms)}, from ${from}` : `From ${from}`
}
