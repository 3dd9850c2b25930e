import { AppError } from '../errors.ts'
import type { Logger } from '../platform/logger.ts'

/** Remembers why Redis does not answer, and logs a reason once, not with every attempt. */
export interface Outage {
  failed(error: unknown): void
  over(): void
  /** Rejects with REDIS_UNAVAILABLE until Redis has answered, and while it does not. */
  check(): Promise<void>
}

export function createOutage(logger: Logger, sentence: string): Outage {
  let reason: string | undefined = 'it has not answered yet.'
  let logged: string | undefined
  return {
    failed(error) {
      reason = error instanceof Error ? error.message : String(error)
      if (reason !== logged) logger.warn({ reason }, sentence)
      logged = reason
    },
    over() {
      if (logged !== undefined) logger.info('Redis answers again')
      reason = undefined
      logged = undefined
    },
    async check() {
      if (reason !== undefined) throw new AppError('REDIS_UNAVAILABLE', reason)
    }
  }
}
