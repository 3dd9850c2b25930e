import { expect, it, vi } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { patiently } from '../../../src/platform/patiently.ts'

const unavailable = () => new AppError('REDIS_UNAVAILABLE', 'Gone.')

it('tries again while Redis is gone', async () => {
  const work = vi.fn<() => Promise<number>>()
  work.mockRejectedValueOnce(unavailable()).mockResolvedValue(7)

  expect(await patiently(work, 5_000)).toBe(7)
  expect(work).toHaveBeenCalledTimes(2)
})

it('gives up when its patience is over, with the last reason', async () => {
  const work = vi.fn<() => Promise<number>>()
  const last = unavailable()
  work.mockRejectedValueOnce(unavailable()).mockRejectedValue(last)

  await expect(patiently(work, 100)).rejects.toBe(last)
  expect(work).toHaveBeenCalledTimes(2)
})

it('does not wait at all without patience, for other reasons, or when nobody needs it any more', async () => {
  const work = vi.fn<() => Promise<number>>(async () => {
    throw unavailable()
  })
  await expect(patiently(work, 0)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
  await expect(patiently(work, 5_000, () => true)).rejects.toThrow()
  work.mockRejectedValue(new AppError('CONVERSATION_TAKEN_OVER', 'Taken over.'))
  await expect(patiently(work, 5_000)).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })

  expect(work).toHaveBeenCalledTimes(3)
})
