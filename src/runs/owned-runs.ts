import { STOPPED } from '../agent/agent-turn.ts'
import type { ConversationRegistry } from '../conversations/conversation-registry.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import { patiently } from '../platform/patiently.ts'
import { type Execution, executeRun, type RunExecutionOptions } from './run-execution.ts'
import type { SharedRuns } from './shared-runs.ts'

/** Redis may be restarting; where it stays away, the lease lapses by itself. */
const MAX_HAND_OVER_MS = 5_000
const MAX_REMEMBERED_STOPS = 1_000

type OwnedShared = Pick<SharedRuns, 'hasPeers' | 'handOver' | 'requestCancel' | 'isClosed'>

export interface OwnedRunsOptions extends RunExecutionOptions {
  readonly conversations: Pick<ConversationRegistry, 'release'>
  readonly shared: OwnedShared
}

/** The runs that this replica answers, waiting ones included. */
export interface OwnedRuns {
  begin(execution: Execution): void
  ids(): string[]
  has(runId: string): boolean
  /** With `fence`, only while it is under that claim. Unknown runs are no error. */
  abort(runId: string, reason: unknown, fence?: string): void
  abortWaiting(reason: unknown): void
  abortAll(reason: unknown): void
  /** Resolves when all have ended or were handed over, at the deadline at the latest. */
  ended(deadlineMs: number): Promise<void>
}

interface Owned {
  readonly execution: Execution
  readonly ended: Promise<void>
}

export function createOwnedRuns(options: OwnedRunsOptions): OwnedRuns {
  const { conversations, shared, onBroken } = options
  const runs = new Map<string, Owned>()
  /** Stopped here, and not ended: Redis may not know of it. */
  const stopped = new Set<string>()

  function remember(id: string): void {
    stopped.add(id)
    const [oldest] = stopped
    if (stopped.size > MAX_REMEMBERED_STOPS && oldest !== undefined) stopped.delete(oldest)
  }

  async function carryOut(execution: Execution): Promise<void> {
    const { id, conversationId } = execution.record
    const hasEnded = await executeRun(execution, options)
    stopped.delete(id)
    if (hasEnded) return
    if (execution.controller.signal.reason === STOPPED) remember(id)
    if (shared.hasPeers) await handOver(execution, shared).catch((error) => onBroken(error, id))
    else await conversations.release(conversationId, id)
  }

  function abort({ execution }: Owned, reason: unknown): void {
    execution.controller.abort(reason)
  }

  return {
    begin(execution) {
      const { id } = execution.record
      const ended = carryOut(execution).finally(() => {
        // It may have come back while this attempt was still on its way out.
        if (runs.get(id)?.execution === execution) runs.delete(id)
      })
      runs.set(id, { execution, ended })
      if (stopped.has(id)) execution.controller.abort(STOPPED)
    },
    ids: () => [...runs.keys()],
    has: (runId) => runs.has(runId),
    abort(runId, reason, fence) {
      const run = runs.get(runId)
      if (run && (fence === undefined || run.execution.fence === fence)) abort(run, reason)
    },
    abortWaiting(reason) {
      for (const run of runs.values()) if (run.execution.ticket.place() > 0) abort(run, reason)
    },
    abortAll(reason) {
      for (const run of runs.values()) abort(run, reason)
    },
    async ended(deadlineMs) {
      await withDeadline(Promise.all([...runs.values()].map(({ ended }) => ended)), deadlineMs)
    }
  }
}

/** Deleted, or somebody else has it already. */
const GONE: ReadonlySet<ErrorCode> = new Set(['CONVERSATION_NOT_FOUND', 'CONVERSATION_TAKEN_OVER'])

/** Also that it was stopped, so that whoever has it next only tells the end. */
async function handOver(
  { record, fence = '', controller }: Execution,
  shared: OwnedShared
): Promise<void> {
  const claim = { id: record.conversationId, runId: record.id, fence }
  const tell = async () => {
    if (controller.signal.reason === STOPPED) await shared.requestCancel(record.id)
    await shared.handOver(claim)
  }
  try {
    await patiently(tell, MAX_HAND_OVER_MS, () => shared.isClosed())
  } catch (error) {
    if (!GONE.has(AppError.from(error).code)) throw error
  }
}
