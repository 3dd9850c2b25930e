import { expect, it } from 'vitest'
import { createSingleFlight } from '../../../src/platform/single-flight.ts'

const signal = () => new AbortController().signal

it('does work once for all who ask at the same time, and again for who asks later', async () => {
  const flights = createSingleFlight<number>()
  let runs = 0
  const work = async () => {
    runs += 1
    return runs
  }
  const together = await Promise.all([
    flights.run('a', signal(), work),
    flights.run('a', signal(), work)
  ])

  expect(together).toEqual([1, 1])
  expect(await flights.run('a', signal(), work)).toBe(2)
  expect(await flights.run('b', signal(), work)).toBe(3)
})

it('aborts the work when the last caller has left, and does not hand the aborted work to the next', async () => {
  const flights = createSingleFlight<string>()
  const seen: AbortSignal[] = []
  const work = (shared: AbortSignal) => {
    seen.push(shared)
    const { promise, reject } = Promise.withResolvers<string>()
    shared.addEventListener('abort', () => reject(shared.reason))
    return promise
  }
  const first = new AbortController()
  const second = new AbortController()
  const one = flights.run('a', first.signal, work)
  const two = flights.run('a', second.signal, work)
  first.abort(new Error('first left'))
  await expect(one).rejects.toThrow('first left')
  expect(seen[0]?.aborted).toBe(false)
  second.abort(new Error('second left'))
  await expect(two).rejects.toThrow('second left')
  expect(seen[0]?.aborted).toBe(true)
  expect(await flights.run('a', signal(), async () => 'fresh')).toBe('fresh')
})

it('starts nothing for a caller who has left already', async () => {
  const flights = createSingleFlight<string>()
  let runs = 0

  await expect(
    flights.run('a', AbortSignal.abort(new Error('left')), async () => {
      runs += 1
      return 'done'
    })
  ).rejects.toThrow('left')
  expect(runs).toBe(0)
})

it('gives a failure to everybody who waits and keeps nothing of it', async () => {
  const flights = createSingleFlight<string>()
  const fail = async () => Promise.reject(new Error('down'))
  const waiting = [flights.run('a', signal(), fail), flights.run('a', signal(), fail)]

  for (const wait of waiting) await expect(wait).rejects.toThrow('down')
  expect(await flights.run('a', signal(), async () => 'up')).toBe('up')
})
