import { expect, it } from 'vitest'
import { createInFlight } from '../../../src/runs/in-flight.ts'

const settle = () => new Promise(setImmediate)

it('waits for what is under way, however it ends', async () => {
  const inFlight = createInFlight()
  const one = Promise.withResolvers<number>()
  const other = Promise.withResolvers<void>()
  const tracked = inFlight.track(one.promise)
  const failing = expect(inFlight.track(other.promise)).rejects.toThrow('failed')
  let isOver = false
  const ended = inFlight.ended().then(() => {
    isOver = true
  })
  one.resolve(7)
  await settle()
  expect(isOver).toBe(false)
  other.reject(new Error('failed'))
  await ended

  expect(await tracked).toBe(7)
  await failing
})

it('does not wait for what is over, or begins later', async () => {
  const inFlight = createInFlight()
  await inFlight.track(Promise.resolve())
  const ended = inFlight.ended()
  const later = Promise.withResolvers<void>()
  const tracked = inFlight.track(later.promise)
  await ended
  later.resolve()

  await tracked
})
