import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { createLeaving } from '../../../src/nautobot/leaving.ts'
import { Secret } from '../../../src/platform/secret.ts'

const call = (signal: AbortSignal) => ({ token: new Secret('t'), signal, correlationId: 'c' })

it('starts nothing for a caller who has left before', async () => {
  const reason = new Error('left')
  const signal = AbortSignal.abort(reason)
  let started = 0
  const waiting = createLeaving({ timeoutMs: 50 }).wait(call(signal), async () => {
    started += 1
  })

  await expect(waiting).rejects.toBe(reason)
  expect(started).toBe(0)
})

it('leaves nothing at the signal of the caller, whatever the work comes to', async () => {
  const { signal } = new AbortController()
  const leaving = createLeaving({ timeoutMs: 20 })
  await leaving.wait(call(signal), async () => 'done')
  await leaving.wait(call(signal), () => Promise.reject(new Error('no'))).catch(() => undefined)
  await leaving.wait(call(signal), () => new Promise(() => undefined)).catch(() => undefined)

  expect(getEventListeners(signal, 'abort')).toEqual([])
})
