// @vitest-environment node
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createChatApi } from '../../src/web/api.ts'
import { type Chat, createChat } from '../../src/web/chat.ts'
import { ChatError } from '../../src/web/chat-error.ts'
import {
  type ConversationApi,
  createConversationApi,
  type ReadConversation,
  type ReadMessage
} from '../../src/web/conversation-api.ts'
import { branchBehind, type LogTurn } from '../../src/web/log-turns.ts'
import { emptyAnswer } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { createSessionMemory } from '../../src/web/session-memory.ts'
import { type FakeSidecar, startFakeSidecar } from '../browser/support/fake-sidecar.ts'
import { finished, goodRun, started } from '../browser/support/scripted-answers.ts'
import { createStorage } from './support/storage.ts'

const ID = 'conversation-1'

let fake: FakeSidecar
let storage: Storage
/** What the service gives for each question that is read at; `''` without one. */
let branches: Record<string, ReadConversation | ChatError>
let exported: unknown[]
const chats: Chat[] = []

beforeEach(async () => {
  fake = await startFakeSidecar()
  fake.script = () => ({ steps: goodRun(`run-${fake.asked.length}`) })
  storage = createStorage()
  branches = {}
  exported = []
})

afterEach(async () => {
  for (const chat of chats.splice(0)) chat.close()
  await fake.close()
})

