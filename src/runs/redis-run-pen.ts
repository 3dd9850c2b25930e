import type { AgentEvent } from '../agent/agent-events.ts'
import { AppError } from '../errors.ts'
import { createEventWriter, patiently } from './event-writer.ts'
import { createLogCut, type LogCutOptions } from './log-cut.ts'
import type { LoggedEvent } from './run.ts'
import { foldEvent, startOutcome } from './run-fold.ts'
import type { RunPen } from './run-store.ts'

/** Writes that are kept under the run's claim; each throws what `RunConversationScript` throws. */
export interface RunWrites {
  /** `kept`: how many of the newest events are to stay; undefined: all. */
  append(events: readonly LoggedEvent[], kept: number | undefined): Promise<void>
  end(event: LoggedEvent): Promise<void>
  beginCall(callId: string): Promise<boolean>
}

export interface RedisRunPenOptions extends LogCutOptions {
  readonly createdAt: number
  readonly writes: RunWrites
  /** For how long Redis may be gone before somebody else may have the run. */
  readonly leaseMs: number
  /** Called at most once, when something cannot be kept: somebody else has the run, or will. */
  readonly onLost: () => void
  /** The run has ended. */
  readonly onEnded: () => void
  /** Called once: nothing more comes from here. */
  readonly onClosed: () => void
}

/**
 * Shows events at once and keeps them behind the reader; the last one is kept first. How much waits is bounded by what
 * one run may say, and by the lease.
 */
export function createRedisRunPen(options: RedisRunPenOptions): RunPen {
  const { log, createdAt, writes, leaseMs } = options
  const outcome = startOutcome()
  const cut = createLogCut(options)
  const writer = createEventWriter({
    write: writes.append,
    patienceMs: leaseMs,
    onLost() {
      close()
      options.onLost()
    }
  })
  let isClosed = false

  function close(): void {
    if (isClosed) return
    isClosed = true
    writer.close()
    options.onClosed()
    log.close()
  }

  function put(event: AgentEvent, kept?: number): LoggedEvent {
    foldEvent(outcome, event)
    const logged = log.append(event)
    writer.put(logged, kept)
    return logged
  }

  return {
    attempt: log.attempt,
    createdAt,
    outcome,

    append(event) {
      if (isClosed) return
      const more = cut.eventsAfter(event, put(event))
      const kept = more.length
      for (const [place, one] of more.entries()) put(one, place === kept - 1 ? kept : undefined)
      if (kept > 0) log.trim(kept)
    },

    async end(event) {
      await writer.settled()
      if (isClosed) throw new AppError('CONVERSATION_TAKEN_OVER', 'Another replica has the run.')
      const last = log.draft(event)
      await patiently(
        () => writes.end(last),
        leaseMs,
        () => isClosed
      )
      options.onEnded()
      foldEvent(outcome, event)
      log.append(event)
      close()
    },

    leave: close,
    beginCall: (callId) => writes.beginCall(callId)
  }
}
