import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { createTextCoalescer } from '../../../src/runs/text-coalescer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setup() {
  const emitted: AgentEvent[] = []
  const coalescer = createTextCoalescer((event) => emitted.push(event), 50)
  const text = (delta: string) =>
    coalescer.push({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta })
  const deltas = () => emitted.map((event) => ('delta' in event ? event.delta : event.type))
  return { coalescer, text, deltas }
}

it('passes the first piece at once and joins what follows within the window', () => {
  const { text, deltas } = setup()
  for (const piece of ['a', 'b', 'c']) text(piece)
  expect(deltas()).toEqual(['a'])

  vi.advanceTimersByTime(50)
  expect(deltas()).toEqual(['a', 'bc'])
})

it('keeps the order: another event carries the held text before it', () => {
  const { coalescer, text, deltas } = setup()
  text('a')
  text('b')
  coalescer.push({ type: 'TEXT_MESSAGE_END', messageId: 'm' })

  expect(deltas()).toEqual(['a', 'b', 'TEXT_MESSAGE_END'])
  vi.advanceTimersByTime(200)
  expect(deltas()).toHaveLength(3)
})

it('leaves no timer behind when nothing follows', () => {
  const { coalescer, text } = setup()
  text('a')
  text('b')
  vi.advanceTimersByTime(100)
  expect(vi.getTimerCount()).toBe(0)

  text('c')
  coalescer.flush()
  expect(vi.getTimerCount()).toBe(0)
})
