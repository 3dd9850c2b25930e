import { expect, it } from 'vitest'
import { createMemoryConversationRegistry } from '../../../src/conversations/conversation-registry.ts'

function setup(
  limits: Partial<Record<'maxConversations' | 'maxConversationsPerUser' | 'maxTurns', number>> = {}
) {
  const forgotten: string[] = []
  const registry = createMemoryConversationRegistry({
    maxConversations: 10,
    maxConversationsPerUser: 10,
    maxTurns: 10,
    ...limits,
    onForgotten: async (id) => void forgotten.push(id)
  })
  /** A whole question: claimed and released. */
  const ask = async (userId: string, conversationId?: string) => {
    const id = await registry.claim(userId, conversationId, 'run', 'Hello')
    await registry.release(id, 'run')
    return id
  }
  return { registry, ask, forgotten }
}

it("lets a user's own oldest conversation give way, not another's", async () => {
  const { ask, forgotten } = setup({ maxConversationsPerUser: 2 })
  const hers = await ask('alice')
  const his = [await ask('bob'), await ask('bob'), await ask('bob')]

  expect(forgotten).toEqual([his[0]])
  expect(await ask('alice', hers)).toBe(hers)
})

it('lets the one that was used least recently give way when all places are taken', async () => {
  const { ask, forgotten } = setup({ maxConversations: 2 })
  const first = await ask('alice')
  const second = await ask('bob')
  await ask('alice', first)
  await ask('carol')

  expect(forgotten).toEqual([second])
})

it('never lets a conversation give way that is being answered', async () => {
  const { registry } = setup({ maxConversations: 1 })
  await registry.claim('alice', undefined, 'run-1', 'Hello')

  await expect(registry.claim('bob', undefined, 'run-2', 'Hello')).rejects.toMatchObject({
    code: 'TOO_MANY_RUNS'
  })
})

it('takes no more questions than a conversation can hold', async () => {
  const { ask } = setup({ maxTurns: 2 })
  const id = await ask('alice')
  await ask('alice', id)

  await expect(ask('alice', id)).rejects.toMatchObject({ code: 'CONVERSATION_FULL' })
})

it('ends a claim for the run that has it alone', async () => {
  const { registry } = setup()
  const id = await registry.claim('alice', undefined, 'run-1', 'Hello')
  await registry.release(id, 'run-0')

  await expect(registry.claim('alice', id, 'run-2', 'Hello')).rejects.toMatchObject({
    code: 'CONVERSATION_BUSY',
    details: { runId: 'run-1' }
  })
})
