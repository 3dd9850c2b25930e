// @vitest-environment node
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChatOptions, createChatApi } from '../../src/web/api.ts'
import { type Chat, createChat } from '../../src/web/chat.ts'
import { ChatError } from '../../src/web/chat-error.ts'
import { LOAD_RETRY_DELAYS_MS } from '../../src/web/chat-loading.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { createSessionMemory } from '../../src/web/session-memory.ts'
import { type FakeSidecar, startFakeSidecar } from '../browser/support/fake-sidecar.ts'
import { goodRun } from '../browser/support/scripted-answers.ts'
import { createStorage } from './support/storage.ts'

let fake: FakeSidecar
let storage: Storage
/** Answers in place of the service's options, in this order; then the service itself. */
let answers: (() => Promise<ChatOptions>)[]
let waits: number[]
const chats: Chat[] = []

beforeEach(async () => {
  fake = await startFakeSidecar()
  fake.script = () => ({ steps: goodRun(`run-${fake.asked.length}`) })
  storage = createStorage()
  answers = []
  waits = []
})

afterEach(async () => {
  for (const chat of chats.splice(0)) chat.close()
  await fake.close()
})

const away = () =>
  Promise.reject(new ChatError('SERVICE_UNREACHABLE', 'It does not answer.', { retryable: true }))

function open(wait?: () => Promise<void>): Chat {
  const api = createChatApi({ baseUrl: fake.url, tokens: undefined })
  const chat = createChat({
    api: { ...api, options: (signal) => answers.shift()?.() ?? api.options(signal) },
    memory: createSessionMemory(storage, ''),
    about: undefined,
    version: '0.1.0',
    signInUrl: undefined,
    messages: createMessageStore(() => () => undefined),
    wait: (delayMs) => {
      waits.push(delayMs)
      return wait?.() ?? Promise.resolve()
    }
  })
  chats.push(chat)
  return chat
}

test('a question asked before the service has answered is sent as soon as it has', async () => {
  const options = Promise.withResolvers<ChatOptions>()
  answers = [() => options.promise]
  const chat = open()
  const loading = chat.load()
  chat.setDraft('How many?')
  await chat.ask('How many?')
  expect(chat.view.get().waitsToSend).toBe(true)
  expect(chat.draft.get()).toBe('How many?')
  options.resolve(fake.options)
  await loading
  expect(fake.asked).toEqual([{ message: 'How many?' }])
  expect(chat.draft.get()).toBe('')
  expect(chat.view.get().waitsToSend).toBe(false)
})

test('a question that waits is kept across a reload, and taken back by changing it', async () => {
  const chat = open()
  await chat.ask('How many?')
  expect(createSessionMemory(storage, '').draft()).toBe('How many?')
  chat.setDraft('How many devices?')
  await chat.load()
  expect(fake.asked).toEqual([])
  expect(chat.draft.get()).toBe('How many devices?')
})

test("a question that waits goes to this tab's conversation, after what was there before", async () => {
  const first = open()
  await first.load()
  await first.ask('First')
  first.close()
  const chat = open()
  await chat.ask('Second')
  await chat.load()
  expect(fake.asked.at(-1)).toEqual({ message: 'Second', conversationId: 'conversation-1' })
  const questions = chat.messages.order.get().flatMap((id) => {
    const message = chat.messages.get(id)
    return message?.kind === 'question' ? [message.text] : []
  })
  expect(questions).toEqual(['First', 'Second'])
})

test('a service that is away is asked again by itself, and found', async () => {
  answers = [away, away]
  const chat = open()
  await chat.ask('How many?')
  await chat.load()
  expect(waits).toEqual(LOAD_RETRY_DELAYS_MS.slice(0, 2))
  expect(chat.view.get()).toMatchObject({ failure: undefined, options: { version: '0.1.0' } })
  expect(fake.asked).toHaveLength(1)
})

test('after the last wait the service is left alone, with the question kept', async () => {
  answers = Array.from({ length: LOAD_RETRY_DELAYS_MS.length + 1 }, () => away)
  const chat = open()
  await chat.ask('How many?')
  await chat.load()
  expect(waits).toEqual(LOAD_RETRY_DELAYS_MS)
  expect(answers).toEqual([])
  expect(chat.view.get()).toMatchObject({
    failure: { code: 'SERVICE_UNREACHABLE' },
    loading: false,
    nextLoadMs: undefined,
    waitsToSend: false
  })
  expect(chat.draft.get()).toBe('How many?')
  await chat.load()
  expect(chat.view.get().failure).toBeUndefined()
})

test('a failure that no second attempt mends is not tried again', async () => {
  answers = [() => Promise.reject(new ChatError('SIGN_IN', 'Your session has ended.'))]
  const chat = open()
  await chat.load()
  expect(waits).toEqual([])
  expect(chat.view.get().failure?.code).toBe('SIGN_IN')
})

test('a second attempt by hand takes the place of the one that waits', async () => {
  answers = [away]
  const chat = open(() => new Promise(() => undefined))
  void chat.load()
  await expect.poll(() => chat.view.get().nextLoadMs).toBe(LOAD_RETRY_DELAYS_MS[0])
  await chat.load()
  expect(chat.view.get()).toMatchObject({ failure: undefined, nextLoadMs: undefined })
})

test('an example that is clicked leaves what is being typed alone', async () => {
  const chat = open()
  await chat.load()
  chat.setDraft('Half a ques')
  await chat.ask('What can you do?')
  expect(chat.draft.get()).toBe('Half a ques')
  expect(createSessionMemory(storage, '').draft()).toBe('Half a ques')
})
