import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createListPlaces, type ListPlaces } from '../../../src/mcp/list-places.ts'

const HELD_MS = 500

let begun: string[]
let ends: Map<string, PromiseWithResolvers<void>>

beforeEach(() => {
  vi.useFakeTimers()
  begun = []
  ends = new Map()
})
afterEach(() => vi.useRealTimers())

const placesFor = (maxAtATime: number, maxWithoutPlace = 10) =>
  createListPlaces({ maxAtATime, maxHeldMs: HELD_MS, maxWithoutPlace })

/** Begins each piece of work when there is a place; it ends with `end`. The name is the key. */
async function start(
  places: ListPlaces,
  keys: ReadonlyMap<string, object>,
  keepsPlace = false
): Promise<void> {
  for (const [name, key] of keys) {
    const end = Promise.withResolvers<void>()
    ends.set(name, end)
    const work = () => {
      begun.push(name)
      return end.promise
    }
    places.run(key, work, keepsPlace).catch(() => undefined)
  }
  await vi.advanceTimersByTimeAsync(0)
}

const keysOf = (...names: string[]) => new Map(names.map((name) => [name, {}]))

async function end(name: string): Promise<void> {
  ends.get(name)?.resolve()
  await vi.advanceTimersByTimeAsync(0)
}

test('begins so much at a time, and the next when one ends', async () => {
  const places = placesFor(2)
  await start(places, keysOf('a', 'b', 'c', 'd'))
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'b', 'c'])
  ends.get('c')?.reject(new Error('failed'))
  await vi.advanceTimersByTimeAsync(0)
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
})

test('begins hurried work before the other, each in order', async () => {
  const places = placesFor(1)
  const keys = keysOf('a', 'b', 'c', 'd', 'e')
  await start(places, keys)
  for (const name of ['d', 'a', 'c', 'd']) places.hurry(keys.get(name) ?? {})
  for (const name of ['a', 'd', 'c', 'b']) await end(name)
  expect(begun).toEqual(['a', 'd', 'c', 'b', 'e'])
})

test('gives the place of what takes long to the next one, once', async () => {
  const places = placesFor(1)
  await start(places, keysOf('a', 'b', 'c'))
  await vi.advanceTimersByTimeAsync(HELD_MS - 1)
  expect(begun).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(1)
  expect(begun).toEqual(['a', 'b'])
  await end('a')
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'b', 'c'])
})

test('lets no more than so many go on without a place', async () => {
  const places = placesFor(1, 2)
  await start(places, keysOf('a', 'b', 'c', 'd'))
  await vi.advanceTimersByTimeAsync(10 * HELD_MS)
  expect(begun).toEqual(['a', 'b', 'c'])
  await end('c')
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
})

test('keeps the place of what may not go on without one', async () => {
  const places = placesFor(1)
  await start(places, keysOf('a', 'b'), true)
  await vi.advanceTimersByTimeAsync(10 * HELD_MS)
  expect(begun).toEqual(['a'])
  await end('a')
  expect(begun).toEqual(['a', 'b'])
})

test('gives a place away as soon as there is room to go on without one', async () => {
  const places = placesFor(2, 1)
  await start(places, keysOf('a', 'b', 'c', 'd'))
  await vi.advanceTimersByTimeAsync(HELD_MS)
  expect(begun).toEqual(['a', 'b', 'c'])
  await end('a')
  expect(begun).toEqual(['a', 'b', 'c'])
  await vi.advanceTimersByTimeAsync(HELD_MS)
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
})
