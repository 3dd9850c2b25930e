import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCallClock } from '../../../src/mcp/call-clock.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const limits = { callTimeoutMs: 1_000, totalTimeoutMs: 3_000 }

test('ends a silent call, and one that never ends', () => {
  const silent = createCallClock(limits)
  vi.advanceTimersByTime(999)
  expect(silent.signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(silent.failure()).toMatchObject({
    kind: 'timeout',
    message: 'it did not answer within 1 s.'
  })
  const endless = createCallClock(limits)
  for (let at = 0; at < 6; at += 1) {
    vi.advanceTimersByTime(500)
    endless.news()
  }
  expect(endless.failure()?.message).toBe('it did not end within 3 s.')
})

test('stands still while anybody is asked, and then goes on', () => {
  const clock = createCallClock(limits)
  vi.advanceTimersByTime(900)
  const one = clock.hold()
  const other = clock.hold()
  vi.advanceTimersByTime(60_000)
  one()
  one()
  clock.news()
  vi.advanceTimersByTime(60_000)
  expect(clock.signal.aborted).toBe(false)
  other()
  for (let at = 0; at < 4; at += 1) {
    vi.advanceTimersByTime(500)
    clock.news()
  }
  // 900 + 2000 of 3000 are over.
  vi.advanceTimersByTime(99)
  expect(clock.signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(clock.failure()?.message).toBe('it did not end within 3 s.')
})

test('a clock that was stopped never rings, whoever lets it go on', () => {
  const clock = createCallClock(limits)
  const release = clock.hold()
  clock.stop()
  release()
  expect(vi.getTimerCount()).toBe(0)
})
