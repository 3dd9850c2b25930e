import type { AgentEvent, ApprovalDecision, ApprovalRequested } from '../agent/agent-events.ts'
import type { Secret } from '../platform/secret.ts'
import type { LogPlace } from './log-place.ts'
import type { ActionDecision, LoggedEvent, RunRecord, RunView } from './run.ts'
import { foldEvent } from './run-fold.ts'
import { type RunOutcome, startOutcome } from './run-outcome.ts'

/** The pen of the one process that answers a run. */
export interface RunPen {
  readonly attempt: number
  /** Milliseconds since 1970, by the store's clock. */
  readonly createdAt: number
  readonly outcome: RunOutcome
  /** Shown to readers here at once, kept soon. Never throws: what cannot be kept is told to the store's `onLost`. */
  append(event: AgentEvent): void
  /**
   * Keeps what is left and the terminal event, and frees the conversation, in one. Throws REDIS_UNAVAILABLE and what
   * says that the claim is lost: then the run has not ended.
   */
  end(event: AgentEvent): Promise<void>
  /**
   * Keeps what is left and the request, and gives the run up until a person has decided, in one: nobody holds it, and its
   * conversation stays taken. Throws like `end`.
   */
  wait(event: ApprovalRequested): Promise<void>
  /** Aborts when nothing more can be kept: somebody else has the run, or may have it. */
  readonly lost: AbortSignal
  /**
   * Writes no more without ending the run, after a moment for what was shown; readers go on with whoever takes it over.
   * Never rejects.
   */
  leave(): Promise<void>
  /** Notes that a call with effects begins; false when an earlier attempt began it. Throws like `end`. */
  beginCall(callId: string): Promise<boolean>
}

/** What can be known of a run without reading its log. */
export interface RunFacts extends Pick<RunRecord, 'id' | 'conversationId' | 'userId'> {
  readonly attempt: number
}

/** What a person decided about actions that a run waits for. */
export interface RunDecisions {
  readonly decisions: readonly ActionDecision[]
  /** Of who decided: the run goes on with it. */
  readonly grant: Secret
}

/** What a decision came to. */
export interface Decided {
  /** Decided by this very call, not by an earlier one. */
  readonly fresh: readonly ApprovalDecision[]
  /** Nothing is left to decide: somebody may go on. */
  readonly isComplete: boolean
}

export interface NewRun {
  readonly record: RunRecord
  /** Number of its claim; undefined in memory. */
  readonly fence: string | undefined
  /** Lets another replica act as the user. */
  readonly grant: Secret
}

/** The runs there are, and their logs. Everything throws REDIS_UNAVAILABLE where they are in Redis. */
export interface RunStore {
  /** Keeps a run that has claimed its conversation: from now on it can be read, and is never lost. */
  open(run: NewRun): Promise<RunPen>
  /**
   * Undefined for a run that has expired or never was. `attempt`: one that somebody has seen; a replica that has not
   * noticed yet that its run was taken over knows less.
   */
  find(runId: string, attempt?: number): Promise<RunFacts | undefined>
  view(runId: string): Promise<RunView | undefined>
  /**
   * Decides each action once, all of them or none, and logs it; the same decision again changes nothing. Throws
   * RUN_NOT_FOUND, ACTION_NOT_FOUND, APPROVAL_DECIDED, APPROVAL_LAPSED.
   */
  decide(run: RunFacts, decided: RunDecisions): Promise<Decided>
  /** Events after `after`, then what follows, until the terminal one or `signal`. Throws RUN_NOT_FOUND for a run that goes. */
  read(runId: string, after: LogPlace, signal: AbortSignal): AsyncGenerator<LoggedEvent, void>
}

export function isTerminal(type: AgentEvent['type'] | undefined): boolean {
  return type === 'RUN_FINISHED' || type === 'RUN_ERROR'
}

/** The last event of an attempt that waits for a person. */
export function isRequest(event: AgentEvent | undefined): event is ApprovalRequested {
  return event?.type === 'CUSTOM' && event.name === 'approval_requested'
}

export interface ViewParts {
  readonly record: RunRecord
  readonly createdAt: number
  readonly endedAt: number | undefined
  readonly outcome: RunOutcome
}

export function viewOf({ record, createdAt, endedAt, outcome }: ViewParts): RunView {
  return {
    id: record.id,
    conversationId: record.conversationId,
    createdAt: new Date(createdAt).toISOString(),
    endedAt: endedAt === undefined ? undefined : new Date(endedAt).toISOString(),
    username: record.username,
    question: record.message,
    ...outcome,
    standIns: [...outcome.standIns],
    steps: [...outcome.steps],
    approvals: [...outcome.approvals],
    elicitations: [...outcome.elicitations]
  }
}

export function outcomeOf(events: Iterable<AgentEvent>): RunOutcome {
  const outcome = startOutcome()
  for (const event of events) foldEvent(outcome, event)
  return outcome
}
