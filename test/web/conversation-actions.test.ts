// @vitest-environment node
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createChatApi } from '../../src/web/api.ts'
import { type Chat, createChat } from '../../src/web/chat.ts'
import { ChatError } from '../../src/web/chat-error.ts'
import { type ConversationApi, createConversationApi } from '../../src/web/conversation-api.ts'
import type { Answer } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { createSessionMemory, MAX_REMEMBERED_CONVERSATIONS } from '../../src/web/session-memory.ts'
import { storedConversation } from '../browser/support/fake-conversations.ts'
import { type FakeSidecar, type Step, startFakeSidecar } from '../browser/support/fake-sidecar.ts'
import { finished, goodRun, started } from '../browser/support/scripted-answers.ts'
import { createStorage } from './support/storage.ts'

let fake: FakeSidecar
let storage: Storage
let conversations: ConversationApi
const chats: Chat[] = []

beforeEach(async () => {
  fake = await startFakeSidecar()
  storage = createStorage()
  conversations = createConversationApi({ baseUrl: fake.url, tokens: undefined })
})

afterEach(async () => {
  for (const chat of chats.splice(0)) chat.close()
  await fake.close()
})

async function open(api: ConversationApi = conversations): Promise<Chat> {
  const chat = createChat({
    api: createChatApi({ baseUrl: fake.url, tokens: undefined }),
    conversations: api,
    memory: createSessionMemory(storage, ''),
    about: undefined,
    version: '0.1.0',
    signInUrl: undefined,
    messages: createMessageStore(() => () => undefined),
    wait: () => Promise.resolve()
  })
  chats.push(chat)
  await chat.load()
  return chat
}

function answers(chat: Chat): Answer[] {
  return chat.messages.order.get().flatMap((id) => {
    const message = chat.messages.get(id)
    return message?.kind === 'answer' ? [message] : []
  })
}

const answersWith = (steps: readonly Step[]): void => {
  fake.script = () => ({ steps })
}

test('a conversation that was deleted elsewhere says so, and shows nothing that is left of it', async () => {
  const chat = await open()
  answersWith(goodRun('run-1'))
  await chat.ask('Secret question')
  chat.close()
  const reloaded = await open()
  expect(reloaded.messages.order.get()).toEqual([])
  expect(reloaded.view.get().readFailure?.code).toBe('CONVERSATION_NOT_FOUND')
  reloaded.newConversation()
  expect(reloaded.view.get().readFailure).toBeUndefined()
})

test('a service without the list still brings the conversation of the tab back', async () => {
  const read = () => Promise.reject(new ChatError('NOT_FOUND', 'There is nothing.'))
  const older = { ...conversations, read }
  const chat = await open(older)
  answersWith(goodRun('run-1'))
  await chat.ask('How many?')
  chat.close()
  const reloaded = await open(older)
  expect(answers(reloaded).map(({ phase }) => phase)).toEqual(['finished'])
})

test('what is asked while a conversation is opened is sent once it is there', async () => {
  fake.conversations.stored = [storedConversation('c1', 'Earlier', 1)]
  const chat = await open()
  answersWith([started('run-1'), finished('run-1')])
  const opening = chat.open('c1')
  await chat.ask('And now?')
  expect(chat.draft.get()).toBe('And now?')
  await opening
  expect(fake.asked).toEqual([{ message: 'And now?', conversationId: 'c1' }])
  expect(answers(chat).map(({ phase }) => phase)).toEqual(['finished', 'finished'])
})

test('a conversation brings its choice along, and leaves it behind', async () => {
  const choice = { model: { id: 'm2' }, mcpServers: [{ id: 's1' }] }
  fake.conversations.stored = [
    storedConversation('c1', 'Chosen', 1, { choice }),
    storedConversation('c2', 'Older', 2)
  ]
  const chat = await open()
  chat.choose({ servers: ['s2'] })
  await chat.open('c1')
  expect(chat.view.get()).toMatchObject({ kept: choice, servers: undefined })
  chat.close()
  expect((await open()).view.get().kept).toEqual(choice)
  const other = await open()
  await other.open('c2')
  expect(other.view.get().kept).toEqual({})
})

test('a conversation that cannot be renamed or deleted stays, and the list says why', async () => {
  const chat = await open()
  expect(await chat.rename('gone', 'New')).toBe(false)
  expect(chat.view.get().listNotice).toBe('Could not rename: There is no such conversation.')
  expect(await chat.remove('gone')).toBe(false)
  expect(chat.view.get().listNotice).toBe('Could not delete: There is no such conversation.')
  chat.dismissListNotice()
  expect(chat.view.get().listNotice).toBeUndefined()
})

test('a tab knows the runs of its last conversations, of the same person only', () => {
  const memory = createSessionMemory(storage, '')
  const runs = [{ runId: 'run-1', question: 'x' }]
  for (let count = 0; count <= MAX_REMEMBERED_CONVERSATIONS; count += 1) {
    memory.keepConversation({ username: 'lab', conversationId: `c${count}`, runs })
  }
  memory.keepConversation(undefined)
  expect(memory.earlier('lab', 'c0').runs).toEqual([])
  expect(memory.earlier('lab', 'c1').runs).toEqual(runs)
  expect(memory.earlier('mallory', 'c1')).toEqual({
    username: 'mallory',
    conversationId: 'c1',
    runs: []
  })
  memory.forget('c1')
  expect(memory.earlier('lab', 'c1').runs).toEqual([])
})
