import type {
  AgentEvent,
  ElicitationRequest,
  Footer,
  ModelCallNote,
  ModelNote
} from '../agent/agent-events.ts'
import type { Caller } from '../auth/caller.ts'
import type { ClaimNote } from '../conversations/claim-note.ts'
import type { ConversationChoice } from '../conversations/conversation-choice.ts'
import type { ElicitationAnswer } from '../elicitation.ts'
import type { ErrorBody } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { ProofLink, ToolProgress } from '../tool-server.ts'

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
  /** Name or id of an LLM model; null: the default one; undefined: as the conversation has it. */
  readonly model: string | null | undefined
  /** Names or ids of MCP servers to use beside the built-in tools; null: those of the model; undefined: as the conversation has it. */
  readonly mcpServers: readonly string[] | null | undefined
  readonly pageContext: PageContext | undefined
  /** Whether whoever asks can answer what tool servers ask; no unless given. */
  readonly canAnswer?: boolean | undefined
  readonly correlationId: string
}

/** One tool call of a run, for `GET /api/v1/runs/{id}`. */
export interface RunStep {
  readonly toolCallId: string
  readonly name: string
  readonly server: string | undefined
  readonly arguments: unknown
  /** Where its server tells of it; undefined when the call has ended. */
  readonly progress: ToolProgress | undefined
  readonly result: string | undefined
  readonly isError: boolean | undefined
  readonly rows: number | undefined
  /** Of the result, as UTF-8. */
  readonly bytes: number | undefined
  readonly links: readonly ProofLink[]
  readonly durationMs: number | undefined
  /** The `number` of the model call that asked for it; undefined while it runs. */
  readonly modelCall: number | undefined
}

/** A model that answered in place of one that could not; `reason` follows that one's name in a sentence: "is busy". */
export interface StandIn {
  readonly name: string
  readonly insteadOf: string
  readonly reason: string
}

/** A tool call that waited for its asker's decision, or does. */
export interface RunApproval {
  readonly toolCallId: string
  readonly name: string
  readonly server: string
  readonly arguments: unknown
  /** ISO 8601: undecided until then, the run ends. */
  readonly lapsesAt: string
  /** Undefined while it waits. */
  readonly decision: Decision | undefined
  readonly reason: string | undefined
  /** ISO 8601. */
  readonly decidedAt: string | undefined
}

/** What a tool server asks the run's owner now. */
export type RunElicitation = ElicitationRequest

export interface AnswerRequest extends CallContext {
  readonly elicitationId: string
  readonly answer: ElicitationAnswer
}

export const DECISIONS = ['approve', 'reject'] as const
export type Decision = (typeof DECISIONS)[number]

/** What its asker decided about one action. */
export interface ActionDecision {
  readonly toolCallId: string
  readonly decision: Decision
  /** For the model, in their own words. */
  readonly reason: string | undefined
}

export interface DecisionRequest extends CallContext {
  /** At most one of each action. */
  readonly decisions: readonly ActionDecision[]
}

/** A run as its owner sees it. */
export interface RunView {
  readonly id: string
  readonly conversationId: string
  readonly state: RunState
  /** ISO 8601. */
  readonly createdAt: string
  readonly endedAt: string | undefined
  /** Who asked: with their rights Nautobot was read. */
  readonly username: string
  readonly model: string | undefined
  readonly standIns: readonly StandIn[]
  /** Undefined with the built-in prompt alone. */
  readonly prompt: ModelNote['prompt']
  readonly question: string
  /** The text so far; complete when the state is `succeeded`. */
  readonly response: string
  readonly steps: readonly RunStep[]
  readonly approvals: readonly RunApproval[]
  readonly elicitations: readonly RunElicitation[]
  readonly modelCalls: readonly ModelCallNote[]
  readonly claims: ClaimNote | undefined
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
  /** Ids of what was chosen; `choice` says the same with names, which runs of earlier versions do not have. */
  readonly model: string | undefined
  readonly mcpServers: readonly string[] | undefined
  readonly choice?: ConversationChoice
  readonly pageContext: PageContext | undefined
  readonly canAnswer?: boolean | undefined
  readonly correlationId: string
  /** W3C traceparent of the request that asked, for every attempt; undefined when nothing was traced. */
  readonly traceparent?: string | undefined
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
   * Decides actions that a run waits for, each once; when none is left, the run goes on here or where there is room, with
   * the caller's fresh grant. Throws RUN_NOT_FOUND, ACTION_NOT_FOUND, APPROVAL_DECIDED, APPROVAL_LAPSED, and what the token
   * exchange throws: then nothing is decided.
   */
  decide(caller: Caller, runId: string, request: DecisionRequest): Promise<RunView>
  /**
   * Answers what a tool server asks in a call of a run, once, wherever the run is answered. Throws RUN_NOT_FOUND,
   * ELICITATION_NOT_FOUND, ELICITATION_ANSWERED, ELICITATION_LAPSED, and INVALID_REQUEST for values that do not fit.
   */
  answer(caller: Caller, runId: string, request: AnswerRequest): Promise<void>
  /**
   * Refuses new runs, waits for running ones at most `deadlineMs`, then hands them and those in the queue over, or stops
   * them where there is nobody else.
   */
  drain(deadlineMs: number): Promise<void>
}
