import type { McpServer } from '../catalog/catalog.ts'
import { connectionKey } from './mcp-pool.ts'
import type { PreparedTools } from './mcp-tools.ts'

/** What is known of a server's tools. */
export interface ListEntry {
  /** What its tools were named after. */
  readonly naming: string
  tools: PreparedTools['tools'] | undefined
  leftOut: PreparedTools['leftOut']
  loadedAt: number
  /** Less than that of other lists, after a notification. */
  maxAgeMs: number | undefined
  failure: ListFailure | undefined
  loading: Promise<void> | undefined
  /** When the server was asked for the list that is loading; undefined: its turn has not come. */
  askedAt: number | undefined
  /** No question has met what is loading. */
  isWarming: boolean
}

export interface ListFailure {
  readonly message: string
  /** At once and before any question: a server that was starting, too. To ask it again costs a question nothing. */
  readonly wasQuick: boolean
}

export interface ListEntries {
  /** The server's entry, a new one if need be, which may push out the one that was used longest ago. */
  use(server: McpServer): ListEntry
  /** The same, but it does not count as used and pushes nothing out; undefined where there is no room. */
  find(server: McpServer): ListEntry | undefined
  all(): readonly ListEntry[]
}

export function createListEntries(maxKeptLists: number): ListEntries {
  /** In order of last use. */
  const entries = new Map<string, ListEntry>()

  function look(server: McpServer) {
    const key = connectionKey(server)
    const naming = JSON.stringify([server.name, server.toolPrefix])
    const known = entries.get(key)
    return { key, entry: known?.naming === naming ? known : emptyEntry(naming) }
  }

  return {
    use(server) {
      const { key, entry } = look(server)
      entries.delete(key)
      entries.set(key, entry)
      const [oldest] = entries.keys()
      if (entries.size > maxKeptLists && oldest !== undefined) entries.delete(oldest)
      return entry
    },
    find(server) {
      const { key, entry } = look(server)
      if (!entries.has(key) && entries.size >= maxKeptLists) return undefined
      entries.set(key, entry)
      return entry
    },
    all: () => [...entries.values()]
  }
}

function emptyEntry(naming: string): ListEntry {
  return {
    naming,
    tools: undefined,
    leftOut: [],
    loadedAt: Number.NEGATIVE_INFINITY,
    maxAgeMs: undefined,
    failure: undefined,
    loading: undefined,
    askedAt: undefined,
    isWarming: false
  }
}
