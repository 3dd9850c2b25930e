import { expect, it } from 'vitest'
import { createMemoryConversationRegistry } from '../../../src/conversations/conversation-registry.ts'
import { createMemoryConversationCleanup } from '../../../src/conversations/memory-conversation-cleanup.ts'

const MS_PER_DAY = 86_400_000

it('forgets what is older than the retention, but not what is being answered', async () => {
  let now = 0
  const forgotten: string[] = []
  const registry = createMemoryConversationRegistry({
    maxConversations: 10,
    maxConversationsPerUser: 10,
    maxTurns: 10,
    onForgotten: async (id) => void forgotten.push(id),
    now: () => now
  })
  const old = await registry.claim('jane', undefined, 'run-1', 'Old')
  await registry.release(old, 'run-1')
  const answering = await registry.claim('jane', undefined, 'run-2', 'Long')
  now = 2 * MS_PER_DAY
  const recent = await registry.claim('jane', undefined, 'run-3', 'Recent')
  await registry.release(recent, 'run-3')
  now = 31 * MS_PER_DAY
  const cleanup = createMemoryConversationCleanup(registry, 30, () => now)

  const report = await cleanup.run(new AbortController().signal)

  expect(report).toMatchObject({ lookedAt: 3, deletedByAge: 1, isComplete: true })
  expect(forgotten).toEqual([old])
  const kept = (await registry.list('jane')).map(({ id }) => id)
  expect(kept.sort()).toEqual([answering, recent].sort())
})