async function open(): Promise<Chat> {
  const own = createConversationApi({ baseUrl: fake.url, tokens: undefined })
  const conversations: ConversationApi = {
    ...own,
    async read(_id, at = '') {
      const found = branches[at] ?? new ChatError('MESSAGE_NOT_FOUND', 'There is no such question.')
      if (found instanceof ChatError) throw found
      return found
    },
    async export(place) {
      exported.push(place)
      throw new ChatError('NOT_FOUND', 'There is nothing.')
    }
  }
  const chat = createChat({
    api: createChatApi({ baseUrl: fake.url, tokens: undefined }),
    conversations,
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

function branch(
  questions: readonly (readonly [id: string, text: string, versions?: readonly string[]])[],
  changes: Partial<ReadConversation> = {}
): ReadConversation {
  const at = '2026-11-26T09:00:00.000Z'
  const messages = questions.flatMap(([id, text, versions]): ReadMessage[] => [
    { id, role: 'user', text, ...(versions && { versions }) },
    { id: `${id}-answer`, role: 'assistant', text: `Answer to ${text}` }
  ])
  return { id: ID, title: 'Title', createdAt: at, updatedAt: at, messages, ...changes }
}

function questions({ messages }: Chat) {
  return messages.order.get().flatMap((id) => {
    const message = messages.get(id)
    return message?.kind === 'question' ? [message] : []
  })
}

const texts = (chat: Chat): string[] => questions(chat).map(({ text }) => text)
const local = (chat: Chat, text: string): string =>
  questions(chat).find((question) => question.text === text)?.id ?? ''

async function openThree(): Promise<Chat> {
  branches[''] = branch([
    ['q1', 'one'],
    ['q2', 'two'],
    ['q3', 'three']
  ])
  const chat = await open()
  await chat.open(ID)
  return chat
}

test('an edited question is sent in the place of the first one, and what came after it leaves the log', async () => {
  const chat = await openThree()
  chat.choose({ editing: local(chat, 'two') })
  await chat.askInstead(local(chat, 'two'), ' two, better ')

  expect(fake.asked).toEqual([{ message: 'two, better', conversationId: ID, replaces: 'q2' }])
  expect(texts(chat)).toEqual(['one', 'two, better'])
  expect(questions(chat)[1]).toMatchObject({ messageId: 'run-1', versions: ['q2', 'run-1'] })
  expect(chat.view.get().editing).toBeUndefined()

  await chat.askInstead(local(chat, 'two, better'), 'two, best')
  expect(fake.asked.at(-1)).toMatchObject({ replaces: 'run-1' })
  expect(questions(chat)[1]?.versions).toEqual(['q2', 'run-1', 'run-2'])
  await chat.ask('and on')
  expect(fake.asked.at(-1)).toEqual({ message: 'and on', conversationId: ID })
})

test('an edited question that finds the conversation busy goes back into its editor, and the log is whole again', async () => {
  const chat = await openThree()
  const error = { code: 'CONVERSATION_BUSY', message: 'Busy.', retryable: true } as const
  fake.script = () => ({ status: 409, refuse: { ...error, details: { runId: 'run-9' } } })
  const id = local(chat, 'one')
  await chat.askInstead(id, 'one, better')

  expect(texts(chat)).toEqual(['one', 'two', 'three'])
  expect(chat.view.get()).toMatchObject({ editing: id, busyRunId: 'run-9' })
  expect(chat.edits.get(id)).toBe('one, better')
  expect(chat.draft.get()).toBe('')
})

test('an edited question that the service does not take stays, is sent again in its place, and survives a reload', async () => {
  const chat = await openThree()
  fake.script = () => ({
    status: 503,
    refuse: { code: 'TOO_MANY_RUNS', message: 'Too many.', retryable: true }
  })
  await chat.askInstead(local(chat, 'two'), 'two, better')
  expect(texts(chat)).toEqual(['one', 'two, better'])
  expect((await open()).draft.get()).toBe('two, better')

  const [, , , answerId = ''] = chat.messages.order.get()
  fake.script = () => ({ steps: goodRun('run-2') })
  await chat.retry(answerId)
  expect(fake.asked).toMatchObject([{ replaces: 'q2' }, { replaces: 'q2' }])
})

test('nothing is sent while an answer is being written, nor for an empty text', async () => {
  const chat = await openThree()
  await chat.askInstead(local(chat, 'two'), '  ')
  await chat.askInstead('unknown', 'two')
  fake.script = () => ({ steps: [started('run-1'), { hold: true }] })
  const asking = chat.ask('four')
  await expect.poll(() => fake.asked).toHaveLength(1)
  await chat.askInstead(local(chat, 'two'), 'two, better')
  expect(await chat.showVersion('q2', 1)).toBeUndefined()

  expect(fake.asked.map(({ message }) => message)).toEqual(['four'])
  await expect.poll(() => questions(chat).at(-1)?.messageId).toBe('run-1')
  await chat.stop()
  await asking
})

test('another version is shown with all that came of it, and the next question goes on there', async () => {
  const chat = await openThree()
  const versions = ['q2', 'q4']
  branches.q4 = branch([
    ['q1', 'one'],
    ['q4', 'other', versions],
    ['q5', 'five']
  ])
  expect(await chat.showVersion('q4', 1)).toBeUndefined()
  expect(texts(chat)).toEqual(['one', 'other', 'five'])
  expect(chat.view.get()).toMatchObject({
    at: 'q4',
    switched: { to: 'q4', by: 1 },
    announcement: 'Version 2 of 2'
  })
  await chat.save(branch([]), 'json')
  await chat.save(branch([], { id: 'another' }), 'json')
  expect(exported).toEqual([
    { id: ID, at: 'q4' },
    { id: 'another', at: undefined }
  ])

  const reloaded = await open()
  expect(texts(reloaded)).toEqual(['one', 'other', 'five'])
  expect(reloaded.view.get()).toMatchObject({ at: 'q4', switched: undefined })
  await reloaded.ask('six')
  expect(fake.asked).toEqual([{ message: 'six', conversationId: ID, after: 'q5' }])
  expect(reloaded.view.get().at).toBeUndefined()
  await reloaded.ask('seven')
  expect(fake.asked.at(-1)).toEqual({ message: 'seven', conversationId: ID })
})

test('an answer of an older branch is asked for again in that branch', async () => {
  const chat = await openThree()
  branches.q4 = branch([['q4', 'other', ['q1', 'q4']]])
  await chat.showVersion('q4', 1)
  await chat.retry('answer-q4')

  expect(fake.asked).toEqual([{ message: 'other', conversationId: ID, after: 'q4' }])
})

test('a version that cannot be shown leaves the log as it is, and says why', async () => {
  const chat = await openThree()
  branches.q9 = new ChatError('SERVICE_UNREACHABLE', 'The service does not answer.')
  expect(await chat.showVersion('q9', -1)).toBe('The service does not answer.')

  expect(texts(chat)).toEqual(['one', 'two', 'three'])
  expect(chat.view.get()).toMatchObject({ isReading: false, at: undefined })
})

test('a branch that went away gives way to the newest one', async () => {
  const chat = await openThree()
  branches.q4 = branch([['q4', 'other', ['q1', 'q4']]])
  await chat.showVersion('q4', 1)
  delete branches.q4
  const reloaded = await open()

  expect(texts(reloaded)).toEqual(['one', 'two', 'three'])
  expect(reloaded.view.get().at).toBeUndefined()
})

test('runs of another branch stay out of the one that is shown, and a run under way there is offered', async () => {
  const chat = await openThree()
  fake.script = () => ({ steps: [started('run-1'), finished('run-1')] })
  await chat.ask('four')
  const versions = ['q1', 'q7']
  branches.q7 = branch([['q7', 'other', versions]], { runId: 'run-2' })
  branches[''] = branch([['q1', 'one', versions]], { runId: 'run-2' })
  fake.script = () => ({ steps: [started('run-2'), { hold: true }] })
  const elsewhere = fetch(`${fake.url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: 'elsewhere' })
  })
  await expect.poll(() => fake.asked).toHaveLength(2)
  await chat.showVersion('q7', 1)
  expect(texts(chat)).toEqual(['other'])
  expect(chat.view.get().busyRunId).toBe('run-2')

  const following = chat.followBusy()
  await expect.poll(() => texts(chat)).toEqual(['one', 'elsewhere'])
  expect(chat.view.get().at).toBeUndefined()
  await expect.poll(() => questions(chat).at(-1)?.messageId).toBe('run-2')
  await chat.stop()
  await following
  await (await elsewhere).body?.cancel()
})

function turn(messageId: string | undefined): LogTurn {
  const question = { kind: 'question', id: 'q', text: '?', about: undefined, messageId } as const
  return { question, answer: emptyAnswer('a', 'q') }
}

test('the next question goes behind the newest that the service has', () => {
  expect(branchBehind([turn('q1'), turn('q2'), turn(undefined)])).toEqual({ after: 'q2' })
  expect(branchBehind([turn(undefined)])).toBeUndefined()
})

test('a question that the service never had is edited where it was to go', async () => {
  const chat = await openThree()
  fake.script = () => ({
    status: 503,
    refuse: { code: 'TOO_MANY_RUNS', message: 'Too many.', retryable: true }
  })
  await chat.askInstead(local(chat, 'two'), 'two, better')
  await chat.askInstead(local(chat, 'two, better'), 'two, best')
  await chat.askInstead(local(chat, 'two, best'), 'two')

  expect(fake.asked.map(({ replaces }) => replaces)).toEqual(['q2', 'q2', 'q2'])
  expect(texts(chat)).toEqual(['one', 'two'])
})
