import { randomUUID } from 'node:crypto'
import type { McpServer } from '../catalog/catalog.ts'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import { withDeadline } from '../platform/deadline.ts'
import { createListEntries, type ListEntry } from './list-entries.ts'
import { createListLoading, type ListLoadingOptions } from './list-loading.ts'
import type { PreparedTools } from './mcp-tools.ts'

/** A server that tells of changes all the time is asked no more often. */
const MIN_AGE_MS = 5_000

export interface ToolListsOptions extends ListLoadingOptions {
  /** A list older than this is asked for again, beside the questions that use it. */
  readonly maxAgeMs: number
  /** How long a question waits for a list that has never been seen, and for a server that is being asked for it. */
  readonly maxWaitMs: number
  /** After a failure nobody waits, and the server is not asked again for so long. */
  readonly retryAfterMs: number
  readonly maxKeptLists: number
}

/** The tools of a server, or why they are not known. A dead server's last list stays: see `down`. */
export type ToolList =
  | { readonly tools: PreparedTools['tools']; readonly down: string | undefined }
  | { readonly tools: undefined; readonly down: string }

/** Lists that are asked for now. */
export interface FreshLists {
  /** Waits as long as the server's own limits let it. Never throws, but for `context.signal`'s abort. */
  fresh(server: McpServer, context: CallContext): Promise<PreparedTools | { readonly down: string }>
}

export interface ToolLists extends FreshLists {
  /** The server says that its tools are others now: the next question has them asked for, beside itself. */
  expire(server: McpServer): void
  /** Never throws, but for `context.signal`'s abort. */
  get(server: McpServer, context: CallContext): Promise<ToolList>
  /**
   * Has lists asked for that have never been seen, so that no question waits for them; neither waits nor throws. Not those
   * of servers that take the identity of users, that failed a moment ago, or whose lists would push out others.
   */
  warm(servers: readonly McpServer[]): void
  /** Ends what is under way and begins nothing more. */
  close(): Promise<void>
}

/** Tool lists, kept apart from connections: a question that calls nothing opens none. */
export function createToolLists(options: ToolListsOptions): ToolLists {
  const { maxAgeMs, maxWaitMs, retryAfterMs, now } = options
  const entries = createListEntries(options.maxKeptLists)
  const loading = createListLoading(options)

  const isOlder = ({ loadedAt }: ListEntry, ageMs: number) => now() - loadedAt >= ageMs

  function maxAgeOf({ failure, maxAgeMs: own }: ListEntry): number {
    if (!failure) return own ?? maxAgeMs
    return failure.wasQuick ? 0 : retryAfterMs
  }

  /** For how long a question may go on waiting for a list that has never been seen. */
  function patienceMs({ tools, failure, askedAt }: ListEntry): number {
    if (tools || (failure && !failure.wasQuick)) return 0
    if (askedAt === undefined) return maxWaitMs
    return Math.min(maxWaitMs, askedAt + maxWaitMs - now())
  }

  return {
    warm: (servers) => {
      const correlationId = `tool-lists-${randomUUID()}`
      for (const server of servers.filter(({ identity }) => identity !== 'user')) {
        const entry = entries.find(server)
        const isDue = entry && !entry.tools && isOlder(entry, retryAfterMs)
        if (!isDue || entry.loading) continue
        entry.isWarming = true
        loading.begin(server, entry, correlationId)
      }
    },
    get: async (server, { signal, correlationId }) => {
      signal.throwIfAborted()
      const entry = entries.use(server)
      entry.isWarming = false
      if (isOlder(entry, maxAgeOf(entry))) loading.begin(server, entry, correlationId)
      const leftMs = patienceMs(entry)
      if (entry.loading && leftMs > 0) {
        loading.hurry(entry)
        await abortable(withDeadline(entry.loading, leftMs), signal)
      }
      return listOf(entry, maxWaitMs)
    },
    expire: (server) => {
      const entry = entries.use(server)
      entry.maxAgeMs = Math.min(maxAgeMs, MIN_AGE_MS)
    },
    fresh: async (server, { signal, correlationId }) => {
      const entry = entries.use(server)
      entry.isWarming = false
      // An answer that is under way may be older than what is looked for.
      if (entry.askedAt !== undefined) await abortable(Promise.resolve(entry.loading), signal)
      loading.begin(server, entry, correlationId)
      loading.hurry(entry)
      await abortable(Promise.resolve(entry.loading), signal)
      const { tools, leftOut, failure } = entry
      if (tools && !failure) return { tools, leftOut }
      return { down: failure?.message ?? 'it was not asked.' }
    },
    close: async () => {
      loading.close()
      await Promise.all(entries.all().map((entry) => entry.loading))
    }
  }
}

function listOf({ tools, failure }: ListEntry, maxWaitMs: number): ToolList {
  if (tools) return { tools, down: failure?.message }
  const seconds = maxWaitMs / 1000
  const slow = `it did not list its tools within ${seconds} s.`
  return { tools: undefined, down: failure?.message ?? slow }
}
