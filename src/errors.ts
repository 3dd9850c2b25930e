interface ErrorKind {
  readonly status: number
  readonly retryable: boolean
  /** What a person does about it; printed in `openapi/errors.md`. */
  readonly help: string
}

/**
 * Every failure a client of this service can see. The code is the contract: clients, dashboards and
 * tests match on it, never on the message. `openapi/errors.md` is generated from this table.
 */
export const ERROR_KINDS = {
  INVALID_REQUEST: {
    status: 400,
    retryable: false,
    help: 'Correct the fields named in `details.fields` and send the request again.'
  },
  UNKNOWN_MODEL: {
    status: 400,
    retryable: false,
    help: 'Choose one of the models listed in `details.available`.'
  },
  UNKNOWN_TOOL_SERVER: {
    status: 400,
    retryable: false,
    help: 'Choose from the MCP servers listed in `details.available`.'
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    help: 'Sign in to Nautobot again, or send a valid Nautobot API token.'
  },
  FORBIDDEN: {
    status: 403,
    retryable: false,
    help: 'Ask a Nautobot administrator for the permission that the message names.'
  },
  MODEL_NOT_PERMITTED: {
    status: 403,
    retryable: false,
    help: 'Ask a Nautobot administrator for the `chat` permission on this LLM model.'
  },
  WRITE_IN_NAUTOBOT: {
    status: 403,
    retryable: false,
    help: "Use Nautobot's own pages, or call with a Nautobot API token that may write."
  },
  HOST_NOT_ALLOWED: {
    status: 403,
    retryable: false,
    help: 'Open the address that was printed at start, or name the host in AI_OPS_ALLOWED_HOSTS.'
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    retryable: false,
    help: "Call from a program, which sends no Origin header, or from Nautobot's own pages."
  },
  NOT_FOUND: { status: 404, retryable: false, help: 'Check the path; `/docs` lists every one.' },
  OBJECT_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'The object does not exist in Nautobot, or your rights do not show it.'
  },
  CONVERSATION_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'The conversation was deleted, has expired, or is not yours. Start a new one.'
  },
  MESSAGE_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'Read the conversation again: it has no question of that id.'
  },
  RUN_NOT_FOUND: { status: 404, retryable: false, help: 'The run has expired, or is not yours.' },
  ACTION_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'Read the run again: its `approvals` list the actions that wait for a decision.'
  },
  ELICITATION_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'Read the run again: its `elicitations` list the forms that wait for an answer.'
  },
  JOB_NOT_FOUND: { status: 404, retryable: false, help: '`GET /api/v1/jobs` lists the jobs.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    retryable: false,
    help: 'Use one of the methods in the `Allow` header.'
  },
  NOT_ACCEPTABLE: {
    status: 406,
    retryable: false,
    help: 'Accept `application/json` or `text/event-stream`.'
  },
  REQUEST_TIMEOUT: {
    status: 408,
    retryable: true,
    help: 'The request did not arrive in time. Send it again on a faster line.'
  },
  CONVERSATION_BUSY: {
    status: 409,
    retryable: true,
    help: 'Wait for the run in `details.runId`, or cancel it.'
  },
  APPROVAL_DECIDED: {
    status: 409,
    retryable: false,
    help: 'Each action is decided once. Read the run again to see how.'
  },
  APPROVAL_LAPSED: {
    status: 409,
    retryable: false,
    help: 'Nobody decided within 24 hours, or the run was stopped; nothing was carried out. Ask again.'
  },
  ELICITATION_ANSWERED: {
    status: 409,
    retryable: false,
    help: 'Each form is answered once, for instance in another tab.'
  },
  CONVERSATION_FULL: {
    status: 409,
    retryable: false,
    help: 'Start a new conversation; this one has as many questions as it can hold.'
  },
  MODEL_NOT_CONFIGURED: {
    status: 409,
    retryable: false,
    help: 'An administrator adds an enabled LLM model in Nautobot under AI Platform.'
  },
  CONFLICT: {
    status: 409,
    retryable: false,
    help: 'Nautobot refused: other objects depend on this one, or it exists already.'
  },
  JOB_RUNNING: {
    status: 409,
    retryable: true,
    help: 'The job is running already, as the run in `details.runId`; its outcome shows at `GET /api/v1/jobs`.'
  },
  CONVERSATION_TAKEN_OVER: {
    status: 409,
    retryable: false,
    help: 'Another replica answers in this conversation now. Follow its run.'
  },
  ELICITATION_LAPSED: {
    status: 410,
    retryable: false,
    help: 'Nobody answered in time, or the run was stopped. The MCP server was told; ask again to be asked again.'
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    retryable: false,
    help: 'Send less; the limit is in `details.maxBytes` or `details.maxCharacters`.'
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    retryable: false,
    help: 'Send `Content-Type: application/json`.'
  },
  RATE_LIMITED: { status: 429, retryable: true, help: 'Wait for the seconds in `Retry-After`.' },
  HEADERS_TOO_LARGE: {
    status: 431,
    retryable: false,
    help: 'Send fewer or shorter headers and a shorter address.'
  },
  INTERNAL: {
    status: 500,
    retryable: false,
    help: 'A defect of this service. Report it with the `X-Request-ID` of the answer.'
  },
  NOT_IN_SAMPLE: {
    status: 501,
    retryable: false,
    help: 'The embedded sample network knows a written list of models and filters. Connect a Nautobot.'
  },
  MODEL_FAILED: {
    status: 502,
    retryable: true,
    help: 'The model provider answered with an error. Try again, or choose another model.'
  },
  MODEL_CREDENTIAL_REFUSED: {
    status: 502,
    retryable: false,
    help: 'An administrator checks the secrets group of the LLM model: the provider refuses its key.'
  },
  MODEL_RATE_LIMITED: {
    status: 502,
    retryable: true,
    help: 'The model provider limits the rate. Wait a little, or choose another model.'
  },
  MODEL_INCOMPLETE: {
    status: 502,
    retryable: true,
    help: 'The model provider ended in mid-answer. What came is kept and marked. Ask again.'
  },
  MODEL_CONTENT_FILTERED: {
    status: 502,
    retryable: false,
    help: "The provider's content filter let nothing through. Ask in other words, or choose another model."
  },
  CREDENTIAL_UNAVAILABLE: {
    status: 502,
    retryable: false,
    help: 'An administrator checks the secrets group in Nautobot: its secret cannot be read.'
  },
  TOOL_SERVER_FAILED: { status: 502, retryable: true, help: 'Check the MCP server; ask again.' },
  NAUTOBOT_REFUSED: {
    status: 502,
    retryable: false,
    help: 'Nautobot refused the service account. An administrator checks its token and rights.'
  },
  RUN_INTERRUPTED: {
    status: 502,
    retryable: false,
    help: 'Read what the message says was under way, then ask again.'
  },
  NAUTOBOT_UNAVAILABLE: {
    status: 503,
    retryable: true,
    help: 'Nautobot does not answer. Try again when it is back.'
  },
  REDIS_UNAVAILABLE: {
    status: 503,
    retryable: true,
    help: 'Redis does not answer, or takes no writes: the message says which. Try again when it does.'
  },
  CONVERSATION_TOO_NEW: {
    status: 503,
    retryable: true,
    help: 'A newer version of this service wrote the conversation. Finish the update of every replica.'
  },
  NOT_READY: {
    status: 503,
    retryable: true,
    help: 'The service is starting; the message says what it waits for.'
  },
  DRAINING: {
    status: 503,
    retryable: true,
    help: 'This replica is shutting down. Send the request again.'
  },
  TOO_MANY_RUNS: {
    status: 503,
    retryable: true,
    help: 'Too many questions are being answered. Wait for the seconds in `Retry-After`.'
  },
  MODEL_TIMEOUT: {
    status: 504,
    retryable: true,
    help: 'The model did not answer in time. Try again, or choose another model.'
  },
  RUN_TIMEOUT: {
    status: 504,
    retryable: true,
    help: 'The run took longer than allowed. Ask a narrower question.'
  }
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERROR_KINDS

/** What a program needs to act: the offending fields, the run that is in the way, the seconds to wait. */
export type ErrorDetails = Readonly<Record<string, unknown>>

export interface ErrorBody {
  error: { code: ErrorCode; message: string; retryable: boolean; details?: ErrorDetails }
}

/** A failure we chose to report. Its message is written for the client; `cause` is for the log only. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: ErrorDetails | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: ErrorDetails } = {}
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.details = options.details
  }

  get status(): number {
    return ERROR_KINDS[this.code].status
  }

  toBody(): ErrorBody {
    const { code, message, details } = this
    const { retryable } = ERROR_KINDS[code]
    return { error: { code, message, retryable, ...(details && { details }) } }
  }

  /** Anything we did not throw ourselves is a bug: the client learns nothing from its message. */
  static from(error: unknown): AppError {
    if (error instanceof AppError) return error
    return new AppError('INTERNAL', 'Something went wrong in this service.', { cause: error })
  }
}
