import { createSingleFlight } from '../platform/single-flight.ts'

const MAX_ENTRIES = 200
const MAX_CHARACTERS = 8 * 1024 * 1024
const MAX_AGE_MS = 60_000

export interface Reading<T> {
  readonly work: (signal: AbortSignal) => Promise<T>
  /** Whether an answer may be given again; failures never are. */
  readonly isWhole?: (answer: T) => boolean
}

/** What one run has read of Nautobot: the same question twice is asked once. For one user alone. */
export interface RunMemory {
  /** Joins the same read under way, or answers from memory, or reads. */
  read<T>(key: string, signal: AbortSignal, reading: Reading<T>): Promise<T>
}

export interface RunMemoryOptions {
  readonly maxEntries?: number
  /** Of the answers as JSON, in characters. */
  readonly maxCharacters?: number
  readonly now?: () => number
}

interface Entry {
  readonly value: unknown
  readonly characters: number
  readonly expiresAt: number
}

/** Bounded: what was read longest ago makes room. A minute old is too old: a run may be long, and people work meanwhile. */
export function createRunMemory(options: RunMemoryOptions = {}): RunMemory {
  const { maxEntries = MAX_ENTRIES, maxCharacters = MAX_CHARACTERS, now = Date.now } = options
  const entries = new Map<string, Entry>()
  const flights = createSingleFlight<unknown>()
  let characters = 0

  function forget(key: string): void {
    characters -= entries.get(key)?.characters ?? 0
    entries.delete(key)
  }

  function remember(key: string, value: unknown): void {
    forget(key)
    const size = key.length + (JSON.stringify(value)?.length ?? 0)
    if (size > maxCharacters) return
    for (const oldest of entries.keys()) {
      if (entries.size < maxEntries && characters + size <= maxCharacters) break
      forget(oldest)
    }
    characters += size
    entries.set(key, { value, characters: size, expiresAt: now() + MAX_AGE_MS })
  }

  return {
    async read<T>(key: string, signal: AbortSignal, { work, isWhole }: Reading<T>): Promise<T> {
      const entry = entries.get(key)
      if (entry && now() < entry.expiresAt) return entry.value as T
      const value = await flights.run(key, signal, async (shared) => {
        const fresh = await work(shared)
        if (isWhole?.(fresh) ?? true) remember(key, fresh)
        return fresh
      })
      return value as T
    }
  }
}
