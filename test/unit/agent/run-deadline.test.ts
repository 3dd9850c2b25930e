import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startRunClock } from '../../../src/agent/run-deadline.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const times = { maxRunMs: 10_000, maxFormWaitMs: 30_000 }
const stateOf = ({ late, over }: ReturnType<typeof startRunClock>) => [late.aborted, over.aborted]

test('keeps a fifth for the last answer, and at most a minute', () => {
  const clock = startRunClock(times)
  expect([clock.untilLateMs(), clock.remainingMs()]).toEqual([8_000, 10_000])
  vi.advanceTimersByTime(7_999)
  expect(stateOf(clock)).toEqual([false, false])
  vi.advanceTimersByTime(1)
  expect(stateOf(clock)).toEqual([true, false])
  vi.advanceTimersByTime(2_000)
  expect(stateOf(clock)).toEqual([true, true])
  const long = startRunClock({ ...times, maxRunMs: 3_600_000 })
  expect(long.remainingMs() - long.untilLateMs()).toBe(60_000)
})

test('stands still for both of its ends, and then has as much left as before', () => {
  const clock = startRunClock(times)
  vi.advanceTimersByTime(7_000)
  const goOn = clock.hold()
  vi.advanceTimersByTime(20_000)
  expect([clock.untilLateMs(), clock.remainingMs(), clock.formWaitLeftMs()]).toEqual([
    ...[1_000, 3_000, 10_000]
  ])
  goOn()
  goOn()
  vi.advanceTimersByTime(999)
  expect(stateOf(clock)).toEqual([false, false])
  vi.advanceTimersByTime(1)
  expect(stateOf(clock)).toEqual([true, false])
  vi.advanceTimersByTime(2_000)
  expect(stateOf(clock)).toEqual([true, true])
})

test('stands while at least one waits, and counts what they wait beside each other once', () => {
  const clock = startRunClock(times)
  const one = clock.hold()
  vi.advanceTimersByTime(5_000)
  const other = clock.hold()
  vi.advanceTimersByTime(5_000)
  one()
  vi.advanceTimersByTime(5_000)
  expect([clock.remainingMs(), clock.formWaitLeftMs()]).toEqual([10_000, 15_000])
  other()
  vi.advanceTimersByTime(1_000)
  expect([clock.remainingMs(), clock.formWaitLeftMs()]).toEqual([9_000, 15_000])
})

test('waits no longer than it may in all, whoever holds it, once or again and again', () => {
  const clock = startRunClock(times)
  for (let asked = 0; asked < 5; asked += 1) {
    const goOn = clock.hold()
    vi.advanceTimersByTime(5_000)
    goOn()
  }
  const held = clock.hold()
  vi.advanceTimersByTime(5_000)
  expect([clock.remainingMs(), clock.formWaitLeftMs()]).toEqual([10_000, 0])
  vi.advanceTimersByTime(7_999)
  expect(stateOf(clock)).toEqual([false, false])
  vi.advanceTimersByTime(1)
  expect(stateOf(clock)).toEqual([true, false])
  held()
  clock.hold()
  vi.advanceTimersByTime(2_000)
  expect(stateOf(clock)).toEqual([true, true])
})

test('leaves no timer behind, whoever lets it go on', () => {
  const clock = startRunClock(times)
  const goOn = clock.hold()
  clock.stop()
  goOn()
  expect(vi.getTimerCount()).toBe(0)
})
