import type { AgentEvent } from '../agent/agent-events.ts'
import { toLogId } from './log-place.ts'
import type { LoggedEvent } from './run.ts'

/** What happened in one attempt of a run, in order. Any number of readers, each at its own pace. */
export interface RunLog {
  readonly attempt: number
  append(event: AgentEvent): LoggedEvent
  /** The event as `append` would log it next, for who has to keep it before anybody reads it. */
  draft(event: AgentEvent): LoggedEvent
  /** Only the newest `kept` stay; readers that were not there yet go on with them. */
  trim(kept: number): void
  /** Nothing follows: readers end when they have read the rest. */
  close(): void
  /** Number of the newest event; 0 when there is none. */
  readonly last: number
  /** Events that are kept. */
  events(): readonly LoggedEvent[]
  /** Events after the `after`-th, then what follows; ends with the log or with `signal`. */
  read(after: number, signal: AbortSignal): AsyncGenerator<LoggedEvent, void>
}

/** A log in this process. Its size is bounded by the agent's limits on calls, results and text, and by `trim`. */
export function createMemoryRunLog(attempt = 1): RunLog {
  let events: LoggedEvent[] = []
  let dropped = 0
  const waiting = new Set<() => void>()
  let isClosed = false

  function wakeAll(): void {
    for (const wake of waiting) wake()
    waiting.clear()
  }

  function draft(event: AgentEvent): LoggedEvent {
    const id = toLogId({ attempt, number: dropped + events.length + 1 })
    return { id, type: event.type, json: JSON.stringify(event) }
  }

  return {
    attempt,

    append(event) {
      const logged = draft(event)
      events.push(logged)
      wakeAll()
      return logged
    },

    draft,

    trim(kept) {
      const surplus = Math.max(0, events.length - kept)
      events = events.slice(surplus)
      dropped += surplus
    },

    close() {
      isClosed = true
      wakeAll()
    },

    get last() {
      return dropped + events.length
    },

    events: () => events,

    async *read(after, signal) {
      let next = after
      let wake = () => {}
      // One listener for the reader, not one for each wait: a long stream waits thousands of times.
      const onAbort = () => wake()
      signal.addEventListener('abort', onAbort)
      try {
        while (!signal.aborted) {
          next = Math.max(next, dropped)
          const logged = events[next - dropped]
          if (logged) {
            next += 1
            yield logged
          } else if (isClosed) {
            return
          } else {
            const changed = Promise.withResolvers<void>()
            wake = changed.resolve
            waiting.add(wake)
            await changed.promise
          }
        }
      } finally {
        waiting.delete(wake)
        signal.removeEventListener('abort', onAbort)
      }
    }
  }
}
