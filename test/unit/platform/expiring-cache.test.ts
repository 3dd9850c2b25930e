import { expect, it } from 'vitest'
import { createExpiringCache } from '../../../src/platform/expiring-cache.ts'

it('forgets a value at its time', () => {
  let time = 0
  const cache = createExpiringCache<string>({ maxEntries: 10, now: () => time })
  cache.set('a', 'value', 100)
  time = 99
  expect(cache.get('a')).toBe('value')
  time = 100
  expect(cache.get('a')).toBeUndefined()
  expect(cache.size).toBe(0)
})

it('lets the value go that was set longest ago when it is full', () => {
  const cache = createExpiringCache<string>({ maxEntries: 2, now: () => 0 })
  cache.set('a', '1', 1)
  cache.set('b', '2', 1)
  cache.set('a', '3', 1)
  cache.set('c', '4', 1)

  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['3', undefined, '4'])
  expect(cache.size).toBe(2)
})

it('forgets one value, or all that match', () => {
  const cache = createExpiringCache<number>({ maxEntries: 10, now: () => 0 })
  for (const value of [1, 2, 3, 4]) cache.set(String(value), value, 1)
  cache.delete('1')
  cache.deleteWhere((value) => value % 2 === 0)

  expect([cache.size, cache.get('3')]).toEqual([1, 3])
})
