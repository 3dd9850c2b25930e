import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'

const RETRY_MS = 200

/**
 * Writes again while Redis is gone: it may be restarting. Only for what counts once when it is written twice. Throws
 * what `write` throws, REDIS_UNAVAILABLE not before `patienceMs` or when `isOver`.
 */
export async function patiently<T>(
  write: () => Promise<T>,
  patienceMs: number,
  isOver: () => boolean = () => false
): Promise<T> {
  const startedAt = performance.now()
  for (;;) {
    try {
      return await write()
    } catch (error) {
      const isTooLong = performance.now() - startedAt >= patienceMs
      if (isOver() || isTooLong || !isUnavailable(error)) throw error
      await sleep(RETRY_MS)
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'REDIS_UNAVAILABLE'
}
