import type { AgentEvent, Footer } from '../agent/agent-events.ts'
import type { Caller } from '../auth/caller.ts'
import type { ErrorBody } from '../errors.ts'

export const RUN_STATES = [
  'queued',
  'running',
  'waiting',
  'succeeded',
  'stopped',
  'failed',
  'interrupted'
] as const
export type RunState = (typeof RUN_STATES)[number]

/** The object page a question was asked from. */
export interface PageContext {
  /** `app.model` as Nautobot writes it: `dcim.device`. */
  readonly objectType: string
  readonly id: string
}

/** One question, as the chat endpoint hands it over. Everything in it has been validated. */
export interface Question {
  readonly caller: Caller
  readonly conversationId: string | undefined
  readonly message: string
  /** Id of an earlier question in whose place it is asked, as a branch that begins before that one. */
  readonly replaces: string | undefined
  /** Id of an earlier question behind whose answer it is asked; undefined: behind what was said last. */
  readonly after: string | undefined
  /** Name or id of an LLM model; undefined: the default one. */
  readonly model: string | undefined
  /** Names or ids of MCP servers to use beside the built-in tools; undefined: all enabled ones. */
  readonly mcpServers: readonly string[] | undefined
  readonly pageContext: PageContext | undefined
  readonly correlationId: string
}

/** One tool call of a run, for `GET /api/v1/runs/{id}`. */
export interface RunStep {
  readonly toolCallId: string
  readonly name: string
  readonly server: string | undefined
  readonly arguments: unknown
  readonly result: string | undefined
  readonly isError: boolean | undefined
  readonly rows: number | undefined
  readonly durationMs: number | undefined
}

/** A run as its owner sees it. */
export interface RunView {
  readonly id: string
  readonly conversationId: string
  readonly state: RunState
  /** ISO 8601. */
  readonly createdAt: string
  readonly endedAt: string | undefined
  readonly model: string | undefined
  readonly question: string
  /** The text so far; complete when the state is `succeeded`. */
  readonly response: string
  readonly steps: readonly RunStep[]
  readonly footer: Footer | undefined
  readonly error: ErrorBody['error'] | undefined
}

/** An event in the run's log; `id` is its place there, the `id:` of server-sent events: `1-1`, `1-2`, … `2-1`. */
export interface LoggedEvent {
  readonly id: string
  readonly type: AgentEvent['type']
  /** The event, as it goes over the wire: it is written once, however many read it. */
  readonly json: string
}

export function eventOf({ json }: LoggedEvent): AgentEvent {
  return JSON.parse(json) as AgentEvent
}

/** What was asked, kept with the run: another replica goes on from this alone. */
export interface RunRecord {
  readonly id: string
  readonly conversationId: string
  readonly userId: string
  readonly username: string
  readonly message: string
  /** As in the question. */
  readonly replaces: string | undefined
  readonly after: string | undefined
  readonly model: string | undefined
  readonly mcpServers: readonly string[] | undefined
  readonly pageContext: PageContext | undefined
  readonly correlationId: string
}

export interface RunCoordinator {
  /**
   * Claims the conversation and starts answering; the run outlives its request.
   * Throws CONVERSATION_BUSY (with `details.runId`), CONVERSATION_NOT_FOUND, MESSAGE_NOT_FOUND, UNKNOWN_MODEL,
   * UNKNOWN_TOOL_SERVER, MODEL_NOT_CONFIGURED, MODEL_NOT_PERMITTED, TOO_MANY_RUNS, DRAINING, REDIS_UNAVAILABLE, like those below.
   */
  start(question: Question): Promise<{ readonly runId: string; readonly conversationId: string }>
  /** Throws RUN_NOT_FOUND, for foreign runs too. */
  view(caller: Caller, runId: string): Promise<RunView>
  /**
   * The run's log from after `afterId` on, then what follows, until the terminal event or `signal`'s abort. Any replica
   * answers the same. What a cut log has no more is told by a snapshot.
   * Throws RUN_NOT_FOUND, and INVALID_REQUEST for an id the log cannot have given.
   */
  events(
    caller: Caller,
    runId: string,
    options: { readonly afterId: string | undefined; readonly signal: AbortSignal }
  ): AsyncIterable<LoggedEvent>
  /** Stops the run, wherever it is answered; one that has ended is left as it is. Throws RUN_NOT_FOUND. */
  cancel(caller: Caller, runId: string): Promise<RunView>
  /**
   * Refuses new runs, waits for running ones at most `deadlineMs`, then hands them and those in the queue over, or stops
   * them where there is nobody else.
   */
  drain(deadlineMs: number): Promise<void>
}
