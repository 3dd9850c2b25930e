import type { AgentEvent } from '../agent/agent-events.ts'
import type { LoggedEvent } from './run.ts'

/** What happened in one run, in order. Any number of readers, each at its own pace. */
export interface RunLog {
  append(event: AgentEvent): void
  /** Nothing follows: readers end when they have read the rest. */
  close(): void
  readonly length: number
  /** Events after the `after`-th, then what follows; ends with the log or with `signal`. */
  read(after: number, signal: AbortSignal): AsyncGenerator<LoggedEvent, void>
}

/** A log in memory. Its size is bounded by the agent's limits on calls, results and text. */
export function createMemoryRunLog(): RunLog {
  const events: LoggedEvent[] = []
  const waiting = new Set<() => void>()
  let isClosed = false

  function wakeAll(): void {
    for (const wake of waiting) wake()
    waiting.clear()
  }

  return {
    append(event) {
      events.push({ id: String(events.length + 1), event })
      wakeAll()
    },

    close() {
      isClosed = true
      wakeAll()
    },

    get length() {
      return events.length
    },

    async *read(after, signal) {
      let next = after
      let wake = () => {}
      // One listener for the reader, not one for each wait: a long stream waits thousands of times.
      const onAbort = () => wake()
      signal.addEventListener('abort', onAbort)
      try {
        while (!signal.aborted) {
          const logged = events[next]
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
