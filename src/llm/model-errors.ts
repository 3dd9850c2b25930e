import type { LlmModel } from '../catalog/catalog.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { isRecord } from '../platform/json.ts'
import { describeFailure } from '../platform/outbound.ts'
import { isContextTooLong } from './context-length.ts'
import type { ProviderRefusal } from './provider-refusal.ts'
import { filteredCategories, isContentFiltered, isQuotaUsedUp } from './provider-refusal.ts'
import { retryAfterMs } from './retry-after.ts'

const MAX_PROVIDER_MESSAGE_CHARACTERS = 300

/**
 * Names what went wrong between us and a model, in one sentence for people. An AppError is answered as it is. Nothing
 * but a refusal of the request itself (400, 422) carries words of the provider.
 */
export function toModelError(error: unknown, model: LlmModel): AppError {
  if (error instanceof AppError) return error
  if (isRefusal(error)) return refused(error, model)
  if (isTimeout(error)) return timedOut(model, error)
  if (isContextTooLong(error)) return tooLong(model, error)
  if (isErrorEvent(error) && isContentFiltered(error)) return filtered(model, error)
  const reason = describeFailure(error) ?? (error instanceof SyntaxError ? MALFORMED : undefined)
  return failed(model, `The LLM model "${model.name}" failed: ${reason ?? UNKNOWN}.`, error)
}

export function timedOut(model: LlmModel, cause?: unknown): AppError {
  const message = `The LLM model "${model.name}" did not answer within ${inSeconds(model.timeoutMs)}.`
  return new AppError('MODEL_TIMEOUT', message, { cause, details: { model: model.name } })
}

/** Said in the stream, where there is no status. */
function tooLong(model: LlmModel, cause: unknown): AppError {
  const message = `The conversation is too long for the LLM model "${model.name}".`
  const details = { model: model.name, reason: 'context-length' }
  return new AppError('MODEL_FAILED', message, { cause, details })
}

/** The provider began to answer, then went silent. */
export function wentSilent(model: LlmModel, silenceMs: number): AppError {
  const message = `The LLM model "${model.name}" fell silent for ${inSeconds(silenceMs)} in mid-answer.`
  return new AppError('MODEL_TIMEOUT', message, { details: { model: model.name } })
}

function inSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`
}

/** The provider began to answer, then ended without saying that it had finished. */
export function incomplete(model: LlmModel, cause?: unknown): AppError {
  if (isErrorEvent(cause) && isContentFiltered(cause)) return filtered(model, cause)
  const message = `The LLM model "${model.name}" ended in the middle of its answer.`
  return new AppError('MODEL_INCOMPLETE', message, { cause, details: { model: model.name } })
}

/** The provider's content filter let nothing of an answer through. */
export function filtered(model: Pick<LlmModel, 'name'>, cause?: unknown): AppError {
  const message = `The content filter of the provider of the LLM model "${model.name}" let no answer through.`
  return new AppError('MODEL_CONTENT_FILTERED', message, { cause, details: { model: model.name } })
}

/** 200, but nothing in it is a chat completion: usually a wrong address. */
export function notChatCompletions(model: LlmModel): AppError {
  const message = `The address of the LLM model "${model.name}" does not answer chat completions.`
  return failed(model, message)
}

const MALFORMED = 'its answer is not valid JSON'
const UNKNOWN = 'the connection broke'

function failed(model: LlmModel, message: string, cause?: unknown): AppError {
  return new AppError('MODEL_FAILED', message, { cause, details: { model: model.name } })
}

function isRefusal(error: unknown): error is ProviderRefusal {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
}

/** An error that came as an event of a stream that had begun well. */
function isErrorEvent(error: unknown): error is ProviderRefusal & Error {
  return error instanceof Error && 'error' in error && isRecord(error.error)
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'TimeoutError' || error.constructor.name === 'APIConnectionTimeoutError'
}

interface RefusalKind {
  readonly code: ErrorCode
  say(model: LlmModel, refusal: ProviderRefusal): string
}

const CREDENTIAL_REFUSED: RefusalKind = {
  code: 'MODEL_CREDENTIAL_REFUSED',
  say: ({ name }, { status }) =>
    `The provider of the LLM model "${name}" refuses its key (${status}).`
}

const REQUEST_REFUSED: RefusalKind = {
  code: 'MODEL_FAILED',
  say: ({ name }, refusal) =>
    `The provider of the LLM model "${name}" refuses the request${quoted(refusal)}.`
}

const REFUSALS: Readonly<Record<number, RefusalKind>> = {
  400: REQUEST_REFUSED,
  401: CREDENTIAL_REFUSED,
  403: CREDENTIAL_REFUSED,
  404: {
    code: 'MODEL_FAILED',
    say: ({ name, provider, modelName }) => {
      const kind = provider === 'azure-openai' ? 'deployment' : 'model'
      return `The provider of the LLM model "${name}" knows no ${kind} "${modelName}" at its address.`
    }
  },
  408: { code: 'MODEL_TIMEOUT', say: ({ name }) => `The LLM model "${name}" took too long.` },
  422: REQUEST_REFUSED,
  429: {
    code: 'MODEL_RATE_LIMITED',
    say: ({ name }, refusal) =>
      isQuotaUsedUp(refusal)
        ? `The quota of the LLM model "${name}" is used up at its provider.`
        : `The provider of the LLM model "${name}" limits the rate.`
  },
  504: { code: 'MODEL_TIMEOUT', say: ({ name }) => `The LLM model "${name}" took too long.` }
}

const REDIRECTED: RefusalKind = {
  code: 'MODEL_FAILED',
  say: ({ name }) => `The address of the LLM model "${name}" redirects, which is not followed.`
}

const OTHERWISE: RefusalKind = {
  code: 'MODEL_FAILED',
  say: ({ name }, { status }) => `The provider of the LLM model "${name}" answered ${status}.`
}

const CONTENT_FILTERED: RefusalKind = {
  code: 'MODEL_CONTENT_FILTERED',
  say: ({ name }, refusal) => {
    const categories = filteredCategories(refusal)
    const why = categories.length > 0 ? ` (${categories.join(', ')})` : ''
    return `The content filter of the provider of the LLM model "${name}" refuses the request${why}.`
  }
}

function kindOf(refusal: ProviderRefusal): RefusalKind {
  const { status } = refusal
  if (status === 400 && isContentFiltered(refusal)) return CONTENT_FILTERED
  return REFUSALS[status] ?? (status >= 300 && status < 400 ? REDIRECTED : OTHERWISE)
}

function refused(refusal: ProviderRefusal, model: LlmModel): AppError {
  const { code, say } = kindOf(refusal)
  const afterMs = refusal.status === 429 ? retryAfterMs(refusal.headers) : undefined
  const details = {
    model: model.name,
    ...(afterMs !== undefined && { retryAfterSeconds: Math.ceil(afterMs / 1000) }),
    ...(isContextTooLong(refusal) && { reason: 'context-length' })
  }
  return new AppError(code, say(model, refusal), { cause: refusal, details })
}

function quoted({ error }: ProviderRefusal): string {
  const message = (error as { message?: unknown } | null | undefined)?.message
  if (typeof message !== 'string' || message === '') return ''
  const text = message.replace(/\s+/g, ' ').trim().slice(0, MAX_PROVIDER_MESSAGE_CHARACTERS)
  return `: ${text.replace(/\.+$/, '')}`
}
