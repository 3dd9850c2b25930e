import type { NautobotCall } from './client.types.ts'
import { unreachable } from './refusal.ts'

/** How long a request goes on that nobody waits for. Far longer than any that this service asks takes. */
const MAX_LEFT_MS = 30_000

export interface LeavingOptions {
  /** How long a caller waits, unless its call says otherwise. */
  readonly timeoutMs: number
  readonly maxLeftMs?: number
}

/** What the work knows of its caller. */
export interface Attempt {
  /** Aborts when the work has to end. */
  readonly signal: AbortSignal
  /** Whether the caller still waits: what fails need not be tried again otherwise. */
  readonly isAwaited: () => boolean
}

/** Lets callers leave while their requests go on: Nautobot works on a request whether or not somebody waits for it. */
export interface Leaving {
  /**
   * Starts `work` and waits for it, until the call aborts (throws the signal's reason) or its time is over (throws
   * NAUTOBOT_UNAVAILABLE). Does not start it for a call that has aborted before. The work itself ends by itself, or by its signal a while after its caller has left.
   */
  wait<T>(call: NautobotCall, work: (attempt: Attempt) => Promise<T>): Promise<T>
  /** Ends what nobody waits for, now and from now on. */
  close(): void
}

export function createLeaving({ timeoutMs, maxLeftMs = MAX_LEFT_MS }: LeavingOptions): Leaving {
  const left = new Set<AbortController>()
  let closed = false

  function leave(controller: AbortController, work: Promise<unknown>): void {
    left.add(controller)
    if (closed) controller.abort()
    const timer = setTimeout(() => controller.abort(), maxLeftMs)
    const end = () => {
      clearTimeout(timer)
      left.delete(controller)
    }
    work.then(end, end)
  }

  return {
    async wait(call, work) {
      // Nobody would hear of it: an aborted signal tells no listener.
      call.signal.throwIfAborted()
      const controller = new AbortController()
      const isAwaited = () => !left.has(controller)
      const working = work({ signal: controller.signal, isAwaited })
      const gone = Promise.withResolvers<never>()
      const depart = (reason: unknown) => {
        leave(controller, working)
        gone.reject(reason)
      }
      const onAbort = () => depart(call.signal.reason)
      const late = () => depart(unreachable('ETIMEDOUT'))
      const timer = setTimeout(late, call.timeoutMs ?? timeoutMs)
      call.signal.addEventListener('abort', onAbort, { once: true })
      try {
        return await Promise.race([working, gone.promise])
      } finally {
        clearTimeout(timer)
        call.signal.removeEventListener('abort', onAbort)
      }
    },
    close() {
      closed = true
      for (const controller of left) controller.abort()
    }
  }
}
