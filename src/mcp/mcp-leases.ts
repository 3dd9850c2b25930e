import type { McpConnection } from './mcp-connection.ts'
import { McpFailure } from './mcp-failure.ts'

export interface LeasesOptions {
  readonly maxConnections: number
  /** Of one owner. */
  readonly maxConnectionsPerOwner: number
  readonly idleMs: number
  readonly now: () => number
}

export interface Lease {
  /** Rejects when it cannot be opened. Shared with everybody who leases the same key. */
  readonly connection: Promise<McpConnection>
  /** The connection is of no more use: nobody gets it again, and it closes with its last lease. */
  discard(): void
  /** Harmless when called twice. */
  release(): void
}

export interface Leases {
  /**
   * Throws McpFailure `busy` when all connections are leased, or all that its owner may have.
   *
   * @param owner the user whose connection it is; undefined: everybody's.
   */
  take(key: string, connect: () => Promise<McpConnection>, owner?: string): Lease
  size(): number
  /** Closes all; a leased one fails in the middle of its work. */
  close(): Promise<void>
}

interface Entry {
  readonly key: string
  readonly owner: string | undefined
  readonly connection: Promise<McpConnection>
  leases: number
  discarded: boolean
  /** Milliseconds since the epoch, when its credential lapses. */
  goodUntil: number
  idleTimer: NodeJS.Timeout | undefined
}

/** Connections by key: opened once at first use, shared, closed when idle for long or when room is needed. */
export function createLeases(options: LeasesOptions): Leases {
  const { maxConnections, maxConnectionsPerOwner, idleMs, now } = options
  /** In order of last use. */
  const entries = new Map<string, Entry>()
  /** Still leased, and no longer found under their key. */
  const discarded = new Set<Entry>()
  const closing = new Set<Promise<void>>()
  let closed = false

  function shut(entry: Entry): void {
    if (entries.get(entry.key) === entry) entries.delete(entry.key)
    discarded.delete(entry)
    clearTimeout(entry.idleTimer)
    const done = closeWhenOpen(entry.connection)
    closing.add(done)
    void done.finally(() => closing.delete(done))
  }

  const size = () => entries.size + discarded.size

  function setAside(entry: Entry): void {
    entries.delete(entry.key)
    if (entry.leases === 0) shut(entry)
    else discarded.add(entry)
  }

  function makeRoom(owner: string | undefined): void {
    const own = [...entries.values(), ...discarded].filter((entry) => entry.owner === owner)
    if (owner !== undefined && own.length >= maxConnectionsPerOwner) {
      shutIdleAmong(own, `all ${maxConnectionsPerOwner} connections of one user are in use.`)
    } else if (size() >= maxConnections) {
      shutIdleAmong([...entries.values()], `all ${maxConnections} connections are in use.`)
    }
  }

  function shutIdleAmong(candidates: readonly Entry[], otherwise: string): void {
    const idle = candidates.find(({ leases }) => leases === 0)
    if (!idle) throw new McpFailure('busy', otherwise)
    shut(idle)
  }

  function release(entry: Entry): void {
    entry.leases -= 1
    if (entry.leases > 0) return
    if (entry.discarded || closed || entries.get(entry.key) !== entry) {
      shut(entry)
    } else {
      entry.idleTimer = setTimeout(() => shut(entry), idleMs).unref()
    }
  }

  return {
    take(key, connect, owner) {
      if (closed) throw new McpFailure('failed', 'this service is shutting down.')
      const known = entries.get(key)
      if (known && (known.discarded || now() >= known.goodUntil)) setAside(known)
      const usable = entries.get(key)
      if (!usable) makeRoom(owner)
      const entry = usable ?? createEntry(key, owner, connect())
      clearTimeout(entry.idleTimer)
      entry.leases += 1
      entries.delete(key)
      entries.set(key, entry)
      return leaseOf(entry, release)
    },
    size,
    close: async () => {
      closed = true
      for (const entry of [...entries.values(), ...discarded]) shut(entry)
      await Promise.all(closing)
    }
  }
}

function createEntry(
  key: string,
  owner: string | undefined,
  connection: Promise<McpConnection>
): Entry {
  const entry: Entry = {
    ...{ key, owner, connection, leases: 0, discarded: false, idleTimer: undefined },
    goodUntil: Number.POSITIVE_INFINITY
  }
  connection.then(
    ({ goodUntil }) => {
      if (goodUntil !== undefined) entry.goodUntil = goodUntil
    },
    () => {
      entry.discarded = true
    }
  )
  return entry
}

function leaseOf(entry: Entry, release: (entry: Entry) => void): Lease {
  let released = false
  return {
    connection: entry.connection,
    discard: () => {
      entry.discarded = true
    },
    release: () => {
      if (!released) release(entry)
      released = true
    }
  }
}

async function closeWhenOpen(connection: Promise<McpConnection>): Promise<void> {
  const opened = await connection.catch(() => undefined)
  await opened?.close()
}
