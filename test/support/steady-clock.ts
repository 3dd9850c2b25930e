const TICK_MS = 10
/** What a tick counts at most. A machine that is busy is late by a little; one that stands still is late by a lot. */
const MAX_TICK_MS = 30

/** Time in which this machine ran. */
export interface SteadyClock {
  /** Answers how long that was, in milliseconds. */
  stop(): number
}

/**
 * For promises like "within half a second": a shared machine may stand still for longer than that, which is no delay of
 * ours, and counts as no more than 30 ms here.
 */
export function startSteadyClock(): SteadyClock {
  let elapsedMs = 0
  let tickedAt = performance.now()
  const tick = () => {
    const now = performance.now()
    elapsedMs += Math.min(now - tickedAt, MAX_TICK_MS)
    tickedAt = now
  }
  const timer = setInterval(tick, TICK_MS).unref()
  return {
    stop() {
      tick()
      clearInterval(timer)
      return elapsedMs
    }
  }
}
