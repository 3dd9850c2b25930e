import type { AppError } from '../errors.ts'
import { isPassingFailure } from '../platform/outbound.ts'
import { type HeadersLike, isQuotaUsedUp, type ProviderRefusal } from './provider-refusal.ts'

const MAX_RETRY_AFTER_MS = 3_600_000

/** Not yet, not now, or not here; everything else that a provider refuses it refuses again. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429])
const LASTING_FAULTS: ReadonlySet<number> = new Set([501, 505])

/** How a failure of a model passes. */
export interface Passing {
  /** What the provider asks to wait; undefined when it does not say. */
  readonly afterMs: number | undefined
}

/**
 * Whether the same request may well succeed a little later: the provider is busy or at fault, the connection failed, an
 * answer broke off. Undefined when it would fail again, or when what was waited for took its whole time already.
 */
export function passingOf(failure: AppError, nowMs = Date.now()): Passing | undefined {
  const { code, cause } = failure
  if (code === 'MODEL_INCOMPLETE') return { afterMs: undefined }
  const refusal = refusalOf(cause)
  if (refusal) {
    return isPassingRefusal(refusal) ? { afterMs: retryAfterMs(refusal.headers, nowMs) } : undefined
  }
  if (code !== 'MODEL_FAILED') return undefined
  return isErrorEvent(cause) || isPassingFailure(cause) ? { afterMs: undefined } : undefined
}

function refusalOf(cause: unknown): ProviderRefusal | undefined {
  const isRefusal = cause instanceof Error && 'status' in cause && typeof cause.status === 'number'
  return isRefusal ? (cause as Error & ProviderRefusal) : undefined
}

function isPassingRefusal(refusal: ProviderRefusal): boolean {
  const { status, headers } = refusal
  if (headers?.get('x-should-retry') === 'false' || isQuotaUsedUp(refusal)) return false
  return PASSING_STATUSES.has(status) || (status >= 500 && !LASTING_FAULTS.has(status))
}

/** The stream began well and told an error before any word. */
function isErrorEvent(cause: unknown): boolean {
  return cause instanceof Error && 'error' in cause && cause.error !== undefined
}

/** Milliseconds in `retry-after-ms`; seconds or a date in `retry-after`, as HTTP allows. At most an hour. */
export function retryAfterMs(
  headers: HeadersLike | undefined,
  nowMs = Date.now()
): number | undefined {
  const precise = bounded(numberIn(headers?.get('retry-after-ms')))
  if (precise !== undefined) return precise
  const value = headers?.get('retry-after')
  const seconds = numberIn(value)
  return bounded(seconds === undefined ? Date.parse(value ?? '') - nowMs : seconds * 1000)
}

function numberIn(value: string | null | undefined): number | undefined {
  return value?.trim() && !Number.isNaN(Number(value)) ? Number(value) : undefined
}

function bounded(ms: number | undefined): number | undefined {
  if (ms === undefined || !Number.isFinite(ms)) return undefined
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_RETRY_AFTER_MS)
}
