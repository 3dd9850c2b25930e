import { onTestFinished } from 'vitest'
import { type RunDeadline, startRunClock } from '../../src/agent/run-deadline.ts'

/** For turns that no coordinator runs. */
export function longDeadline(): RunDeadline {
  const clock = startRunClock({ maxRunMs: 20_000, maxFormWaitMs: 60_000 })
  onTestFinished(clock.stop)
  return clock
}
