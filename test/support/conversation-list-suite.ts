import { setTimeout as sleep } from 'node:timers/promises'
import { HumanMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import type { ConversationRegistry } from '../../src/conversations/conversation-registry.ts'
import type { ConversationCheckpointer } from '../../src/conversations/conversation-tree.ts'
import { createConversations } from '../../src/conversations/conversations.ts'
import { checkpointOf, META } from './checkpoint-fixture.ts'

export interface ConversationBackend {
  readonly registry: ConversationRegistry
  readonly checkpointer: ConversationCheckpointer
}

const MISSING = {
  code: 'CONVERSATION_NOT_FOUND',
  message: 'There is no such conversation of yours.'
}
const EVERYTHING = { limit: 100, after: undefined, search: undefined }

type SetUp = () => ConversationBackend

/** What users see of their conversations, wherever those are kept. */
export function testConversationList(setUp: SetUp): void {
  testLists(setUp)
  testReading(setUp)
  testChanges(setUp)
}

function start({ registry, checkpointer }: ConversationBackend) {
  const stopped: string[] = []
  const conversations = createConversations({
    registry,
    checkpointer,
    stopRun: async (runId) => void stopped.push(runId)
  })
  let runs = 0
  const ask = async (userId: string, question: string, id?: string) => {
    runs += 1
    // Questions of one millisecond have no order that anybody could know.
    await sleep(2)
    const conversationId = await registry.claim(userId, id, `run-${runs}`, question)
    await registry.release(conversationId, `run-${runs}`)
    return conversationId
  }
  const say = (id: string, text: string, fence?: string) =>
    checkpointer.put(
      { configurable: { thread_id: id, checkpoint_ns: '', ...(fence && { fence }) } },
      checkpointOf([new HumanMessage({ id: 'm1', content: text })]),
      META,
      { messages: 1 }
    )
  const idsOf = async (userId: string) =>
    (await conversations.list(userId, EVERYTHING)).conversations.map(({ id }) => id)
  return { registry, conversations, stopped, ask, say, idsOf }
}

function testLists(setUp: SetUp): void {
  it('lists the conversations of one user, the one that was asked last first', async () => {
    const { ask, idsOf } = start(setUp())
    const first = await ask('jane', 'One?')
    const second = await ask('jane', 'Two?')
    await ask('john', 'Three?')
    expect(await idsOf('jane')).toEqual([second, first])
    await ask('jane', 'And?', first)

    expect(await idsOf('jane')).toEqual([first, second])
    expect(await idsOf('nobody')).toEqual([])
  })

  it('pages through all of them, and searches titles in any script', async () => {
    const { ask, conversations } = start(setUp())
    for (const question of ['Zürich?', 'ZÜRICH again', 'Bern?']) await ask('jane', question)
    const search = { limit: 1, after: undefined, search: 'zÜrich' }
    const first = await conversations.list('jane', search)
    const second = await conversations.list('jane', { ...search, after: first.next })

    const titles = [first, second].map((page) => page.conversations.map(({ title }) => title))
    expect(titles).toEqual([['ZÜRICH again'], ['Zürich?']])
    expect(second.next).toBeUndefined()
  })
}

function testReading(setUp: SetUp): void {
  it('keeps the first question as the title, and when it was asked', async () => {
    const { ask, conversations } = start(setUp())
    const before = Date.now()
    const id = await ask('jane', 'How many devices?')
    const opened = await conversations.read('jane', id)
    await ask('jane', 'And VLANs?', id)
    const asked = await conversations.read('jane', id)

    expect(asked).toMatchObject({ title: 'How many devices?', createdAt: opened.createdAt })
    expect(opened.createdAt).toBeGreaterThanOrEqual(before)
    expect(opened.updatedAt).toBe(opened.createdAt)
    expect(asked.updatedAt).toBeGreaterThan(opened.updatedAt)
  })

  it('names the run under way, and only as long as it is', async () => {
    const { registry, conversations } = start(setUp())
    const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
    expect(await conversations.read('jane', id)).toMatchObject({ runId: 'run-1' })
    expect((await conversations.list('jane', EVERYTHING)).conversations[0]?.runId).toBe('run-1')
    await registry.release(id, 'run-1')

    expect((await conversations.read('jane', id)).runId).toBeUndefined()
  })

  it('keeps what was chosen with the newest question, whatever the size of it', async () => {
    const { registry, conversations } = start(setUp())
    const long = (place: number) => ({ id: `server-${place}`, name: 'ß'.repeat(255) })
    const choice = {
      model: { id: 'm1', name: 'GPT "one"' },
      mcpServers: Array.from({ length: 32 }, (_, place) => long(place))
    }
    const id = await registry.claim('jane', undefined, 'run-1', 'Hello', choice)
    expect((await conversations.read('jane', id)).choice).toEqual(choice)
    await registry.release(id, 'run-1')
    await registry.claim('jane', id, 'run-2', 'And?', { mcpServers: [] })
    expect((await conversations.read('jane', id)).choice).toEqual({ mcpServers: [] })
    await expect(registry.claim('jane', id, 'run-3', 'And?', choice)).rejects.toMatchObject({
      code: 'CONVERSATION_BUSY'
    })
    expect((await registry.get('jane', id)).choice).toEqual({ mcpServers: [] })
    await registry.release(id, 'run-2')
    await registry.claim('jane', id, 'run-4', 'And?', {})
    expect((await registry.get('jane', id)).choice).toEqual({})
  })

  it('reads what was said', async () => {
    const { ask, say, conversations } = start(setUp())
    const id = await ask('jane', 'Hello')
    expect((await conversations.read('jane', id)).messages).toEqual([])
    await say(id, 'Hello')

    const { messages } = await conversations.read('jane', id)
    expect(messages).toEqual([{ id: 'm1', role: 'user', text: 'Hello' }])
  })
}

function testChanges(setUp: SetUp): void {
  it('renames without moving a conversation to the front', async () => {
    const { ask, conversations, idsOf } = start(setUp())
    const first = await ask('jane', 'One?')
    const second = await ask('jane', 'Two?')

    expect(await conversations.rename('jane', first, 'Größe ✓')).toMatchObject({ title: 'Größe ✓' })
    await ask('jane', 'And?', second)
    expect((await conversations.read('jane', first)).title).toBe('Größe ✓')
    expect(await idsOf('jane')).toEqual([second, first])
  })

  it('deletes what was said with the conversation, after stopping its run, and refuses what that still writes', async () => {
    const { registry, conversations, say, stopped, idsOf } = start(setUp())
    const id = await registry.claim('jane', undefined, 'run-1', 'Hello')
    const fence = registry.fenceOf(id, 'run-1')
    await say(id, 'Hello', fence)

    await conversations.remove('jane', id)

    expect(stopped).toEqual(['run-1'])
    expect(await idsOf('jane')).toEqual([])
    await expect(say(id, 'Late', fence)).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
    await expect(conversations.read('jane', id)).rejects.toMatchObject(MISSING)
    await expect(registry.claim('jane', id, 'run-2', 'And?')).rejects.toMatchObject(MISSING)
    await registry.release(id, 'run-1')
  })

  it('deletes all of one user', async () => {
    const { ask, conversations, idsOf } = start(setUp())
    await ask('jane', 'One?')
    await ask('jane', 'Two?')
    const his = await ask('john', 'Three?')

    expect(await conversations.removeAll('jane')).toBe(2)
    expect(await conversations.removeAll('jane')).toBe(0)
    expect(await idsOf('jane')).toEqual([])
    expect(await idsOf('john')).toEqual([his])
  })

  it.each(['foreign', 'unknown', 'impossible\n'])('finds no %j conversation', async (kind) => {
    const { ask, conversations, idsOf } = start(setUp())
    const foreign = await ask('john', 'Secret')
    const id = kind === 'foreign' ? foreign : kind

    await expect(conversations.read('jane', id)).rejects.toMatchObject(MISSING)
    await expect(conversations.rename('jane', id, 'Mine')).rejects.toMatchObject(MISSING)
    await expect(conversations.remove('jane', id)).rejects.toMatchObject(MISSING)
    expect(await idsOf('john')).toEqual([foreign])
    expect((await conversations.read('john', foreign)).title).toBe('Secret')
  })
}
