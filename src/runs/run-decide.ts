import type { ApprovalDecision } from '../agent/agent-events.ts'
import type { Caller } from '../auth/caller.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import type { RunApproval, RunCoordinator } from './run.ts'
import type { RunQueue } from './run-queue.ts'
import type { RunFacts, RunStore } from './run-store.ts'

export interface RunDecideOptions {
  readonly store: RunStore
  /** Lets a run go on as this user, from now on. Throws what the token exchange throws. */
  readonly grantFor: (caller: Caller, context: CallContext) => Promise<Secret>
  /** Told of each decision once, for the audit. */
  readonly onDecided?: (decided: DecidedAction) => void
  /** Whether questions can be answered here at all; until then no run of another replica is taken. */
  readonly isReady?: () => boolean
  /** The store could not be asked in the background: for the log. */
  readonly onStoreError?: (error: unknown) => void
}

export interface DecidedAction {
  readonly caller: Caller
  readonly runId: string
  readonly decision: ApprovalDecision
  /** Undefined when the run is gone by now. */
  readonly action: Pick<RunApproval, 'name' | 'server'> | undefined
  readonly correlationId: string
}

interface DecideParts {
  /** Throws RUN_NOT_FOUND, for foreign ones too. */
  readonly find: (caller: Caller, runId: string) => Promise<RunFacts>
  /** Takes the run of this conversation, which nobody answers. */
  readonly goOn: (conversationId: string) => Promise<void>
  readonly queue: Pick<RunQueue, 'hasRoom'>
}

/** As `RunCoordinator.decide`. */
export function createDecide(
  { store, grantFor, onDecided, isReady = () => true, onStoreError }: RunDecideOptions,
  { find, goOn, queue }: DecideParts
): RunCoordinator['decide'] {
  return async (caller, runId, { decisions, ...context }) => {
    const run = await find(caller, runId)
    const grant = await grantFor(caller, context)
    const { fresh, isComplete } = await store.decide(run, { decisions, grant })
    const { correlationId } = context
    // Without room it is anybody's: whoever has some goes on with it.
    if (isComplete && isReady() && queue.hasRoom()) {
      await goOn(run.conversationId).catch((error: unknown) => onStoreError?.(error))
    }
    const view = await store.view(runId)
    for (const decision of fresh) {
      const action = view?.approvals.find(({ toolCallId }) => toolCallId === decision.toolCallId)
      onDecided?.({ caller, runId, decision, action, correlationId })
    }
    if (view) return view
    throw new AppError('RUN_NOT_FOUND', 'The run is gone: its conversation was deleted.')
  }
}
