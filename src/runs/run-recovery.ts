import { createInFlight } from './in-flight.ts'
import type { SharedRuns, TakenOverRun } from './shared-runs.ts'

const LOOK_FOR_LAPSED_MS = 2_000
const LOOK_FOR_CANCELLED_MS = 250
const MAX_TAKEN_AT_ONCE = 20

export interface RunRecoveryOptions {
  readonly shared: SharedRuns
  /** Whether a run more can be answered here. */
  readonly hasRoom: () => boolean
  /** Goes on with a run. Must not throw. */
  readonly adopt: (run: TakenOverRun) => void
  /** Runs that are answered here. */
  readonly owned: () => readonly string[]
  readonly stop: (runId: string) => void
  /** Redis could not be asked: for the log. */
  readonly onError: (error: unknown) => void
  readonly lookForLapsedMs?: number
  readonly lookForCancelledMs?: number
}

/** Looks after runs: takes those over that nobody answers, stops those that were asked to stop elsewhere. */
export interface RunRecovery {
  /** Takes one run over now if nobody answers it, also without room: to be stopped. */
  take(conversationId: string): Promise<void>
  /** Takes no more runs; resolves when one that is being taken is settled. */
  drain(): Promise<void>
  /** Looks at nothing any more. */
  close(): void
}

export function createRunRecovery(options: RunRecoveryOptions): RunRecovery {
  const { shared, hasRoom, adopt, owned, stop, onError } = options
  const takes = createInFlight()
  let isDraining = false

  async function takeOne(conversationId: string): Promise<void> {
    if (isDraining) return
    const run = await shared.takeOver(conversationId)
    if (!run) return
    if (!isDraining) return adopt(run)
    // Its drain began meanwhile: this replica is gone before the run would end.
    const { id: runId } = run.record
    await run.pen.leave()
    await shared.handOver({ id: conversationId, runId, fence: run.fence ?? '' })
  }

  const take = (conversationId: string) => takes.track(takeOne(conversationId))

  async function takeLapsed(): Promise<void> {
    if (isDraining || !hasRoom()) return
    for (const conversationId of await shared.lapsed(MAX_TAKEN_AT_ONCE)) {
      if (!hasRoom()) return
      // One that cannot be taken must not stand before all others.
      await take(conversationId).catch(onError)
    }
  }

  async function stopCancelled(): Promise<void> {
    const runIds = owned()
    if (runIds.length === 0) return
    for (const runId of await shared.cancelled(runIds)) stop(runId)
  }

  const lapsed = every(options.lookForLapsedMs ?? LOOK_FOR_LAPSED_MS, takeLapsed, onError)
  const cancelled = every(
    options.lookForCancelledMs ?? LOOK_FOR_CANCELLED_MS,
    stopCancelled,
    onError
  )
  const stopListening = shared.onCancel(stop)

  return {
    take,
    drain() {
      isDraining = true
      return takes.ended()
    },
    close() {
      isDraining = true
      lapsed.close()
      cancelled.close()
      stopListening()
    }
  }
}

/** Never twice at a time, however long one look takes. */
function every(ms: number, look: () => Promise<void>, onError: (error: unknown) => void) {
  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    look()
      .catch(onError)
      .finally(() => {
        isLooking = false
      })
  }, ms).unref()
  return { close: () => clearInterval(timer) }
}
