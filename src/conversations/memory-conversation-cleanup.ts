import { type ConversationCleanup, NOTHING_DONE } from './conversation-cleanup.ts'
import type { MemoryConversationRegistry } from './conversation-registry.ts'

const MS_PER_DAY = 86_400_000

/**
 * In memory only age is left to look at: the registry holds to its limits itself, and nothing outlives a run that died.
 * What it takes is that of the process, so there is no size of its own.
 */
export function createMemoryConversationCleanup(
  registry: Pick<MemoryConversationRegistry, 'forgetBefore'>,
  ttlDays: number,
  now: () => number = Date.now
): ConversationCleanup {
  return {
    async run(signal) {
      signal.throwIfAborted()
      const { lookedAt, forgotten } = await registry.forgetBefore(now() - ttlDays * MS_PER_DAY)
      return { ...NOTHING_DONE, lookedAt, deletedByAge: forgotten }
    },
    size: async () => undefined
  }
}
