import { afterEach, expect, test, vi } from 'vitest'
import type { Question } from '../../src/web/message.ts'
import { createMessageStore, HIDDEN_TAB_MS, nextFrame } from '../../src/web/message-store.ts'
import { isAfter, RECONNECT_DELAYS_MS, waitOrOnline } from '../../src/web/run-reader.ts'

afterEach(() => {
  vi.useRealTimers()
})

const question = (id: string, text = ''): Question => ({
  kind: 'question',
  id,
  text,
  about: undefined
})

function manualFrames() {
  const waiting: (() => void)[] = []
  return {
    waiting,
    schedule: (callback: () => void) => {
      waiting.push(callback)
      return () => waiting.splice(waiting.indexOf(callback), 1)
    },
    run: () => {
      for (const callback of waiting.splice(0)) callback()
    }
  }
}

test('a thousand changes of one message tell its watcher once a frame', () => {
  const frames = manualFrames()
  const store = createMessageStore(frames.schedule)
  const told = { a: 0, b: 0 }
  store.subscribe('a', () => {
    told.a += 1
  })
  store.subscribe('b', () => {
    told.b += 1
  })
  for (let count = 0; count < 1_000; count += 1) store.put(question('a', `${count}`))
  expect([told, frames.waiting.length]).toEqual([{ a: 0, b: 0 }, 1])
  frames.run()
  expect(told).toEqual({ a: 1, b: 0 })
  store.put(question('b'))
  frames.run()
  expect(told).toEqual({ a: 1, b: 1 })
})

test('the order changes only with the messages in it', () => {
  const store = createMessageStore(manualFrames().schedule)
  store.put(question('a'))
  store.put(question('b'))
  const order = store.order.get()
  store.put(question('a', 'changed'))
  expect(store.order.get()).toBe(order)
  store.remove(['a'])
  expect(store.order.get()).toEqual(['b'])
  expect(store.get('a')).toBeUndefined()
})

test('a closed store tells nobody', () => {
  const frames = manualFrames()
  const store = createMessageStore(frames.schedule)
  store.subscribe('a', () => expect.fail('told after the end'))
  store.put(question('a'))
  store.close()
  frames.run()
  expect(frames.waiting).toEqual([])
})

test('a hidden tab, which gets no frames, is told after a moment', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const frame = vi.spyOn(globalThis, 'requestAnimationFrame').mockReturnValue(1)
  let told = 0
  nextFrame(() => {
    told += 1
  })
  vi.advanceTimersByTime(HIDDEN_TAB_MS - 1)
  expect(told).toBe(0)
  vi.advanceTimersByTime(1)
  expect(told).toBe(1)
  frame.mockRestore()
})

test('the ids of a log are compared as numbers', () => {
  expect(isAfter('10', '9')).toBe(true)
  expect(isAfter('9', '10')).toBe(false)
  expect(isAfter('9', '9')).toBe(false)
  expect(isAfter('1700000000000-10', '1700000000000-9')).toBe(true)
  expect(isAfter('1700000000000-10', '1700000000001-0')).toBe(false)
  expect(isAfter('', '9')).toBe(true)
  expect(isAfter('x', 'y')).toBe(true)
})

test('the wait for the next attempt ends early when the network is back', async () => {
  const started = performance.now()
  const waiting = waitOrOnline(RECONNECT_DELAYS_MS[5], new AbortController().signal)
  dispatchEvent(new Event('online'))
  await waiting
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('the wait for the next attempt ends with its owner', async () => {
  const owner = new AbortController()
  const waiting = waitOrOnline(RECONNECT_DELAYS_MS[5], owner.signal)
  owner.abort(new Error('closed'))
  await expect(waiting).rejects.toThrow('closed')
})
