import { z } from 'zod'
import { runScript, unavailable } from '../platform/redis-script.ts'
import type { ConversationScriptsOptions } from './conversation-scripts.ts'
import { KEEP_PLACE } from './redis-cleanup-scripts.ts'
import { cleanupKey } from './redis-keys.ts'

/** Where a cleanup that nobody continues is forgotten, and what it measured with it. */
const KEEP_SECONDS = 30 * 86_400

const placeSchema = z.object({
  /** The conversation that was looked at last, by its place in the index; null at the start of a round. */
  after: z.object({ score: z.string(), id: z.string() }).nullable(),
  /** Of this round so far. */
  conversations: z.number(),
  bytes: z.number(),
  /** Of the last whole round. */
  size: z
    .object({ conversations: z.number(), bytes: z.number(), measuredAt: z.number() })
    .optional()
})

/** How far the cleanup has come, for whichever replica goes on. */
export type CleanupPlace = z.output<typeof placeSchema>

export const START: CleanupPlace = { after: null, conversations: 0, bytes: 0 }

export function createCleanupPlaces({ client, deployment }: ConversationScriptsOptions) {
  const key = cleanupKey(deployment)
  return {
    /** The start where nothing is kept, or nothing this version can read. */
    async read(): Promise<CleanupPlace> {
      const text = await client.get(key).catch((error: unknown) => {
        throw unavailable(error)
      })
      const parsed = placeSchema.safeParse(parse(text))
      return parsed.success ? parsed.data : START
    },

    async keep(place: CleanupPlace): Promise<void> {
      const args = [JSON.stringify(place), KEEP_SECONDS]
      await runScript(client, KEEP_PLACE, { keys: [key], args })
    }
  }
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}
