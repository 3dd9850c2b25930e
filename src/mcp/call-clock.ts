import { startStopwatch } from '../platform/stopwatch.ts'
import { McpFailure } from './mcp-failure.ts'

export interface CallLimits {
  /** Of a call without news. */
  readonly callTimeoutMs: number
  /** Of a call that goes on reporting progress. */
  readonly totalTimeoutMs: number
}

/** How long a call may take, without the time in which a person was asked. */
export interface CallClock {
  /** Aborts when it took too long. */
  readonly signal: AbortSignal
  /** Why it aborted. */
  failure(): McpFailure | undefined
  /** The server tells of its progress. */
  news(): void
  /** A person is asked: the clock stands still until the answer is called. */
  hold(): () => void
  /** The call is over. */
  stop(): void
}

export function createCallClock({ callTimeoutMs, totalTimeoutMs }: CallLimits): CallClock {
  const over = new AbortController()
  const maxMs = Math.max(totalTimeoutMs, callTimeoutMs)
  const watch = startStopwatch(() => {
    if (watch.isHeld()) pause()
    else if (!isOver) start()
  })
  let failure: McpFailure | undefined
  let isOver = false
  let quiet: NodeJS.Timeout | undefined
  let total: NodeJS.Timeout | undefined

  const end = (sentence: string) => {
    failure = new McpFailure('timeout', sentence)
    pause()
    isOver = true
    over.abort(failure)
  }

  const silent = `it did not answer within ${inSeconds(callTimeoutMs)} s.`
  const endless = `it did not end within ${inSeconds(totalTimeoutMs)} s.`

  function listen(): void {
    clearTimeout(quiet)
    quiet = setTimeout(() => end(silent), callTimeoutMs)
  }

  function start(): void {
    listen()
    // Both are over at once when a call may take no longer than a silent one.
    const sentence = maxMs > callTimeoutMs ? endless : silent
    total = setTimeout(() => end(sentence), Math.max(0, maxMs - watch.elapsedMs()))
  }

  function pause(): void {
    clearTimeout(quiet)
    clearTimeout(total)
  }

  start()
  return {
    signal: over.signal,
    failure: () => failure,
    news: () => {
      if (!watch.isHeld() && !isOver) listen()
    },
    hold: watch.hold,
    stop: () => {
      pause()
      isOver = true
    }
  }
}

const inSeconds = (ms: number) => Math.max(1, Math.round(ms / 1000))
