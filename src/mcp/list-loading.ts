import type { McpServer } from '../catalog/catalog.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { ListEntry } from './list-entries.ts'
import { createListPlaces } from './list-places.ts'
import type { ListedTool, McpConnection } from './mcp-connection.ts'
import { type McpFailure, toMcpFailure } from './mcp-failure.ts'
import type { McpPool } from './mcp-pool.ts'
import { type LeftOutTool, type PreparedTools, prepareTools } from './mcp-tools.ts'

const MAX_PAGES = 20
const MAX_TOOLS_OF_A_SERVER = 1000
/** A connection that is refused is so long before. */
const MAX_QUICK_MS = 500

export interface ListLoadingOptions {
  readonly pool: McpPool
  /** Asked for at a time; the others wait, those that somebody waits for before those that are warmed. */
  readonly maxListsAtATime: number
  /** A server that takes longer no longer counts among them... */
  readonly maxListPlaceMs: number
  /** ...as far as there are no more such servers. */
  readonly maxSlowLists: number
  readonly now: () => number
  /** For the log; a reason that lasts is told once. */
  readonly onFailed?: (server: McpServer, failure: McpFailure) => void
  readonly onLeftOut?: (server: McpServer, tools: readonly LeftOutTool[]) => void
  /** A server has listed its tools. */
  readonly onListed?: (server: McpServer, listed: PreparedTools) => void
}

/** Asks servers for their tools, each at most once at a time, and writes into entries what came of it. */
export interface ListLoading {
  /** Begins, unless it is under way or all is over. */
  begin(server: McpServer, entry: ListEntry, correlationId: string): void
  /** Somebody waits for it. */
  hurry(entry: ListEntry): void
  /** What is under way ends at once, and nothing more begins. */
  close(): void
}

export function createListLoading(options: ListLoadingOptions): ListLoading {
  const { pool, now } = options
  const closing = new AbortController()
  const places = createListPlaces({
    maxAtATime: options.maxListsAtATime,
    maxHeldMs: options.maxListPlaceMs,
    maxWithoutPlace: options.maxSlowLists
  })

  function ask(server: McpServer, entry: ListEntry, context: CallContext) {
    const asking = async () => {
      context.signal.throwIfAborted()
      entry.askedAt = now()
      return pool.use(server, context, (connection) => allPages(connection, context))
    }
    // Slow servers of one user would take all the connections that the user may have.
    return places.run(entry, asking, server.identity === 'user')
  }

  async function load(server: McpServer, entry: ListEntry, correlationId: string): Promise<void> {
    const context = { signal: closing.signal, correlationId }
    entry.maxAgeMs = undefined
    try {
      const listed = await ask(server, entry, context)
      const prepared = prepareTools(server, listed)
      const { tools, leftOut } = prepared
      entry.tools = tools
      entry.leftOut = leftOut
      entry.failure = undefined
      if (leftOut.length > 0) options.onLeftOut?.(server, leftOut)
      options.onListed?.(server, prepared)
    } catch (error) {
      const failure = toMcpFailure(error, server.timeoutMs)
      const isNews = failure.message !== entry.failure?.message
      entry.failure = { message: failure.message, wasQuick: isQuick(entry) }
      if (isNews && !closing.signal.aborted) options.onFailed?.(server, failure)
    } finally {
      entry.loadedAt = now()
      entry.loading = undefined
      entry.askedAt = undefined
    }
  }

  const isQuick = ({ isWarming, askedAt }: ListEntry) =>
    isWarming && askedAt !== undefined && now() - askedAt < MAX_QUICK_MS

  return {
    begin(server, entry, correlationId) {
      if (!closing.signal.aborted) entry.loading ??= load(server, entry, correlationId)
    },
    hurry: places.hurry,
    close: () => closing.abort()
  }
}

async function allPages(connection: McpConnection, context: CallContext) {
  const tools: ListedTool[] = []
  const cursors = new Set<string | undefined>()
  let cursor: string | undefined
  // A cursor that comes back would go round for ever.
  while (!cursors.has(cursor) && cursors.size < MAX_PAGES) {
    cursors.add(cursor)
    const page = await connection.listTools(cursor, context)
    tools.push(...page.tools)
    cursor = page.nextCursor
    if (cursor === undefined || tools.length >= MAX_TOOLS_OF_A_SERVER) break
  }
  return tools.slice(0, MAX_TOOLS_OF_A_SERVER)
}
