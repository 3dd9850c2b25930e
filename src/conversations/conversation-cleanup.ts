/** What one call of the cleanup did. */
export interface CleanupReport {
  readonly lookedAt: number
  readonly deletedByAge: number
  readonly deletedBeyondLimit: number
  /** Entries in lists whose conversations had expired by themselves. */
  readonly struckOff: number
  readonly collectedCheckpoints: number
  readonly collectedContents: number
  readonly freedBytes: number
  /** False: the next call goes on where this one ended. */
  readonly isComplete: boolean
}

/** What is kept of conversations, measured over one whole round. */
export interface ConversationsSize {
  readonly conversations: number
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly measuredAt: number
}

/** Retention of conversations, and the collection of what nothing refers to. */
export interface ConversationCleanup {
  /**
   * Looks at a bounded number of conversations, never changing one that is being answered. Throws the reason of
   * `signal` soon after its abort, and REDIS_UNAVAILABLE; what was done until then stays done.
   */
  run(signal: AbortSignal): Promise<CleanupReport>
  /** As measured last; undefined before the first whole round. Throws REDIS_UNAVAILABLE. */
  size(): Promise<ConversationsSize | undefined>
}

export const NOTHING_DONE: CleanupReport = {
  lookedAt: 0,
  deletedByAge: 0,
  deletedBeyondLimit: 0,
  struckOff: 0,
  collectedCheckpoints: 0,
  collectedContents: 0,
  freedBytes: 0,
  isComplete: true
}

/** Adds up what parts of a call did. */
export function addUp(parts: readonly Partial<CleanupReport>[]): CleanupReport {
  const total = (name: Exclude<keyof CleanupReport, 'isComplete'>) =>
    parts.reduce((sum, part) => sum + (part[name] ?? 0), 0)
  return {
    lookedAt: total('lookedAt'),
    deletedByAge: total('deletedByAge'),
    deletedBeyondLimit: total('deletedBeyondLimit'),
    struckOff: total('struckOff'),
    collectedCheckpoints: total('collectedCheckpoints'),
    collectedContents: total('collectedContents'),
    freedBytes: total('freedBytes'),
    isComplete: parts.every(({ isComplete }) => isComplete !== false)
  }
}
