import { AppError } from '../errors.ts'

const RETRY_AFTER_SECONDS = 2

export interface RunPlacesOptions {
  readonly maxRuns: number
  readonly maxRunsPerUser: number
}

/** Who may answer now. A place is taken before anything is prepared, so that the limit holds for starts at once. */
export interface RunPlaces {
  /** Takes a place; the function answered gives it back, once. Throws DRAINING, TOO_MANY_RUNS. */
  take(userId: string): () => void
  /** Throws DRAINING once `close` was called. */
  checkOpen(): void
  /** From now on nobody gets a place. */
  close(): void
}

export function createPlaces({ maxRuns, maxRunsPerUser }: RunPlacesOptions): RunPlaces {
  /** Places taken, by user; nobody with none. */
  const taken = new Map<string, number>()
  let total = 0
  let isClosed = false

  function checkOpen(): void {
    if (isClosed) throw new AppError('DRAINING', 'This replica is shutting down.')
  }

  function refuse(message: string): never {
    throw new AppError('TOO_MANY_RUNS', message, {
      details: { retryAfterSeconds: RETRY_AFTER_SECONDS }
    })
  }

  function change(userId: string, difference: number): void {
    total += difference
    const theirs = (taken.get(userId) ?? 0) + difference
    if (theirs > 0) taken.set(userId, theirs)
    else taken.delete(userId)
  }

  return {
    take(userId) {
      checkOpen()
      if (total >= maxRuns) refuse('Too many questions are being answered right now.')
      const isShareUsed = (taken.get(userId) ?? 0) >= maxRunsPerUser
      if (isShareUsed) refuse(`${maxRunsPerUser} of your questions are being answered already.`)
      change(userId, 1)
      let isLeft = false
      return () => {
        if (!isLeft) change(userId, -1)
        isLeft = true
      }
    },
    checkOpen,
    close() {
      isClosed = true
    }
  }
}
