import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTextCoalescer } from '../../../src/agent/text-coalescer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setup() {
  const emitted: string[] = []
  return { emitted, coalescer: createTextCoalescer((text) => emitted.push(text), 50) }
}

it('passes the first piece at once and joins what follows within the window', () => {
  const { coalescer, emitted } = setup()
  for (const piece of ['a', 'b', 'c']) coalescer.push(piece)
  expect(emitted).toEqual(['a'])

  vi.advanceTimersByTime(50)
  expect(emitted).toEqual(['a', 'bc'])
})

it('holds a steady stream to one piece in each window', () => {
  const { coalescer, emitted } = setup()
  for (let index = 0; index < 20; index += 1) {
    coalescer.push('x')
    vi.advanceTimersByTime(10)
  }
  coalescer.flush()

  expect(emitted.join('')).toBe('x'.repeat(20))
  expect(emitted.length).toBeLessThanOrEqual(6)
})

it('leaves no timer behind when nothing follows, or when it is flushed', () => {
  const { coalescer } = setup()
  coalescer.push('a')
  coalescer.push('b')
  vi.advanceTimersByTime(100)
  expect(vi.getTimerCount()).toBe(0)

  coalescer.push('c')
  coalescer.flush()
  expect(vi.getTimerCount()).toBe(0)
})
