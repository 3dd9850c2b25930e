import type { AgentEvent, ApprovalAction } from '../agent/agent-events.ts'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import { patiently } from '../platform/patiently.ts'
import { createEventWriter, type EventWriter } from './event-writer.ts'
import { createLogCut, type LogCutOptions } from './log-cut.ts'
import type { LoggedEvent } from './run.ts'
import { foldEvent } from './run-fold.ts'
import type { RunLog } from './run-log.ts'
import { type RunOutcome, startOutcome } from './run-outcome.ts'
import type { RunPen } from './run-store.ts'

/** For what was shown and is not kept yet. */
const MAX_LEAVING_MS = 500

/** Writes that are kept under the run's claim; each throws what `RunConversationScript` throws. */
export interface RunWrites {
  /** `kept`: how many of the newest events are to stay; undefined: all. */
  append(events: readonly LoggedEvent[], kept: number | undefined): Promise<void>
  end(event: LoggedEvent): Promise<void>
  wait(event: LoggedEvent, actions: readonly ApprovalAction[]): Promise<void>
  beginCall(callId: string): Promise<boolean>
}

export interface RedisRunPenOptions extends LogCutOptions {
  readonly createdAt: number
  readonly writes: RunWrites
  /** For how long Redis may be gone before somebody else may have the run. */
  readonly leaseMs: number
  /** The run has ended or waits: nobody holds its conversation any more. */
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
  const { attempt } = log
  const cut = createLogCut(options)
  const lost = new AbortController()
  const writer = createEventWriter({
    write: writes.append,
    patienceMs: leaseMs,
    onLost() {
      close()
      lost.abort()
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

  const shown = createShown({ log, writer, outcome })

  /** Keeps the last event before anybody reads it. */
  async function finish(event: AgentEvent, write: (last: LoggedEvent) => Promise<void>) {
    await writer.settled()
    if (isClosed) throw notOurs()
    const last = log.draft(event)
    await patiently(
      () => write(last),
      leaseMs,
      () => isClosed
    )
    options.onEnded()
    foldEvent(outcome, event)
    log.append(event)
    close()
  }

  return {
    ...{ attempt, createdAt, outcome, lost: lost.signal },

    append(event) {
      if (isClosed) return
      shown.putAll(cut.eventsAfter(event, shown.put(event)))
    },

    end: (event) => finish(event, writes.end),
    wait: (event) => finish(event, (last) => writes.wait(last, event.value.actions)),

    async leave() {
      await withDeadline(writer.settled(), MAX_LEAVING_MS)
      close()
    },
    beginCall: (callId) =>
      patiently(
        () => writes.beginCall(callId),
        leaseMs,
        () => isClosed
      )
  }
}

interface ShownParts {
  readonly log: RunLog
  readonly writer: EventWriter
  readonly outcome: RunOutcome
}

/** Everything goes to readers, to the view and to what is to be kept. */
function createShown({ log, writer, outcome }: ShownParts) {
  function put(event: AgentEvent, kept?: number): LoggedEvent {
    foldEvent(outcome, event)
    const logged = log.append(event)
    writer.put(logged, kept)
    return logged
  }

  return {
    put: (event: AgentEvent) => put(event),
    /** A cut: what was before these events is kept no longer. */
    putAll(events: readonly AgentEvent[]): void {
      const kept = events.length
      for (const [place, event] of events.entries()) {
        put(event, place === kept - 1 ? kept : undefined)
      }
      if (kept > 0) log.trim(kept)
    }
  }
}

function notOurs(): AppError {
  return new AppError('CONVERSATION_TAKEN_OVER', 'Another replica has the run.')
}
