import { AppError, type ErrorCode } from '../errors.ts'
import type { GraphqlProblem } from './client.types.ts'

/** One thing Nautobot found wrong; the same shape as in our own validation errors. */
export interface FieldProblem {
  /** Nautobot's field name, nested ones joined by dots; empty when it concerns the whole request. */
  readonly path: string
  readonly message: string
}

/** Nautobot's answer to a request that it did not fulfil: the `cause` of the AppError, for the log and for {@link refusalOf}. */
export class NautobotRefusal extends Error {
  override readonly name = 'NautobotRefusal'
  readonly status: number
  /** Parsed JSON, or the first {@link MAX_QUOTED_CHARACTERS} of a text. */
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(`Nautobot answered with status ${status}`)
    this.status = status
    this.body = typeof body === 'string' ? body.slice(0, MAX_QUOTED_CHARACTERS) : body
  }
}

const MAX_QUOTED_CHARACTERS = 500
const MAX_PROBLEMS = 50
const MAX_DEPTH = 5

/** What Nautobot itself said, when `error` is its refusal. Use it for the shim's own refusal codes. */
export function refusalOf(error: unknown): NautobotRefusal | undefined {
  const cause = error instanceof AppError ? error.cause : undefined
  return cause instanceof NautobotRefusal ? cause : undefined
}

/** Nautobot answers a wrong token with 403, like a missing right; only the text tells them apart. */
const NOT_AUTHENTICATED =
  /^(invalid token|token expired|user inactive|authentication credentials were not provided)/i

const SIGN_IN = 'Nautobot does not accept this token. Sign in again, or send a valid API token.'

function record(body: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as Readonly<Record<string, unknown>>)
    : undefined
}

function detailOf(body: unknown): string | undefined {
  const detail = record(body)?.detail
  return typeof detail === 'string' ? detail.slice(0, MAX_QUOTED_CHARACTERS) : undefined
}

const WHOLE_REQUEST = new Set(['detail', 'non_field_errors', '__all__'])

function join(path: string, key: string): string {
  if (WHOLE_REQUEST.has(key)) return path
  return path ? `${path}.${key}` : key
}

function flatten(value: unknown, path: string, depth: number): FieldProblem[] {
  if (typeof value === 'string') return [{ path, message: value.slice(0, MAX_QUOTED_CHARACTERS) }]
  if (depth >= MAX_DEPTH || typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => flatten(item, path, depth + 1))
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, join(path, key), depth + 1))
}

/** GraphQL's `{errors: [{message, locations, path}]}`. */
function queryProblems(errors: readonly unknown[]): FieldProblem[] {
  const messages = errors.map((error) => record(error)?.message ?? 'unknown error')
  return messages.flatMap((message) => flatten(message, 'query', 0))
}

/** What a GraphQL answer says it lacks. */
export function graphqlProblems(errors: readonly unknown[]): GraphqlProblem[] {
  return errors.slice(0, MAX_PROBLEMS).map((error) => {
    const { message, path } = record(error) ?? {}
    const text = typeof message === 'string' ? message : 'unknown error'
    return {
      path: Array.isArray(path) ? path.join('.').slice(0, MAX_QUOTED_CHARACTERS) : '',
      message: text.slice(0, MAX_QUOTED_CHARACTERS)
    }
  })
}

/** Flattens Django REST Framework's `{field: [messages]}`, nested or not, its `{detail}`, and GraphQL's `{errors}`. */
function fieldProblems(body: unknown): FieldProblem[] {
  const errors = record(body)?.errors
  if (Array.isArray(errors)) return queryProblems(errors).slice(0, MAX_PROBLEMS)
  const detail = detailOf(body)
  if (detail !== undefined) return [{ path: '', message: detail }]
  return flatten(body, '', 0).slice(0, MAX_PROBLEMS)
}

function sentence(problems: readonly FieldProblem[]): string {
  const first = problems[0]
  if (!first) return 'Nautobot refuses this request.'
  return first.path ? `${first.path}: ${first.message}` : first.message
}

