import type { Redis } from 'ioredis'
import type { AgentEvent } from '../agent/agent-events.ts'
import { runKey, runLogKey } from '../conversations/redis-keys.ts'
import { AppError } from '../errors.ts'
import type { RedisChannels } from '../platform/redis-channels.ts'
import { unavailable } from '../platform/redis-script.ts'
import { LOG_START, type LogPlace, parseLogId, toLogId } from './log-place.ts'
import { eventOf, type LoggedEvent, type RunRecord } from './run.ts'
import { isTerminal, outcomeOf, type ViewParts } from './run-store.ts'

const EVENTS_PER_PAGE = 500
/** Who hears nothing looks by itself: a published word can be lost. */
const MAX_WAIT_MS = 1_000

export interface RedisRunReaderOptions {
  /** A connection for commands. Whoever made it closes it. */
  readonly client: Redis
  readonly channels: RedisChannels
  readonly deployment: string
}

export interface StoredRun extends Omit<ViewParts, 'outcome'> {
  readonly attempt: number
}

/** Reads runs that any replica writes. Everything throws REDIS_UNAVAILABLE. */
export interface RedisRunReader {
  find(runId: string): Promise<StoredRun | undefined>
  view(runId: string): Promise<ViewParts | undefined>
  /** Every event that is there. */
  events(runId: string): Promise<AgentEvent[]>
  /** As `RunStore.read`. */
  follow(runId: string, after: LogPlace, signal: AbortSignal): AsyncGenerator<LoggedEvent, void>
}

/** Where it is published that a run's log has grown. */
export function runChannel(deployment: string, runId: string): string {
  return `ai-ops:${deployment}:run-events:${runId}`
}

export function createRedisRunReader(options: RedisRunReaderOptions): RedisRunReader {
  const { client, deployment } = options
  const pages = createPages(client, deployment)

  async function find(runId: string): Promise<StoredRun | undefined> {
    const [record, created, ended, attempt] = await client
      .hmget(runKey(deployment, runId), 'record', 'created', 'ended', 'attempt')
      .catch(refuse)
    if (!record) return undefined
    return {
      record: JSON.parse(record) as RunRecord,
      createdAt: Number(created),
      endedAt: ended ? Number(ended) : undefined,
      attempt: Number(attempt)
    }
  }

  async function events(runId: string): Promise<AgentEvent[]> {
    const all = await Array.fromAsync(pages(runId, LOG_START))
    return all.flat().map(eventOf)
  }

  /** False when the run has ended: nothing is written any more. */
  async function isGoingOn(runId: string): Promise<boolean> {
    const run = await find(runId)
    if (!run) throw new AppError('RUN_NOT_FOUND', 'The run is gone: its conversation was deleted.')
    return run.endedAt === undefined
  }

  return {
    find,
    events,
    async view(runId) {
      const run = await find(runId)
      return run && { ...run, outcome: outcomeOf(await events(runId)) }
    },
    async *follow(runId, after, signal) {
      const news = createNews(options.channels, runChannel(deployment, runId), signal)
      try {
        const parts = {
          pages: (place: LogPlace) => pages(runId, place),
          isGoingOn: () => isGoingOn(runId)
        }
        yield* follow({ ...parts, news, signal }, after)
      } finally {
        news.close()
      }
    }
  }
}

type Pages = (runId: string, after: LogPlace) => AsyncGenerator<LoggedEvent[], void>

function createPages(client: Redis, deployment: string): Pages {
  async function page(runId: string, { attempt, number }: LogPlace): Promise<LoggedEvent[]> {
    const from = toLogId({ attempt, number: number + 1 })
    const entries = await client
      .xrange(runLogKey(deployment, runId), from, '+', 'COUNT', EVENTS_PER_PAGE)
      .catch(refuse)
    return entries.map(([id, [, type, , json = '']]) => ({
      id,
      type: type as AgentEvent['type'],
      json
    }))
  }

  return async function* pages(runId, after) {
    let place = after
    for (;;) {
      const found = await page(runId, place)
      if (found.length > 0) yield found
      if (found.length < EVENTS_PER_PAGE) return
      place = placeOf(found)
    }
  }
}

/** What there is now. Answers where to go on; undefined when the run has ended. */
async function* fresh(
  found: AsyncIterable<LoggedEvent[]>,
  after: LogPlace
): AsyncGenerator<LoggedEvent, LogPlace | undefined> {
  let place = after
  for await (const page of found) {
    yield* page
    place = placeOf(page)
    if (isTerminal(page.at(-1)?.type)) return undefined
  }
  return place
}

interface Following {
  readonly pages: (after: LogPlace) => AsyncIterable<LoggedEvent[]>
  readonly isGoingOn: () => Promise<boolean>
  readonly news: News
  readonly signal: AbortSignal
}

async function* follow(
  { pages, isGoingOn, news, signal }: Following,
  after: LogPlace
): AsyncGenerator<LoggedEvent, void> {
  let place: LogPlace | undefined = after
  while (!signal.aborted) {
    const wasHeard = news.take()
    place = yield* fresh(pages(place), place)
    if (!place) return
    // Asked only by who has heard nothing for a while. The end may have come between the look and the question.
    if (!wasHeard && !(await isGoingOn())) {
      yield* fresh(pages(place), place)
      return
    }
    await news.wait(MAX_WAIT_MS)
  }
}

function placeOf(found: readonly LoggedEvent[]): LogPlace {
  const place = parseLogId(found.at(-1)?.id ?? '')
  if (!place) throw new Error('An entry of a run has no id of ours')
  return place
}

function refuse(error: unknown): never {
  throw unavailable(error)
}

/** Wakes a reader when there may be more. */
interface News {
  /** Whether anything was heard since the last look. */
  take(): boolean
  wait(ms: number): Promise<void>
  close(): void
}

function createNews(channels: RedisChannels, channel: string, signal: AbortSignal): News {
  let isHeard = false
  let wake = () => {}
  const ring = () => {
    isHeard = true
    wake()
  }
  const stop = channels.listen(channel, ring)
  signal.addEventListener('abort', ring)
  return {
    take() {
      const was = isHeard
      isHeard = false
      return was
    },
    async wait(ms) {
      if (isHeard) return
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = setTimeout(resolve, ms)
      await promise
      clearTimeout(timer)
    },
    close() {
      stop()
      signal.removeEventListener('abort', ring)
    }
  }
}
