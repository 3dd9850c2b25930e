import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { withDeadline } from '../platform/deadline.ts'
import type { Secret } from '../platform/secret.ts'
import { type SavedQuery, toSavedQuery } from './saved-query.ts'

const PATH = '/api/extras/graphql-queries/'
const MAX_READ = 100
/** Each is described to the model in every question. */
const MAX_QUERIES = 10
/** Of all their descriptions; about 500 tokens. */
const MAX_CHARACTERS = 2_000
const MAX_AGE_MS = 300_000
const RETRY_AFTER_MS = 30_000
/** What one question waits for queries that were never read. */
const MAX_WAIT_MS = 1_000

/** The queries that administrators keep in Nautobot, as tools. One for the process. */
export interface SavedQueries {
  /** The last that were read; reads them anew behind the caller's back when they are old. Never throws. */
  current(): Promise<readonly SavedQuery[]>
}

export interface SavedQueriesOptions {
  readonly nautobot: NautobotClient
  /** Reads the texts; they run with the token of who asks. */
  readonly serviceToken: Secret
  readonly onFailed: (error: unknown) => void
  /** Names of queries that are no tools: too many, too much to describe, no queries, or of one name as a tool. */
  readonly onLeftOut: (names: readonly string[]) => void
  readonly now?: () => number
}

const pageSchema = z.object({
  results: z.array(z.object({ name: z.string(), query: z.string() })).max(MAX_READ)
})

const charactersOf = ({ tool, description, input }: SavedQuery) =>
  tool.length + description.length + JSON.stringify(z.toJSONSchema(input, { io: 'input' })).length

function toTools({ results }: z.output<typeof pageSchema>) {
  const tools = new Map<string, SavedQuery>()
  const leftOut: string[] = []
  let left = MAX_CHARACTERS
  // By name: the same order for every run, so that prompts can be cached.
  for (const { name, query } of results.toSorted((a, b) => a.name.localeCompare(b.name))) {
    const saved = tools.size < MAX_QUERIES ? toSavedQuery(name, query) : undefined
    const characters = saved ? charactersOf(saved) : 0
    if (!saved || tools.has(saved.tool) || characters > left) leftOut.push(name)
    else {
      tools.set(saved.tool, saved)
      left -= characters
    }
  }
  return { tools: [...tools.values()], leftOut }
}

export function createSavedQueries(options: SavedQueriesOptions): SavedQueries {
  const { nautobot, serviceToken, onFailed, onLeftOut, now = Date.now } = options
  let held: readonly SavedQuery[] = []
  let nextReadAt = 0
  let wasRead = false
  let reading: Promise<void> | undefined

  async function read(): Promise<void> {
    const call = {
      token: serviceToken,
      signal: new AbortController().signal,
      correlationId: `saved-queries-${randomUUID()}`
    }
    nextReadAt = now() + RETRY_AFTER_MS
    const page = pageSchema.parse(await nautobot.get(PATH, { limit: MAX_READ }, call))
    const { tools, leftOut } = toTools(page)
    held = tools
    nextReadAt = now() + MAX_AGE_MS
    if (leftOut.length > 0) onLeftOut(leftOut)
  }

  function report(error: unknown): void {
    // The embedded sample keeps no queries.
    if (error instanceof AppError && error.code === 'NOT_IN_SAMPLE') nextReadAt = now() + MAX_AGE_MS
    else onFailed(error)
  }

  function refresh(): Promise<void> {
    reading ??= read()
      .catch(report)
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  return {
    async current() {
      if (now() < nextReadAt) return held
      const refreshed = refresh()
      if (!wasRead) await withDeadline(refreshed, MAX_WAIT_MS)
      wasRead = true
      return held
    }
  }
}
