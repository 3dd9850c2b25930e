import type { ErrorCode } from '../errors.ts'
import type { Failure } from './message.ts'

/** Failures on the way to the service; the service's own codes are `ErrorCode`. */
export type LocalCode =
  | 'OFFLINE'
  | 'SERVICE_UNREACHABLE'
  | 'SERVICE_SLOW'
  | 'BAD_ANSWER'
  | 'STREAM_LOST'
  | 'SIGN_IN'
  | 'CHAT_NOT_PERMITTED'

/** A failure whose message is a sentence for the person in front of the page. */
export class ChatError extends Error {
  override readonly name = 'ChatError'
  readonly code: LocalCode | ErrorCode
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(
    code: LocalCode | ErrorCode,
    message: string,
    options: {
      readonly retryable?: boolean
      readonly details?: Readonly<Record<string, unknown>> | undefined
      readonly cause?: unknown
    } = {}
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.details = options.details
  }
}

/** Anything that is not a ChatError is a defect of this page, and is said to be one. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ChatError) {
    const { code, message, retryable, details } = error
    return { code, message, retryable, details }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return {
    code: 'BAD_ANSWER',
    message: `This page could not read the answer: ${reason}.`,
    retryable: true,
    details: undefined
  }
}

const NEXT_STEPS: Partial<Record<LocalCode | ErrorCode, string>> = {
  OFFLINE: 'Check the network connection; the question is kept.',
  SERVICE_UNREACHABLE: 'Try again in a moment. If it stays so, tell your Nautobot administrator.',
  SERVICE_SLOW: 'Try again in a moment. If it stays so, tell your Nautobot administrator.',
  BAD_ANSWER: 'Try again. If it stays so, tell your Nautobot administrator.',
  STREAM_LOST: 'The run may still be going on. Reload the page to read on.',
  SIGN_IN: 'Sign in to Nautobot again; the question is kept.',
  UNAUTHENTICATED: 'Sign in to Nautobot again; the question is kept.',
  CHAT_NOT_PERMITTED: 'Ask a Nautobot administrator for the `chat` permission on LLM models.',
  FORBIDDEN: 'Ask a Nautobot administrator for the permission that the message names.',
  MODEL_NOT_PERMITTED: 'Choose another model, or ask a Nautobot administrator for this one.',
  UNKNOWN_MODEL: 'Choose another model below the question.',
  UNKNOWN_TOOL_SERVER: 'Choose other MCP servers below the question.',
  CONVERSATION_NOT_FOUND: 'It was deleted or has expired. Start a new conversation.',
  MESSAGE_NOT_FOUND: 'Reload the page: the conversation was changed elsewhere.',
  RUN_NOT_FOUND: 'It has expired. Ask the question again.',
  MODEL_NOT_CONFIGURED: 'An administrator adds an enabled LLM model under AI Platform.',
  MODEL_CREDENTIAL_REFUSED: "An administrator checks the model's secrets group in Nautobot.",
  CREDENTIAL_UNAVAILABLE: 'An administrator checks the secrets group in Nautobot.',
  MODEL_FAILED: 'Try again, or choose another model below the question.',
  MODEL_RATE_LIMITED: 'Wait a little, or choose another model below the question.',
  MODEL_INCOMPLETE: 'What came is kept above. Try again.',
  MODEL_TIMEOUT: 'Try again, or choose another model below the question.',
  RUN_TIMEOUT: 'Ask a narrower question.',
  RUN_INTERRUPTED: 'Check what was under way, then ask again.',
  NAUTOBOT_UNAVAILABLE: 'Try again when Nautobot is back.',
  REDIS_UNAVAILABLE: 'Try again in a moment.',
  TOO_MANY_RUNS: 'Many questions are being answered right now. Try again in a moment.',
  RATE_LIMITED: 'Wait a moment before the next question.',
  PAYLOAD_TOO_LARGE: 'Ask a shorter question.',
  INTERNAL: 'Report it to your Nautobot administrator together with the code.'
}

/** What a person can do about a failure. */
export function nextStep(failure: Failure): string {
  const known = (NEXT_STEPS as Readonly<Record<string, string | undefined>>)[failure.code]
  return known ?? (failure.retryable ? 'Try again.' : 'Tell your Nautobot administrator the code.')
}
