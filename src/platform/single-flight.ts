import { abortable } from './abortable.ts'

/** One piece of work for all who ask for the same thing at the same time. */
export interface SingleFlight<T> {
  /**
   * Joins the work under `key`, or starts it. A caller whose `signal` aborts leaves with its reason; the work itself is
   * aborted when the last one has left.
   */
  run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

interface Flight<T> {
  readonly outcome: Promise<T>
  readonly controller: AbortController
  waiting: number
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>()

  function start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const flight: Flight<T> = { outcome: work(controller.signal), controller, waiting: 0 }
    flights.set(key, flight)
    const settle = () => remove(key, flight)
    flight.outcome.then(settle, settle)
    return flight
  }

  function remove(key: string, flight: Flight<T>): boolean {
    return flights.get(key) === flight && flights.delete(key)
  }

  return {
    async run(key, signal, work) {
      signal.throwIfAborted()
      const flight = flights.get(key) ?? start(key, work)
      flight.waiting += 1
      try {
        return await abortable(flight.outcome, signal)
      } finally {
        flight.waiting -= 1
        // Still listed means still under way: nobody wants it any more.
        if (flight.waiting === 0 && remove(key, flight)) flight.controller.abort()
      }
    }
  }
}
