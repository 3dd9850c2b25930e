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
/** Events tell of changes sooner, where they can be heard. */
const MAX_AGE_MS = 60_000
const RETRY_AFTER_MS = 30_000
/** What one question waits for queries that were never read. */
const MAX_WAIT_MS = 1_000

/** The queries that administrators keep in Nautobot, as tools. One for the process. */
export interface SavedQueries {
  /** The last that were read; reads them anew behind the caller's back when they are old. Never throws. */
  current(): Promise<readonly SavedQuery[]>
  /** They have changed: the next to ask waits for what they are now. */
  forget(): void
  /** Gives up a read under way; from now on there is none. */
  close(): void
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

interface Reading {
  readonly generation: number
  readonly done: Promise<void>
}

export function createSavedQueries(options: SavedQueriesOptions): SavedQueries {
  const { nautobot, serviceToken, onFailed, onLeftOut, now = Date.now } = options
  const closing = new AbortController()
  let held: readonly SavedQuery[] = []
  let heldGeneration = 0
  let nextReadAt = 0
  let reading: Reading | undefined
  /** One more with each change; a read that began before it tells what was. */
  let generation = 0
  /** What somebody has waited for, so that nobody waits for it again. */
  let waitedFor = -1

  async function read(own: number): Promise<void> {
    const call = {
      token: serviceToken,
      signal: closing.signal,
      correlationId: `saved-queries-${randomUUID()}`
    }
    const page = pageSchema.parse(await nautobot.get(PATH, { limit: MAX_READ }, call))
    // A later one was faster.
    if (own < heldGeneration) return
    const { tools, leftOut } = toTools(page)
    held = tools
    heldGeneration = own
    if (own === generation) nextReadAt = now() + MAX_AGE_MS
    if (leftOut.length > 0) onLeftOut(leftOut)
  }

  function report(error: unknown): void {
    if (closing.signal.aborted) return
    // The embedded sample keeps no queries.
    if (error instanceof AppError && error.code === 'NOT_IN_SAMPLE') nextReadAt = now() + MAX_AGE_MS
    else onFailed(error)
  }

  /** The read under way, unless it began before a change; then, or without one, a read that begins now. */
  function refresh(): Promise<void> {
    if (reading?.generation === generation) return reading.done
    nextReadAt = now() + RETRY_AFTER_MS
    const done = read(generation)
      .catch(report)
      .finally(() => {
        if (reading?.done === done) reading = undefined
      })
    reading = { generation, done }
    return done
  }

  return {
    async current() {
      if (closing.signal.aborted || (!reading && now() < nextReadAt)) return held
      const own = generation
      const refreshed = refresh()
      if (waitedFor !== own) await withDeadline(refreshed, MAX_WAIT_MS)
      waitedFor = own
      return held
    },
    forget() {
      generation += 1
      nextReadAt = 0
    },
    close: () => closing.abort()
  }
}
