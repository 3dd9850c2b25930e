import type { McpServer } from '../catalog/catalog.ts'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import { withDeadline } from '../platform/deadline.ts'
import type { ListedTool, McpConnection } from './mcp-connection.ts'
import { type McpFailure, toMcpFailure } from './mcp-failure.ts'
import { connectionKey, type McpPool } from './mcp-pool.ts'
import { type LeftOutTool, type PreparedTools, prepareTools } from './mcp-tools.ts'

const MAX_PAGES = 20
const MAX_TOOLS_OF_A_SERVER = 1000
/** A server that tells of changes all the time is asked no more often. */
const MIN_AGE_MS = 5_000

export interface ToolListsOptions {
  readonly pool: McpPool
  /** A list older than this is asked for again, beside the questions that use it. */
  readonly maxAgeMs: number
  /** How long a question waits for a list that has never been seen. */
  readonly maxWaitMs: number
  /** After a failure nobody waits again for so long. */
  readonly retryAfterMs: number
  readonly maxKeptLists: number
  /** Asked for at a time; the others wait. */
  readonly maxListsAtATime: number
  readonly now: () => number
  /** For the log. */
  readonly onFailed?: (server: McpServer, failure: McpFailure) => void
  readonly onLeftOut?: (server: McpServer, tools: readonly LeftOutTool[]) => void
  /** A server has listed its tools. */
  readonly onListed?: (server: McpServer, listed: PreparedTools) => void
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
  /** Waits for what is under way and begins nothing more. */
  close(): Promise<void>
}

interface Entry {
  /** What its tools were named after. */
  readonly naming: string
  tools: PreparedTools['tools'] | undefined
  leftOut: PreparedTools['leftOut']
  loadedAt: number
  /** Less than that of other lists, after a notification. */
  maxAgeMs: number | undefined
  failure: { readonly message: string; readonly at: number } | undefined
  loading: Promise<void> | undefined
}

/** Tool lists, kept apart from connections: a question that calls nothing opens none. */
export function createToolLists(options: ToolListsOptions): ToolLists {
  const { pool, maxAgeMs, maxWaitMs, retryAfterMs, now } = options
  const { entryOf, all } = createEntries(options.maxKeptLists)
  const closing = new AbortController()
  const limit = createLimit(options.maxListsAtATime)

  async function load(server: McpServer, entry: Entry, correlationId: string): Promise<void> {
    const context = { signal: closing.signal, correlationId }
    entry.maxAgeMs = undefined
    try {
      const listed = await limit(() =>
        pool.use(server, context, (connection) => allPages(connection, context))
      )
      const prepared = prepareTools(server, listed)
      const { tools, leftOut } = prepared
      entry.tools = tools
      entry.leftOut = leftOut
      entry.failure = undefined
      if (leftOut.length > 0) options.onLeftOut?.(server, leftOut)
      options.onListed?.(server, prepared)
    } catch (error) {
      const failure = toMcpFailure(error, server.timeoutMs)
      entry.failure = { message: failure.message, at: now() }
      if (!closing.signal.aborted) options.onFailed?.(server, failure)
    } finally {
      entry.loadedAt = now()
      entry.loading = undefined
    }
  }

  return {
    get: async (server, context) => {
      context.signal.throwIfAborted()
      const entry = entryOf(server)
      const maxAge = entry.failure ? retryAfterMs : (entry.maxAgeMs ?? maxAgeMs)
      if (now() - entry.loadedAt >= maxAge && !closing.signal.aborted) {
        entry.loading ??= load(server, entry, context.correlationId)
      }
      if (entry.loading && !entry.tools && !entry.failure) {
        await abortable(withDeadline(entry.loading, maxWaitMs), context.signal)
      }
      return listOf(entry, maxWaitMs)
    },
    expire: (server) => {
      const entry = entryOf(server)
      entry.maxAgeMs = Math.min(maxAgeMs, MIN_AGE_MS)
    },
    fresh: async (server, context) => {
      const entry = entryOf(server)
      // One that is under way may have been answered before what is looked for.
      await abortable(Promise.resolve(entry.loading), context.signal)
      entry.loading ??= load(server, entry, context.correlationId)
      await abortable(entry.loading, context.signal)
      const { tools, leftOut, failure } = entry
      if (tools && !failure) return { tools, leftOut }
      return { down: failure?.message ?? 'it was not asked.' }
    },
    close: async () => {
      closing.abort()
      await Promise.all(all().map(({ loading }) => loading))
    }
  }
}

/** The lists that were used last. */
function createEntries(maxKeptLists: number) {
  /** In order of last use. */
  const entries = new Map<string, Entry>()
  return {
    all: () => [...entries.values()],
    entryOf(server: McpServer): Entry {
      const key = connectionKey(server)
      const naming = JSON.stringify([server.name, server.toolPrefix])
      const known = entries.get(key)
      const entry = known?.naming === naming ? known : emptyEntry(naming)
      entries.delete(key)
      entries.set(key, entry)
      const [oldest] = entries.keys()
      if (entries.size > maxKeptLists && oldest !== undefined) entries.delete(oldest)
      return entry
    }
  }
}

function emptyEntry(naming: string): Entry {
  return {
    naming,
    tools: undefined,
    leftOut: [],
    loadedAt: Number.NEGATIVE_INFINITY,
    maxAgeMs: undefined,
    failure: undefined,
    loading: undefined
  }
}

function listOf({ tools, failure }: Entry, maxWaitMs: number): ToolList {
  if (tools) return { tools, down: failure?.message }
  const seconds = maxWaitMs / 1000
  const slow = `it did not list its tools within ${seconds} s.`
  return { tools: undefined, down: failure?.message ?? slow }
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

/** Runs at most `max` pieces of work at a time, first come first served. */
function createLimit(max: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= max) await new Promise<void>((start) => waiting.push(start))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // The place goes to the next one, or is free.
      if (next) next()
      else running -= 1
    }
  }
}