function invalid(body: unknown, cause: NautobotRefusal): AppError {
  // Django answers an unknown Host with an HTML page before it looks at anything else.
  if (typeof body === 'string')
    return new AppError(
      'NAUTOBOT_UNAVAILABLE',
      'Nautobot refuses the request as a whole. Is the host of NAUTOBOT_URL in its ALLOWED_HOSTS?',
      { cause }
    )
  const fields = fieldProblems(body)
  return new AppError('INVALID_REQUEST', sentence(fields), { cause, details: { fields } })
}

function forbidden(body: unknown, cause: NautobotRefusal): AppError {
  const detail = detailOf(body)
  if (detail && NOT_AUTHENTICATED.test(detail))
    return new AppError('UNAUTHENTICATED', SIGN_IN, { cause })
  return new AppError('FORBIDDEN', detail ?? 'Nautobot does not permit this.', { cause })
}

const NAMED: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['UNAUTHENTICATED', SIGN_IN],
  404: ['OBJECT_NOT_FOUND', 'Nautobot has no such object, or your rights do not show it.'],
  409: ['CONFLICT', 'Nautobot refuses: other objects depend on this one, or it exists already.'],
  413: ['PAYLOAD_TOO_LARGE', 'Nautobot does not take a request of this size.'],
  424: ['CREDENTIAL_UNAVAILABLE', 'Nautobot cannot read the secret of this object.'],
  501: ['NOT_IN_SAMPLE', 'The embedded sample network does not know this.']
}

function unexpected(status: number): string {
  if (status < 400) return 'Nautobot redirects. Set NAUTOBOT_URL to the address it redirects to.'
  if (status === 429) return 'Nautobot limits the rate of requests.'
  return `Nautobot answered with status ${status}.`
}

/** The AppError for an answer that is not a success (2xx). `body` is parsed JSON, or text when it is none. */
export function refused(status: number, body: unknown): AppError {
  const cause = new NautobotRefusal(status, body)
  if (status === 400) return invalid(body, cause)
  if (status === 403) return forbidden(body, cause)
  const named = NAMED[status]
  if (!named) return new AppError('NAUTOBOT_UNAVAILABLE', unexpected(status), { cause })
  const [code, message] = named
  // Words of the sample and of a conflict say more than ours; those about identity say less.
  const own = status === 409 || status === 501 ? detailOf(body) : undefined
  return new AppError(code, own ?? message, { cause })
}

const ANSWERED = 200

/** The AppError for GraphQL that Nautobot took and could not answer: a value of a filter, or a fault of its own. */
export function unresolved(errors: readonly unknown[]): AppError {
  return invalid({ errors }, new NautobotRefusal(ANSWERED, { errors }))
}

/** Once its filters are known to be right, what GraphQL could not answer is not known. Other errors stay what they are. */
export function unanswered(error: unknown): unknown {
  if (!(error instanceof AppError) || refusalOf(error)?.status !== ANSWERED) return error
  return new AppError('NAUTOBOT_UNAVAILABLE', `Nautobot reports: ${error.message}`, {
    cause: error
  })
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers at NAUTOBOT_URL: the connection is refused.',
  ECONNRESET: 'Nautobot closed the connection without an answer.',
  ENOTFOUND: 'The host name of NAUTOBOT_URL is unknown.',
  EAI_AGAIN: 'The host name of NAUTOBOT_URL cannot be looked up.',
  EHOSTUNREACH: 'There is no route to NAUTOBOT_URL.',
  ENETUNREACH: 'There is no route to NAUTOBOT_URL.',
  EPROTO: 'What answers at NAUTOBOT_URL does not speak TLS. Is it http, not https?',
  ETIMEDOUT: 'Nautobot did not answer in time.'
}

/** The AppError for a request that got no answer; `code` is Node's or OpenSSL's. */
export function unreachable(code: string): AppError {
  const known = UNREACHABLE[code]
  const tls = UNTRUSTED.test(code)
    ? "Nautobot's TLS certificate is not trusted; NODE_EXTRA_CA_CERTS names further authorities."
    : undefined
  return new AppError('NAUTOBOT_UNAVAILABLE', known ?? tls ?? 'Nautobot does not answer.', {
    cause: new Error(`no answer from Nautobot: ${code}`)
  })
}
