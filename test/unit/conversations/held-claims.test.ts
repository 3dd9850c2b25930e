import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createHeldClaims, type HeldClaimsOptions } from '../../../src/conversations/held-claims.ts'
import { AppError } from '../../../src/errors.ts'

const BEAT_MS = 100
const takenOver = () => new AppError('CONVERSATION_TAKEN_OVER', 'Taken over.')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function heldOf(renew: HeldClaimsOptions['renew'] = async () => undefined) {
  const renewed = vi.fn(renew)
  const onLost = vi.fn<HeldClaimsOptions['onLost']>()
  const held = createHeldClaims({ heartbeatMs: BEAT_MS, renew: renewed, onLost })
  return { held, renewed, onLost }
}

const claim = (id: string, fence = '1', runId = `run-of-${id}`) => ({ id, runId, fence })

it('renews every claim it holds, and rests when it holds none', async () => {
  const { held, renewed } = heldOf()
  expect(vi.getTimerCount()).toBe(0)
  held.hold(claim('a'))
  held.hold(claim('b'))
  await vi.advanceTimersByTimeAsync(2 * BEAT_MS)
  expect(renewed).toHaveBeenCalledTimes(4)
  held.forget('a', 'run-of-a')
  held.forget('b', 'run-of-b')
  await vi.advanceTimersByTimeAsync(BEAT_MS)

  expect(renewed).toHaveBeenCalledTimes(4)
  expect(vi.getTimerCount()).toBe(0)
  held.hold(claim('c'))
  await vi.advanceTimersByTimeAsync(BEAT_MS)
  expect(renewed).toHaveBeenLastCalledWith(claim('c'))
  held.close()
})

it('knows the fence of the run that has the conversation, and of no other', () => {
  const { held } = heldOf()
  held.hold(claim('a', '7'))
  held.forget('a', 'another run')

  expect(held.fenceOf('a', 'run-of-a')).toBe('7')
  expect(held.fenceOf('a', 'another run')).toBeUndefined()
  expect(held.fenceOf('b', 'run-of-a')).toBeUndefined()
  expect([held.has('a'), held.has('b')]).toEqual([true, false])
  held.close()
})

it('loses a claim once, and goes on with the others', async () => {
  const { held, renewed, onLost } = heldOf(async ({ id }) => {
    if (id === 'a') throw takenOver()
  })
  held.hold(claim('a'))
  held.hold(claim('b'))
  await vi.advanceTimersByTimeAsync(3 * BEAT_MS)

  expect(onLost).toHaveBeenCalledExactlyOnceWith('a', 'run-of-a', expect.any(AppError))
  expect(renewed.mock.calls.map(([{ id }]) => id)).toEqual(['a', 'b', 'b', 'b'])
  expect(held.fenceOf('a', 'run-of-a')).toBeUndefined()
  held.close()
})

it('keeps a claim while Redis is gone: the lease may hold yet', async () => {
  const { held, renewed, onLost } = heldOf(async () => {
    throw new AppError('REDIS_UNAVAILABLE', 'Gone.')
  })
  held.hold(claim('a'))
  await vi.advanceTimersByTimeAsync(3 * BEAT_MS)

  expect(onLost).not.toHaveBeenCalled()
  expect(renewed).toHaveBeenCalledTimes(3)
  expect(held.fenceOf('a', 'run-of-a')).toBe('1')
  held.close()
})

it('beats one beat at a time, however slow Redis is', async () => {
  const slow = Promise.withResolvers<void>()
  const { held, renewed } = heldOf(() => slow.promise)
  held.hold(claim('a'))
  await vi.advanceTimersByTimeAsync(5 * BEAT_MS)
  expect(renewed).toHaveBeenCalledOnce()
  slow.resolve()
  await vi.advanceTimersByTimeAsync(BEAT_MS)

  expect(renewed).toHaveBeenCalledTimes(2)
  held.close()
})

it('does not lose what was given up while its renewal was under way', async () => {
  const slow = Promise.withResolvers<void>()
  const { held, onLost } = heldOf(() => slow.promise)
  held.hold(claim('a'))
  await vi.advanceTimersByTimeAsync(BEAT_MS)
  held.forget('a', 'run-of-a')
  slow.reject(takenOver())
  await vi.advanceTimersByTimeAsync(0)

  expect(onLost).not.toHaveBeenCalled()
})

it('does not lose a run that has come back under a new fence when its old renewal is refused', async () => {
  const slow = Promise.withResolvers<void>()
  const { held, onLost } = heldOf(({ fence }) => (fence === '1' ? slow.promise : Promise.resolve()))
  held.hold(claim('a', '1'))
  await vi.advanceTimersByTimeAsync(BEAT_MS)
  held.hold(claim('a', '3'))
  slow.reject(takenOver())
  await vi.advanceTimersByTimeAsync(0)

  expect(onLost).not.toHaveBeenCalled()
  expect(held.fenceOf('a', 'run-of-a')).toBe('3')
  held.close()
})

it('beats no more once it is closed', async () => {
  const { held, renewed } = heldOf()
  held.hold(claim('a'))
  held.close()
  await vi.advanceTimersByTimeAsync(3 * BEAT_MS)

  expect(renewed).not.toHaveBeenCalled()
})
