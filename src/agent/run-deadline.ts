import { startStopwatch } from '../platform/stopwatch.ts'

/** Of one attempt at a run: whoever goes on with it has as much again. */
export interface RunTimes {
  /** Without the time in which its asker is waited for. */
  readonly maxRunMs: number
  /** For which its asker is waited for at most, in all. */
  readonly maxFormWaitMs: number
}

/** When a run has to come to its last answer. */
export interface RunDeadline extends Pick<RunTimes, 'maxRunMs'> {
  /** Aborts when there is only time for the last answer left. */
  readonly late: AbortSignal
  /** Until there is only time for the last answer left. */
  untilLateMs(): number
  /** Until the run is ended. */
  remainingMs(): number
  /** For how long its asker may still be waited for. */
  formWaitLeftMs(): number
  /**
   * Its asker is waited for: the time stands still until what is answered is called, of all who wait at a time by the
   * last. When there is no wait left it goes on nevertheless.
   */
  hold(): () => void
}

/** For whoever runs it. */
export interface RunClock extends RunDeadline {
  /** Aborts when the run has to end. */
  readonly over: AbortSignal
  /** The run has ended. */
  stop(): void
}

/** Kept back for the last answer. */
const MAX_RESERVE_MS = 60_000
const RESERVE_SHARE = 0.2

/** The time of a run begins. */
export function startRunClock({ maxRunMs, maxFormWaitMs }: RunTimes): RunClock {
  const reserveMs = Math.min(MAX_RESERVE_MS, maxRunMs * RESERVE_SHARE)
  const late = new AbortController()
  const over = new AbortController()
  const watch = startStopwatch(arm)
  let timers: NodeJS.Timeout[] = []
  let isStopped = false

  const waitedMs = () => Math.min(watch.heldMs(), maxFormWaitMs)
  const formWaitLeftMs = () => maxFormWaitMs - waitedMs()
  const remainingMs = () => maxRunMs - (watch.elapsedMs() + watch.heldMs() - waitedMs())
  const untilLateMs = () => remainingMs() - reserveMs

  function disarm(): void {
    for (const timer of timers) clearTimeout(timer)
  }

  function arm(): void {
    disarm()
    if (isStopped) return
    const standingMs = watch.isHeld() ? formWaitLeftMs() : 0
    timers = [
      setTimeout(() => late.abort(), Math.max(0, untilLateMs() + standingMs)),
      setTimeout(() => over.abort(), Math.max(0, remainingMs() + standingMs))
    ]
  }

  arm()
  return {
    ...{ maxRunMs, untilLateMs, remainingMs, formWaitLeftMs },
    ...{ late: late.signal, over: over.signal, hold: watch.hold },
    stop() {
      isStopped = true
      disarm()
    }
  }
}
