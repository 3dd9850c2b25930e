import { withDeadline } from '../platform/deadline.ts'
import type { Catalog } from './catalog.ts'

export interface CatalogStore {
  /** The catalog to use for one piece of work. Ask once per turn, so a turn never sees two revisions. */
  current(): Promise<Catalog>
  /** Nautobot said something changed: the next `current()` must not answer from memory. */
  invalidate(): void
  /** Reads the catalog now, or joins a reading under way; throws what the reading throws. */
  refresh(): Promise<Catalog>
  /** The catalog in memory, however old, without asking anybody; undefined until one has been read. */
  peek(): Catalog | undefined
}

export interface CatalogStoreOptions {
  load: () => Promise<Catalog>
  maxAgeMs: number
  /** How long one caller waits for a changed catalog before it is given the last good one. */
  maxWaitMs: number
  /** After a failed or overdue refresh nobody waits again for this long. */
  retryAfterMs: number
  onRefreshFailed: (error: unknown) => void
  now?: () => number
}

interface Held {
  readonly catalog: Catalog
  readonly generation: number
  readonly loadedAt: number
}

/**
 * Keeps the last good catalog in memory.
 *
 * - Too old: answer at once and refresh behind the caller's back.
 * - Invalidated: wait for the new one, because an administrator who saved a change expects to see it.
 * - Nautobot is down or hangs: after one bounded wait keep serving the last good catalog; chat must
 *   outlive a Nautobot restart.
 */
export function createCatalogStore(options: CatalogStoreOptions): CatalogStore {
  const { load, maxAgeMs, maxWaitMs, retryAfterMs, onRefreshFailed, now = Date.now } = options
  let generation = 0
  let nextWaitAt = 0
  let held: Held | undefined
  let inFlight: Promise<Catalog> | undefined

  async function startLoad(): Promise<Catalog> {
    const startedIn = generation
    const catalog = await load()
    // A load that began before an invalidation may carry old data: its callers get it, nobody else.
    if (startedIn === generation) held = { catalog, generation, loadedAt: now() }
    return catalog
  }

  function refresh(): Promise<Catalog> {
    if (inFlight) return inFlight
    const flight = startLoad().finally(() => {
      if (inFlight === flight) inFlight = undefined
    })
    inFlight = flight
    return flight
  }

  async function refreshedOr(lastGood: Catalog): Promise<Catalog> {
    const refreshed = refresh().catch((error: unknown) => void onRefreshFailed(error))
    const catalog = await withDeadline(refreshed, maxWaitMs)
    if (catalog) return catalog
    nextWaitAt = now() + retryAfterMs
    return lastGood
  }

  return {
    async current() {
      if (!held) return refresh()
      const { catalog, loadedAt } = held

      if (held.generation !== generation) {
        return now() < nextWaitAt ? catalog : refreshedOr(catalog)
      }
      if (now() - loadedAt >= maxAgeMs) refresh().catch(onRefreshFailed)
      return catalog
    },

    invalidate() {
      generation += 1
      inFlight = undefined
    },

    refresh,
    peek: () => held?.catalog
  }
}
