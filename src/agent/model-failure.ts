import type { AppError, ErrorCode } from '../errors.ts'

/** Follows the name of a model, or `it`. */
const PREDICATES: Readonly<Partial<Record<ErrorCode, string>>> = {
  CREDENTIAL_UNAVAILABLE: 'has a key that cannot be read',
  MODEL_CREDENTIAL_REFUSED: 'has a key that its provider refuses',
  MODEL_INCOMPLETE: 'broke off in mid-answer',
  MODEL_RATE_LIMITED: 'is busy',
  MODEL_TIMEOUT: 'did not answer in time'
}

const OVERLOADED: ReadonlySet<unknown> = new Set([503, 529])

/** What happened to a model, for people who wait for it. */
export function predicateOf({ code, cause }: AppError): string {
  if (cause instanceof Error && 'status' in cause && OVERLOADED.has(cause.status)) return 'is busy'
  return PREDICATES[code] ?? 'failed'
}

/** Of the model and its provider, not of what was asked: another model would not get round a content filter. */
const OWN: ReadonlySet<ErrorCode> = new Set([
  'CREDENTIAL_UNAVAILABLE',
  'MODEL_CREDENTIAL_REFUSED',
  'MODEL_FAILED',
  'MODEL_INCOMPLETE',
  'MODEL_RATE_LIMITED',
  'MODEL_TIMEOUT'
])

/** Whether another model may answer where this one failed. A conversation that is too long is made shorter first. */
export function mayFallBack({ code, details }: AppError): boolean {
  return OWN.has(code) && details?.reason !== 'context-length'
}
