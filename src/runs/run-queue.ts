import { AppError } from '../errors.ts'

const RETRY_AFTER_SECONDS = 2

export interface RunQueueOptions {
  /** Runs that are answered at a time. */
  readonly maxRuns: number
  /** So that one user cannot take every place. */
  readonly maxRunsPerUser: number
  /** Runs that wait for a place. */
  readonly maxQueuedRuns: number
  readonly maxQueuedRunsPerUser: number
}

/** A right to be answered, now or in turn. */
export interface RunTicket {
  /** Resolves when it is this run's turn. Never rejects. */
  readonly admitted: Promise<void>
  /** How many are ahead, itself included; 0 once admitted. */
  place(): number
  /** Gives it back, once, admitted or not. */
  leave(): void
}

/** Who is answered now and who waits: first come, first served, among those whose own share is not used up. */
export interface RunQueue {
  /** Throws TOO_MANY_RUNS when even the waiting room is full, DRAINING once closed. */
  enter(userId: string): RunTicket
  /** Whether there is a place, and not too many wait for it already. */
  hasRoom(): boolean
  /** For a run that has waited, elsewhere or for a person: ahead of those who have not, within its user's share like them. */
  enterAhead(userId: string): RunTicket
  /** Throws DRAINING once `close` was called. */
  checkOpen(): void
  isClosed(): boolean
  /** From now on nobody gets in, and nobody who waits gets a place. */
  close(): void
}

interface Entry {
  readonly userId: string
  readonly isAhead: boolean
  readonly admit: () => void
  state: 'waiting' | 'admitted' | 'left'
}

export function createRunQueue(options: RunQueueOptions): RunQueue {
  const { maxRuns, maxRunsPerUser, maxQueuedRuns, maxQueuedRunsPerUser } = options
  const answered = createTally()
  let waiting: Entry[] = []
  let isClosed = false

  const hasPlace = () => answered.total() < maxRuns
  const hasShare = (userId: string) => answered.of(userId) < maxRunsPerUser

  function admit(entry: Entry): void {
    entry.state = 'admitted'
    answered.change(entry.userId, 1)
    entry.admit()
  }

  function admitWaiting(): void {
    while (hasPlace() && !isClosed) {
      const next = waiting.find(({ userId }) => hasShare(userId))
      if (!next) return
      waiting = waiting.filter((entry) => entry !== next)
      admit(next)
    }
  }

  function wait(entry: Entry): void {
    const ahead = waiting.filter(({ isAhead }) => isAhead).length
    waiting = waiting.toSpliced(entry.isAhead ? ahead : waiting.length, 0, entry)
  }

  function leave(entry: Entry): void {
    const { state } = entry
    entry.state = 'left'
    if (state === 'waiting') waiting = waiting.filter((other) => other !== entry)
    if (state !== 'admitted') return
    answered.change(entry.userId, -1)
    admitWaiting()
  }

  function createTicket(userId: string, isAhead: boolean): RunTicket {
    const { promise: admitted, resolve } = Promise.withResolvers<void>()
    const entry: Entry = { userId, isAhead, admit: resolve, state: 'waiting' }
    if (hasPlace() && hasShare(userId)) admit(entry)
    else wait(entry)
    return { admitted, place: () => waiting.indexOf(entry) + 1, leave: () => leave(entry) }
  }

  function checkOpen(): void {
    if (isClosed) throw new AppError('DRAINING', 'This replica is shutting down.')
  }

  return {
    enter(userId) {
      checkOpen()
      if (hasPlace() && hasShare(userId)) return createTicket(userId, false)
      if (waiting.length >= maxQueuedRuns) refuse('Too many questions are waiting for an answer.')
      const theirs = waiting.filter((entry) => entry.userId === userId).length
      if (theirs >= maxQueuedRunsPerUser) {
        refuse(`${theirs} of your questions are waiting for an answer already.`)
      }
      return createTicket(userId, false)
    },
    hasRoom: () => !isClosed && hasPlace() && waiting.length < Math.max(1, maxQueuedRuns),
    enterAhead: (userId) => createTicket(userId, true),
    checkOpen,
    isClosed: () => isClosed,
    close() {
      isClosed = true
    }
  }
}

function refuse(message: string): never {
  throw new AppError('TOO_MANY_RUNS', message, {
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS }
  })
}

/** Runs being answered, by user; nobody with none. */
function createTally() {
  const counts = new Map<string, number>()
  let total = 0
  return {
    total: () => total,
    of: (userId: string) => counts.get(userId) ?? 0,
    change(userId: string, difference: 1 | -1): void {
      total += difference
      const theirs = (counts.get(userId) ?? 0) + difference
      if (theirs > 0) counts.set(userId, theirs)
      else counts.delete(userId)
    }
  }
}
