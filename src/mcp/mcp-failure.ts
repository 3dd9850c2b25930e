import { AppError } from '../errors.ts'
import { describeFailure } from '../platform/outbound.ts'

const MAX_SERVER_MESSAGE_CHARACTERS = 500

/**
 * - `session-lost`: the request itself got 404 or 400, so nothing was executed. Servers answer either for a
 *   session that they no longer know.
 * - `credential-refused`: 401 or 403; nothing was executed.
 * - `refused`: a JSON-RPC error, in the server's own words.
 * - `timeout`, `failed`: whether anything was executed is unknown.
 * - `paused`, `busy`: it was not asked.
 */
export type McpFailureKind =
  | 'session-lost'
  | 'credential-refused'
  | 'refused'
  | 'timeout'
  | 'failed'
  | 'paused'
  | 'busy'

/** What went wrong with an MCP server. The message is a sentence for people, without its first capital. */
export class McpFailure extends Error {
  override readonly name = 'McpFailure'
  readonly kind: McpFailureKind

  constructor(kind: McpFailureKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** Message of the error that our transport reports when a response stream ends without a response. */
export const STREAM_ENDED = 'the response stream ended without a response'

/** Names an error of the MCP client, of its transport or of the connection. `timeoutMs` is the one that counted. */
export function toMcpFailure(error: unknown, timeoutMs: number): McpFailure {
  if (error instanceof McpFailure) return error
  if (error instanceof AppError) return new McpFailure('failed', error.message, error)
  if (isNegotiation(error)) return toMcpFailure(error.cause, timeoutMs)
  const status = statusOf(error)
  if (status !== undefined) return answered(status, error)
  return (
    namedByClient(error, timeoutMs) ??
    new McpFailure('failed', `${describeFailure(error) ?? 'the connection broke'}.`, error)
  )
}

/** The client's word for any failure of the very first request; the cause says which. */
function isNegotiation(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ERA_NEGOTIATION_FAILED' && error.cause instanceof Error
}

function answered(status: number, cause: unknown): McpFailure {
  if (status === 401 || status === 403) {
    return new McpFailure('credential-refused', `it refuses the credential (${status}).`, cause)
  }
  const kind = status === 404 || status === 400 ? 'session-lost' : 'failed'
  return new McpFailure(kind, `it answered ${status}.`, cause)
}

/** By code and name, as the package that defines them is loaded only when a server is asked. */
function namedByClient(error: unknown, timeoutMs: number): McpFailure | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? error.code : undefined
  if (typeof code === 'number') return refused(error)
  if (code === 'REQUEST_TIMEOUT') {
    const seconds = Math.max(1, Math.round(timeoutMs / 1000))
    return new McpFailure('timeout', `it did not answer within ${seconds} s.`, error)
  }
  if (code === 'CONNECTION_CLOSED') {
    return new McpFailure('failed', 'the connection was closed.', error)
  }
  if (code === 'CLIENT_HTTP_UNEXPECTED_CONTENT') {
    return new McpFailure('failed', 'its address does not answer as an MCP server.', error)
  }
  if (code === 'INVALID_RESULT' || error instanceof SyntaxError || error.name === 'ZodError') {
    return new McpFailure('failed', 'its answer is not valid MCP.', error)
  }
  return undefined
}

function refused(error: Error): McpFailure {
  if (error.message.includes(STREAM_ENDED)) {
    return new McpFailure('failed', 'the connection broke before the result came.', error)
  }
  const text = error.message.replace(/\s+/g, ' ').slice(0, MAX_SERVER_MESSAGE_CHARACTERS)
  return new McpFailure('refused', text, error)
}

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  return typeof status === 'number' ? status : undefined
}
