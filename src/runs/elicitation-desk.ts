import type { ElicitationDesk, ElicitationPlace } from '../agent/elicitations.ts'
import type { ElicitationAnswer } from '../elicitation.ts'
import { abortable } from '../platform/abortable.ts'
import { withDeadline } from '../platform/deadline.ts'

/** Where a question stands that a tool server asks. */
export type ElicitationState = 'open' | 'answered' | 'closed' | 'unknown'

/** Both ends of the desk: who asks, and who answers. Everything but `ask` throws REDIS_UNAVAILABLE where it is in Redis. */
export interface AnswerDesk extends ElicitationDesk {
  /** How it stands; of an answer, how it stood: `open` when this is the one that counts. */
  state(place: ElicitationPlace, answer?: ElicitationAnswer): Promise<ElicitationState>
  /** Nobody is waited for any more. */
  drain(): void
}

/** Of this process: the oldest give way. */
const MAX_KEPT_STATES = 1_000

interface Asked {
  state: ElicitationState
  readonly runId: string
  /** Absent when nobody waits any more: how it ended is remembered, and never what was answered. */
  give: ((answer: ElicitationAnswer | undefined) => void) | undefined
}

/** For runs of this process alone. */
export function createMemoryAnswerDesk(): AnswerDesk {
  const asked = new Map<string, Asked>()
  let isDrained = false

  function keep(elicitationId: string, one: Asked): void {
    asked.set(elicitationId, one)
    const over =
      asked.size > MAX_KEPT_STATES && [...asked].find(([, { state }]) => state !== 'open')
    if (over) asked.delete(over[0])
  }

  return {
    async ask({ runId, elicitationId }, { maxWaitMs, signal }, onOpen) {
      signal.throwIfAborted()
      if (isDrained) return undefined
      const answered = Promise.withResolvers<ElicitationAnswer | undefined>()
      const one: Asked = { state: 'open', runId, give: answered.resolve }
      keep(elicitationId, one)
      try {
        onOpen()
        return await abortable(withDeadline(answered.promise, maxWaitMs), signal)
      } finally {
        // Also ends the timer of a wait that was given up: it would keep the process from ending.
        answered.resolve(undefined)
        one.give = undefined
        if (one.state === 'open') one.state = 'closed'
      }
    },
    async state({ runId, elicitationId }, answer) {
      const one = asked.get(elicitationId)
      if (one?.runId !== runId) return 'unknown'
      const { state } = one
      if (state === 'open' && answer) {
        one.state = 'answered'
        one.give?.(answer)
      }
      return state
    },
    drain() {
      isDrained = true
      for (const { give } of asked.values()) give?.(undefined)
    }
  }
}
