import { createExpiringCache } from '../platform/expiring-cache.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import type { Asker } from './asker.ts'

export interface KnowledgeShelfOptions {
  readonly maxEntries: number
  readonly maxAgeMs: number
  readonly now: () => number
}

/** What Nautobot has told about one kind of thing, kept for a while and read once for all who wait. */
export interface KnowledgeShelf<T> {
  /** `key` also says for whom, where an answer is not for everybody. */
  read(key: string, asker: Asker, work: (asker: Asker) => Promise<T>): Promise<T>
}

/** Replace it by another one when all on it has changed: what is under way ends on the old one. */
export function createKnowledgeShelf<T>(options: KnowledgeShelfOptions): KnowledgeShelf<T> {
  const { maxEntries, maxAgeMs, now } = options
  const cache = createExpiringCache<T>({ maxEntries, now })
  const flights = createSingleFlight<T>()
  return {
    async read(key, asker, work) {
      const known = cache.get(key)
      if (known !== undefined) return known
      // Per user: whose token is refused, or who may not view it, must not fail the others.
      return flights.run(`${key} ${asker.userId}`, asker.context.signal, async (signal) => {
        const fresh = await work(asker.until(signal))
        cache.set(key, fresh, now() + maxAgeMs)
        return fresh
      })
    }
  }
}
