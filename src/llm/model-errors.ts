import type { LlmModel } from '../catalog/catalog.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { describeFailure } from '../platform/outbound.ts'

const MAX_PROVIDER_MESSAGE_CHARACTERS = 300
const MAX_RETRY_AFTER_SECONDS = 3600

/** What is known of an error that the provider answered; see `APIError` of the openai package. */
interface ProviderRefusal {
  readonly status: number
  readonly headers?: { get(name: string): string | null }
  readonly error?: unknown
  readonly code?: unknown
}

/**
 * Names what went wrong between us and a model, in one sentence for people. An AppError is answered as it is. Nothing
 * but a refusal of the request itself (400, 422) carries words of the provider.
 */
export function toModelError(error: unknown, model: LlmModel): AppError {
  if (error instanceof AppError) return error
  if (isRefusal(error)) return refused(error, model)
  if (isTimeout(error)) return timedOut(model, error)
  const reason = describeFailure(error) ?? (error instanceof SyntaxError ? MALFORMED : undefined)
  return failed(model, `The LLM model "${model.name}" failed: ${reason ?? UNKNOWN}.`, error)
}

export function timedOut(model: LlmModel, cause?: unknown): AppError {
  const message = `The LLM model "${model.name}" did not answer within ${inSeconds(model.timeoutMs)}.`
  return new AppError('MODEL_TIMEOUT', message, { cause, details: { model: model.name } })
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
  const message = `The LLM model "${model.name}" ended in the middle of its answer.`
  return new AppError('MODEL_INCOMPLETE', message, { cause, details: { model: model.name } })
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
    say: ({ name }) => `The provider of the LLM model "${name}" limits the rate.`
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

function refused(refusal: ProviderRefusal, model: LlmModel): AppError {
  const { status } = refusal
  const other = status >= 300 && status < 400 ? REDIRECTED : OTHERWISE
  const { code, say } = REFUSALS[status] ?? other
  const retryAfterSeconds = status === 429 ? retryAfter(refusal) : undefined
  const details = {
    model: model.name,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(isContextLength(refusal) && { reason: 'context-length' })
  }
  return new AppError(code, say(model, refusal), { cause: refusal, details })
}

/** Seconds, or a date, as HTTP allows. */
function retryAfter({ headers }: ProviderRefusal): number | undefined {
  const value = headers?.get('retry-after')
  if (!value) return undefined
  const seconds = Number.isNaN(Number(value))
    ? (Date.parse(value) - Date.now()) / 1000
    : Number(value)
  if (!Number.isFinite(seconds)) return undefined
  return Math.min(Math.max(0, Math.ceil(seconds)), MAX_RETRY_AFTER_SECONDS)
}

function isContextLength({ code }: ProviderRefusal): boolean {
  return code === 'context_length_exceeded'
}

function quoted({ error }: ProviderRefusal): string {
  const message = (error as { message?: unknown } | null | undefined)?.message
  if (typeof message !== 'string' || message === '') return ''
  const text = message.replace(/\s+/g, ' ').trim().slice(0, MAX_PROVIDER_MESSAGE_CHARACTERS)
  return `: ${text.replace(/\.+$/, '')}`
}
