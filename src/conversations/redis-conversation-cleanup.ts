import { AppError } from '../errors.ts'
import { type RedisReply, runScript } from '../platform/redis-script.ts'
import {
  addUp,
  type CleanupReport,
  type ConversationCleanup,
  NOTHING_DONE
} from './conversation-cleanup.ts'
import {
  type ConversationScriptsOptions,
  createConversationScripts
} from './conversation-scripts.ts'
import { DELETE, PRUNE } from './redis-checkpoint-scripts.ts'
import { type CleanupPlace, createCleanupPlaces, START } from './redis-cleanup-place.ts'
import { COLLECT, PAGE, STRIKE_OFF, VISIT } from './redis-cleanup-scripts.ts'
import { conversationKeys, indexKey, TOMBSTONE_SECONDS, userKey } from './redis-keys.ts'

const MS_PER_DAY = 86_400_000
const MAX_CONVERSATIONS_PER_RUN = 10_000
/** Looked at side by side; then the place is kept. */
const CONVERSATIONS_PER_PAGE = 20

export interface RedisConversationCleanupOptions extends ConversationScriptsOptions {
  /** After its newest question; may be less than when a conversation was written. */
  readonly ttlDays: number
  readonly maxConversationsPerUser: number
  readonly maxConversationsPerRun?: number
  /** A conversation that no script can read is passed over; for the log. */
  readonly onBroken: (conversationId: string, error: unknown) => void
  readonly now?: () => number
}

type Entry = NonNullable<CleanupPlace['after']>

/** What became of one conversation. */
interface Visited extends Partial<CleanupReport> {
  readonly entry: Entry
  readonly userId?: string
  /** Undefined when it is no more. */
  readonly keptBytes?: number
}

/** A conversation as it was when it was looked at. */
interface Found {
  readonly entry: Entry
  readonly bytes: number
  /** Empty when nobody has claimed it. */
  readonly userId: string
  /** When its newest question was asked, as Redis writes it. */
  readonly asked: string
}

/**
 * Retention in Redis, through the index of all conversations: every change is a script that refuses while a run
 * answers in the conversation. Bytes are those of MEMORY USAGE, before and after.
 */
export function createRedisConversationCleanup(
  options: RedisConversationCleanupOptions
): ConversationCleanup {
  const { maxConversationsPerRun = MAX_CONVERSATIONS_PER_RUN, now = Date.now } = options
  const places = createCleanupPlaces(options)
  const lists = createLists(options)
  const visit = createVisit(options)

  /** Of users this run has not come across before. */
  async function tidy(visited: readonly Visited[], known: Set<string>): Promise<number> {
    const users = new Set(visited.flatMap(({ userId }) => (userId ? [userId] : [])))
    const unknown = [...users].filter((userId) => !known.has(userId))
    for (const userId of unknown) known.add(userId)
    const struck = await Promise.all(unknown.map((userId) => lists.strikeOff(userId)))
    return struck.reduce((sum, one) => sum + one, 0)
  }

  function placeAfter(place: CleanupPlace, visited: readonly Visited[]): CleanupPlace {
    const kept = visited.filter(({ keptBytes }) => keptBytes !== undefined)
    return {
      ...place,
      // What was deleted has no place any more; what follows it has moved up.
      after: kept.at(-1)?.entry ?? place.after,
      conversations: place.conversations + kept.length,
      bytes: kept.reduce((sum, { keptBytes = 0 }) => sum + keptBytes, place.bytes)
    }
  }

  return {
    async run(signal) {
      const known = new Set<string>()
      let place = await places.read()
      let report = NOTHING_DONE
      for (let left = maxConversationsPerRun; left > 0; ) {
        signal.throwIfAborted()
        const wanted = Math.min(left, CONVERSATIONS_PER_PAGE)
        const page = await lists.page(place.after, wanted)
        const visited = await Promise.all(page.map((entry) => visit(entry, signal)))
        const struckOff = await tidy(visited, known)
        report = addUp([report, ...visited, { struckOff, lookedAt: page.length }])
        place = placeAfter(place, visited)
        if (page.length < wanted) {
          const { conversations, bytes } = place
          await places.keep({ ...START, size: { conversations, bytes, measuredAt: now() } })
          return report
        }
        await places.keep(place)
        left -= page.length
      }
      return { ...report, isComplete: false }
    },

    size: async () => (await places.read()).size
  }
}

