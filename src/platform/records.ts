import type { Redis } from 'ioredis'
import { createExpiringCache } from './expiring-cache.ts'

/** In one process; Redis is bounded by the time that a record is kept. */
const MAX_RECORDS = 1_000

/** What is known of some objects, for information: each record until it has not been written for `keepSeconds`. */
export interface RecordKind<T> {
  /** Part of the key in Redis. */
  readonly name: string
  readonly keepSeconds: number
  /** Throws for what another version wrote: that is as good as none. */
  readonly parse: (value: unknown) => T
}

/** Rejects as ioredis does where all replicas share them. */
export interface Records<T> {
  keep(id: string, record: T): Promise<void>
  /** Those that are kept, by id. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, T>>
}

/** For one process alone; the one that was written longest ago makes room. */
export function createMemoryRecords<T>(
  { keepSeconds }: RecordKind<T>,
  { now = Date.now }: { readonly now?: () => number } = {}
): Records<T> {
  const records = createExpiringCache<T>({ maxEntries: MAX_RECORDS, now })
  return {
    keep: async (id, record) => records.set(id, record, now() + keepSeconds * 1_000),
    read: async (ids) => found(ids.map((id) => [id, records.get(id)] as const))
  }
}

export interface RedisRecordsOptions {
  readonly client: Redis
  readonly deployment: string
}

/** For all replicas: one key for each record. */
export function createRedisRecords<T>(
  { name, keepSeconds, parse }: RecordKind<T>,
  { client, deployment }: RedisRecordsOptions
): Records<T> {
  const keyOf = (id: string) => `ai-ops:${deployment}:${name}:${id}`

  function read(text: string | null | undefined): T | undefined {
    try {
      return parse(JSON.parse(text ?? ''))
    } catch {
      return undefined
    }
  }

  return {
    async keep(id, record) {
      await client.set(keyOf(id), JSON.stringify(record), 'EX', keepSeconds)
    },
    async read(ids) {
      if (ids.length === 0) return new Map()
      const texts = await client.mget(ids.map(keyOf))
      return found(ids.map((id, place) => [id, read(texts[place])] as const))
    }
  }
}

function found<T>(records: readonly (readonly [string, T | undefined])[]): ReadonlyMap<string, T> {
  return new Map(
    records.flatMap(([id, record]) => (record === undefined ? [] : [[id, record] as const]))
  )
}
