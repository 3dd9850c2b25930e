import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  createCallProgress,
  MAX_MESSAGE_CHARACTERS,
  MAX_REPORTS,
  MIN_INTERVAL_MS,
  REPORTS_PER_INTERVAL,
  readProgress
} from '../../../src/mcp/call-progress.ts'
import type { ToolProgress } from '../../../src/tool-server.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setup() {
  const told: ToolProgress[] = []
  return { told, call: createCallProgress((progress) => told.push(progress)) }
}

const numbers = (told: readonly ToolProgress[]) => told.map(({ progress }) => progress)

it('passes the first report at once, then the newest of each interval', () => {
  const { told, call } = setup()
  for (let progress = 1; progress <= 9; progress += 1) call.report({ progress, total: 10 })
  expect(told).toEqual([{ progress: 1, total: 10 }])

  vi.advanceTimersByTime(MIN_INTERVAL_MS - 1)
  expect(told).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(numbers(told)).toEqual([1, 9])

  vi.advanceTimersByTime(MIN_INTERVAL_MS)
  call.report({ progress: 10, total: 10 })
  expect(numbers(told)).toEqual([1, 9, 10])
})

it('is told less often the longer the call takes, and stops at its limit', () => {
  const { told, call } = setup()
  const times: number[] = []
  for (let progress = 0; told.length < MAX_REPORTS; progress += 1) {
    const before = told.length
    call.report({ progress })
    if (told.length > before) times.push(Date.now())
    vi.advanceTimersByTime(MIN_INTERVAL_MS)
    if (told.length > times.length) times.push(Date.now())
  }
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  expect(gaps[0]).toBe(MIN_INTERVAL_MS)
  expect(gaps[REPORTS_PER_INTERVAL - 2]).toBe(MIN_INTERVAL_MS)
  expect(gaps[REPORTS_PER_INTERVAL - 1]).toBe(2 * MIN_INTERVAL_MS)
  expect(gaps.at(-1)).toBe(2 ** (MAX_REPORTS / REPORTS_PER_INTERVAL - 1) * MIN_INTERVAL_MS)
  // Longer than the longest total time-out.
  expect(times.at(-1) ?? 0).toBeGreaterThan((times[0] ?? 0) + 3_600_000)

  call.report({ progress: 1_000_000_000 })
  vi.advanceTimersByTime(10_000_000)
  expect(told).toHaveLength(MAX_REPORTS)
  expect(vi.getTimerCount()).toBe(0)
})

it('never goes back, and tells of the same number only with other words', () => {
  const { told, call } = setup()
  for (const progress of [5, 5, 4, 6, 0, 7]) {
    call.report({ progress })
    vi.advanceTimersByTime(MIN_INTERVAL_MS)
  }
  expect(numbers(told)).toEqual([5, 6, 7])

  for (const message of ['one', 'one', 'two']) {
    call.report({ progress: 7, message })
    vi.advanceTimersByTime(MIN_INTERVAL_MS)
  }
  expect(told.slice(3)).toEqual([
    { progress: 7, message: 'one' },
    { progress: 7, message: 'two' }
  ])
})

it('says nothing after the end, also of what it held back, and leaves no timer', () => {
  const { told, call } = setup()
  call.report({ progress: 1 })
  call.report({ progress: 2 })
  call.end()
  call.report({ progress: 3 })
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(60_000)
  expect(numbers(told)).toEqual([1])
})

it.each([
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  Number.MAX_SAFE_INTEGER + 1,
  '3',
  null,
  undefined,
  {}
])('takes %j for no progress', (progress) => {
  expect(readProgress({ progress })).toBeUndefined()
  expect(readProgress({ progress: 0, total: progress })).toEqual({ progress: 0 })
})

it('leaves out a total that is zero, or less than what is done', () => {
  expect(readProgress({ progress: 0, total: 0 })).toEqual({ progress: 0 })
  expect(readProgress({ progress: 11, total: 10 })).toEqual({ progress: 11 })
  expect(readProgress({ progress: 10, total: 10 })).toEqual({ progress: 10, total: 10 })
  expect(readProgress({ progress: 0.25, total: 1 })).toEqual({ progress: 0.25, total: 1 })
})

it.each([
  ['one\r\ntwo\tthree', 'one two three'],
  ['\u001b[31mred\u0007', '[31mred'],
  ['abc\u202edef\u2066ghi', 'abcdefghi'],
  ['zero\u200bwidth\ufefftag\u{e0041}', 'zerowidthtag'],
  ['line\u2028separator', 'line separator'],
  ['lone \ud800 surrogate', 'lone surrogate'],
  ['<img src=x onerror=alert(1)> **x**', '<img src=x onerror=alert(1)> **x**'],
  ['Kopiere Konfiguration für „Größe“ 复制 🚀', 'Kopiere Konfiguration für „Größe“ 复制 🚀']
])('makes %j one line of visible characters', (message, said) => {
  expect(readProgress({ progress: 1, message })).toEqual({ progress: 1, message: said })
})

it.each([' \n\t ', '\u202e\u200b', '', 7, null, { text: 'x' }])('has no words in %j', (message) => {
  expect(readProgress({ progress: 1, message })).toEqual({ progress: 1 })
})

it('keeps a message of the limit whole and cuts a longer one, between characters', () => {
  const whole = 'x'.repeat(MAX_MESSAGE_CHARACTERS)
  expect(readProgress({ progress: 1, message: whole })?.message).toBe(whole)
  for (const message of [`${whole}y`, 'x'.repeat(10_000_000), '🚀'.repeat(5_000_000)]) {
    const said = readProgress({ progress: 1, message })?.message ?? ''
    expect(said.length).toBeLessThanOrEqual(MAX_MESSAGE_CHARACTERS)
    expect(said.length).toBeGreaterThanOrEqual(MAX_MESSAGE_CHARACTERS - 1)
    expect(said.endsWith('…')).toBe(true)
    expect(said).not.toMatch(/\p{Cs}/u)
  }
})
