/** Values by key, each until its own time. Bounded: the one that was set longest ago makes room. */
export interface ExpiringCache<V> {
  get(key: string): V | undefined
  /** `expiresAt` in milliseconds since the epoch; from then on the value is gone. */
  set(key: string, value: V, expiresAt: number): void
  delete(key: string): void
  /** Forgets every value that `matches`. */
  deleteWhere(matches: (value: V) => boolean): void
  readonly size: number
}

export interface ExpiringCacheOptions {
  readonly maxEntries: number
  readonly now?: () => number
}

export function createExpiringCache<V>(options: ExpiringCacheOptions): ExpiringCache<V> {
  const { maxEntries, now = Date.now } = options
  const entries = new Map<string, { readonly value: V; readonly expiresAt: number }>()

  function makeRoom(): void {
    for (const key of entries.keys()) {
      if (entries.size < maxEntries) return
      entries.delete(key)
    }
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (now() < entry.expiresAt) return entry.value
      entries.delete(key)
      return undefined
    },
    set(key, value, expiresAt) {
      entries.delete(key)
      makeRoom()
      entries.set(key, { value, expiresAt })
    },
    delete: (key) => void entries.delete(key),
    deleteWhere(matches) {
      for (const [key, { value }] of entries) if (matches(value)) entries.delete(key)
    },
    get size() {
      return entries.size
    }
  }
}
