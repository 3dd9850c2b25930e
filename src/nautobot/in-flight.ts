/** Why a request was not let through. */
export type Refused = 'queue-full' | 'waited-too-long'

export interface InFlightOptions {
  /** Requests on the wire at once. Keep it below Nautobot's worker count: a client that gives up does not free a worker. */
  readonly maxInFlight: number
  /** Of these, the share of one key, so that one user's questions never starve the others. */
  readonly maxInFlightPerKey: number
  readonly maxQueued: number
  readonly maxQueueWaitMs: number
}

export interface InFlight {
  /**
   * Waits for a place, first come first served among the keys that may have one.
   *
   * @returns the function that gives the place back (harmless when called twice), or why there is none.
   * @throws the signal's reason when it aborts while waiting.
   */
  enter(key: string, signal: AbortSignal): Promise<(() => void) | Refused>
}

interface Waiting {
  readonly key: string
  readonly admit: () => void
}

/** Bounds work in flight, in all and for each key. */
export function createInFlight(options: InFlightOptions): InFlight {
  const { maxInFlight, maxInFlightPerKey, maxQueued, maxQueueWaitMs } = options
  const perKey = new Map<string, number>()
  const queue: Waiting[] = []
  let total = 0

  const mayEnter = (key: string) =>
    total < maxInFlight && (perKey.get(key) ?? 0) < maxInFlightPerKey

  function take(key: string): () => void {
    total += 1
    perKey.set(key, (perKey.get(key) ?? 0) + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      leave(key)
    }
  }

  function leave(key: string) {
    total -= 1
    const left = (perKey.get(key) ?? 0) - 1
    if (left > 0) perKey.set(key, left)
    else perKey.delete(key)
    const next = queue.findIndex((waiting) => mayEnter(waiting.key))
    if (next >= 0) queue.splice(next, 1)[0]?.admit()
  }

  function wait(key: string, signal: AbortSignal): Promise<(() => void) | Refused> {
    const { promise, resolve, reject } = Promise.withResolvers<(() => void) | Refused>()
    const waiting: Waiting = { key, admit: () => settle(() => resolve(take(key))) }
    const timer = setTimeout(() => settle(() => resolve('waited-too-long')), maxQueueWaitMs)
    const onAbort = () => settle(() => reject(signal.reason))
    function settle(answer: () => void) {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      const place = queue.indexOf(waiting)
      if (place >= 0) queue.splice(place, 1)
      answer()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    queue.push(waiting)
    return promise
  }

  return {
    async enter(key, signal) {
      signal.throwIfAborted()
      if (mayEnter(key)) return take(key)
      if (queue.length >= maxQueued) return 'queue-full'
      return wait(key, signal)
    }
  }
}
