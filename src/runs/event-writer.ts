import { patiently } from '../platform/patiently.ts'
import type { LoggedEvent } from './run.ts'

/** One script holds Redis up for everybody. */
const MAX_EVENTS_PER_WRITE = 200

export interface EventWriterOptions {
  /** `kept`: how many of the newest events are to stay; undefined: all. */
  readonly write: (events: readonly LoggedEvent[], kept: number | undefined) => Promise<void>
  /** For how long Redis may be gone. */
  readonly patienceMs: number
  /** Called at most once, when something cannot be written: nothing is written from then on. */
  readonly onLost: () => void
}

/** Keeps events behind the reader: one write is under way at a time, and takes along what came meanwhile. */
export interface EventWriter {
  put(logged: LoggedEvent, kept: number | undefined): void
  /** Resolves when everything is written, or nothing more will be. */
  settled(): Promise<void>
  /** Writes no more. */
  close(): void
}

interface Waiting {
  readonly logged: LoggedEvent
  readonly kept: number | undefined
}

export function createEventWriter({ write, patienceMs, onLost }: EventWriterOptions): EventWriter {
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let isClosed = false

  function close(): void {
    isClosed = true
    waiting = []
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, nextBatch(waiting))
      const events = batch.map(({ logged }) => logged)
      await patiently(
        () => write(events, batch.at(-1)?.kept),
        patienceMs,
        () => isClosed
      )
    }
    writing = undefined
  }

  function lose(): void {
    if (isClosed) return
    close()
    onLost()
  }

  return {
    put(logged, kept) {
      if (isClosed) return
      waiting.push({ logged, kept })
      writing ??= writeAll().catch(lose)
    },
    settled: async () => writing,
    close
  }
}

/** What is to be cut off is cut with the last event that is to stay. */
function nextBatch(waiting: readonly Waiting[]): number {
  const cutAt = waiting.findIndex(({ kept }) => kept !== undefined)
  return cutAt < 0 ? MAX_EVENTS_PER_WRITE : Math.min(cutAt + 1, MAX_EVENTS_PER_WRITE)
}