function createLists({ client, deployment }: ConversationScriptsOptions) {
  const [conversationPrefix] = conversationKeys(deployment, '')
  return {
    async page(after: CleanupPlace['after'], size: number): Promise<Entry[]> {
      const args = [after?.score ?? '', after?.id ?? '', size]
      const keys = [indexKey(deployment)]
      const [, found] = (await runScript(client, PAGE, { keys, args })) as RedisReply[]
      const words = (found as RedisReply[]).map(String)
      return Array.from({ length: words.length / 2 }, (_, place) => ({
        id: words[2 * place] ?? '',
        score: words[2 * place + 1] ?? ''
      }))
    },

    async strikeOff(userId: string): Promise<number> {
      const keys = [userKey(deployment, userId)]
      const call = { keys, args: [conversationPrefix] }
      const [, struck] = (await runScript(client, STRIKE_OFF, call)) as RedisReply[]
      return Number(struck)
    }
  }
}

function createVisit(options: RedisConversationCleanupOptions) {
  const { deployment, ttlDays, maxConversationsPerUser, onBroken } = options
  const run = createConversationScripts(options)
  const users = userKey(deployment, '')
  const [conversationPrefix] = conversationKeys(deployment, '')
  const limits = [ttlDays * MS_PER_DAY, maxConversationsPerUser]

  /** One that was asked meanwhile, or is being answered, stays. */
  async function remove(found: Found, kind: 'deletedByAge' | 'deletedBeyondLimit') {
    const { entry, userId, bytes, asked } = found
    const args = [entry.id, TOMBSTONE_SECONDS, users, 'idle', userId, asked]
    const { outcome } = await run(DELETE, entry.id, args)
    return outcome === 'OK' ? { [kind]: 1, freedBytes: bytes } : { keptBytes: bytes }
  }

  async function collect({ entry: { id }, bytes, asked }: Found) {
    const pruned = await run(PRUNE, id, ['', 0, id, 'idle'])
    if (pruned.outcome === 'BUSY') return { keptBytes: bytes }
    const collected = await run(COLLECT, id, [asked])
    if (collected.outcome === 'BUSY') return { keptBytes: bytes }
    const keptBytes = Number(collected.parts[1])
    return {
      keptBytes,
      freedBytes: Math.max(0, bytes - keptBytes),
      collectedCheckpoints: Number(pruned.parts[0]),
      collectedContents: Number(pruned.parts[1]) + Number(collected.parts[0])
    }
  }

  async function treat(outcome: string, found: Found): Promise<Omit<Visited, 'entry'>> {
    switch (outcome) {
      case 'AGED':
        return remove(found, 'deletedByAge')
      case 'BEYOND':
        return remove(found, 'deletedBeyondLimit')
      case 'USED':
        return collect(found)
      default:
        return { keptBytes: found.bytes }
    }
  }

  async function visit(entry: Entry): Promise<Visited> {
    const args = [entry.id, users, conversationPrefix, ...limits]
    const { outcome, parts } = await run(VISIT, entry.id, args)
    if (outcome === 'EXPIRED') return { entry, struckOff: 1 }
    const [bytes, userId = '', asked = ''] = parts.map(String)
    const found = { entry, bytes: Number(bytes), userId, asked }
    return { entry, userId, ...(await treat(outcome, found)) }
  }

  return async (entry: Entry, signal: AbortSignal): Promise<Visited> => {
    signal.throwIfAborted()
    try {
      return await visit(entry)
    } catch (error) {
      if (isGone(error)) return { entry }
      if (!isBroken(error)) throw error
      onBroken(entry.id, error)
      return { entry, keptBytes: 0 }
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CONVERSATION_NOT_FOUND'
}

/** It is this conversation alone: written by a newer version, or a script failed on what it found there. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  if (error.code === 'CONVERSATION_TOO_NEW') return true
  return error.cause instanceof Error && /^ERR .*script/.test(error.cause.message)
}
