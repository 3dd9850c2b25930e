import { setTimeout as sleep } from 'node:timers/promises'
import type { ConversationRegistry } from '../conversations/conversation-registry.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import { type Execution, executeRun, type RunExecutionOptions } from './run-execution.ts'
import type { SharedRuns } from './shared-runs.ts'

/** Redis may be restarting; where it stays away, the lease lapses by itself. */
const MAX_HAND_OVER_TRIES = 10
const HAND_OVER_RETRY_MS = 500

export interface OwnedRunsOptions extends RunExecutionOptions {
  readonly conversations: Pick<ConversationRegistry, 'release'>
  readonly shared?: Pick<SharedRuns, 'handOver'>
}

/** The runs that this replica answers, waiting ones included. */
export interface OwnedRuns {
  begin(execution: Execution): void
  ids(): string[]
  /** Whether there is such a run. */
  abort(runId: string, reason: unknown): boolean
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

  async function carryOut(execution: Execution): Promise<void> {
    const { id, conversationId } = execution.record
    if (await executeRun(execution, options)) return
    if (shared) await handOver(execution, shared).catch((error) => onBroken(error, id))
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
    },
    ids: () => [...runs.keys()],
    abort(runId, reason) {
      const run = runs.get(runId)
      if (run) abort(run, reason)
      return run !== undefined
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

async function handOver(
  { record, fence = '' }: Execution,
  shared: Pick<SharedRuns, 'handOver'>
): Promise<void> {
  const claim = { id: record.conversationId, runId: record.id, fence }
  for (let tries = 1; ; tries += 1) {
    try {
      return await shared.handOver(claim)
    } catch (error) {
      const { code } = AppError.from(error)
      if (GONE.has(code)) return
      if (code !== 'REDIS_UNAVAILABLE' || tries === MAX_HAND_OVER_TRIES) throw error
      await sleep(HAND_OVER_RETRY_MS)
    }
  }
}
