// @vitest-environment node
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createChatApi } from '../../src/web/api.ts'
import { type Chat, createChat } from '../../src/web/chat.ts'
import type { ChatDependencies } from '../../src/web/chat-context.ts'
import { type Answer, answerText } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { createSessionMemory, MAX_REMEMBERED_RUNS } from '../../src/web/session-memory.ts'
import { type FakeSidecar, type Step, startFakeSidecar } from '../browser/support/fake-sidecar.ts'
import { failedRun, finished, goodRun, started, text } from '../browser/support/scripted-answers.ts'
import { createStorage } from './support/storage.ts'

let fake: FakeSidecar
let storage: Storage
const chats: Chat[] = []

beforeEach(async () => {
  fake = await startFakeSidecar()
  storage = createStorage()
})

afterEach(async () => {
  for (const chat of chats.splice(0)) chat.close()
  await fake.close()
})

async function open(changes: Partial<ChatDependencies> = {}): Promise<Chat> {
  const chat = createChat({
    api: createChatApi({ baseUrl: fake.url, tokens: undefined }),
    memory: createSessionMemory(storage, ''),
    about: undefined,
    version: '0.1.0',
    signInUrl: undefined,
    messages: createMessageStore((callback) => {
      const timer = setTimeout(callback, 0)
      return () => clearTimeout(timer)
    }),
    wait: () => Promise.resolve(),
    ...changes
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

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 5_000, interval: 5 }).toBe(true)
}

const answersWith = (steps: readonly Step[]): void => {
  fake.script = () => ({ steps })
}

test('a question is answered, and the next one goes to the same conversation', async () => {
  const chat = await open()
  fake.script = () => ({ steps: goodRun(`run-${fake.asked.length}`) })
  await chat.ask('  How many devices?  ')
  await chat.ask('And there?')
  expect(fake.asked).toEqual([
    { message: 'How many devices?' },
    { message: 'And there?', conversationId: 'conversation-1' }
  ])
  expect(answers(chat).map(({ phase }) => phase)).toEqual(['finished', 'finished'])
  expect(chat.view.get().announcement).toMatch(/^Answer complete, \d+ words$/)
})

test('the chosen model and servers go along, and the object only with the first question', async () => {
  const about = { objectType: 'dcim.device', id: '4d2f0d3c-4a51-4f0e-9d7e-0f6f6f0a9d11' }
  const chat = await open({ about })
  chat.choose({ model: 'm2', servers: ['s1'] })
  answersWith([started('run-1'), finished('run-1')])
  await chat.ask('What is this?')
  expect(fake.asked[0]).toEqual({
    message: 'What is this?',
    model: 'm2',
    mcpServers: ['s1'],
    pageContext: about
  })
  answersWith([started('run-2'), finished('run-2')])
  await chat.ask('And now?')
  expect(fake.asked[1]).not.toHaveProperty('pageContext')
})

test('what was picked is the conversation’s once it was asked with, and goes with it', async () => {
  const chat = await open()
  chat.choose({ model: 'm2', servers: ['s1'] })
  fake.script = () => ({ steps: goodRun(`run-${fake.asked.length}`) })
  await chat.ask('One?')
  expect(chat.view.get()).toMatchObject({
    kept: { model: { id: 'm2' }, mcpServers: [{ id: 's1' }] },
    model: undefined,
    servers: undefined
  })
  await chat.ask('Two?')
  expect(fake.asked[1]).toEqual({ message: 'Two?', conversationId: 'conversation-1' })
  chat.choose({ servers: null })
  await chat.ask('Three?')
  expect(fake.asked[2]).toMatchObject({ mcpServers: null })
  expect(chat.view.get().kept).toEqual({ model: { id: 'm2' }, mcpServers: undefined })

  chat.newConversation()
  await chat.ask('Another?')
  expect(fake.asked[3]).toEqual({ message: 'Another?' })
})

test('a cut connection is picked up where it ended, with nothing lost or doubled', async () => {
  const chat = await open()
  const steps = goodRun('run-1')
  const cuts = steps.flatMap((step, index): Step[] =>
    index % 9 === 5 ? [step, { cut: true }] : [step]
  )
  answersWith(cuts)
  await chat.ask('How many?')
  const [cut] = answers(chat)
  expect(fake.followed.length).toBeGreaterThan(3)
  expect(fake.followed[0]).toBe('6')
  fake.script = () => ({ steps: goodRun('run-2') })
  await chat.ask('How many?')
  const whole = answers(chat)[1]
  expect(cut && answerText(cut)).toBe(whole && answerText(whole))
  expect(cut?.parts.length).toBe(whole?.parts.length)
})

test('a run that cannot be reached any more is lost after a bounded number of attempts', async () => {
  const waits: number[] = []
  const chat = await open({
    wait: async (delayMs) => {
      waits.push(delayMs)
      if (waits.length === 1) await fake.close()
    }
  })
  answersWith([started('run-1'), { cut: true }])
  await chat.ask('How many?')
  expect(answers(chat)[0]).toMatchObject({
    phase: 'failed',
    lost: true,
    failure: { code: 'STREAM_LOST' }
  })
  expect(waits).toHaveLength(24)
  expect(waits.slice(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

test('retrying a lost run reads it again instead of asking again', async () => {
  const chat = await open({ wait: () => Promise.reject(new Error('no patience')) })
  answersWith([started('run-1'), ...text('t', 'Half'), { cut: true }, ...text('u', 'whole')])
  await chat.ask('How many?')
  const lost = answers(chat)[0]
  expect(lost?.lost).toBe(true)
  await chat.retry(lost?.id ?? '')
  expect(fake.asked).toHaveLength(1)
  expect(answers(chat)).toHaveLength(1)
  expect(answerText(answers(chat)[0] as Answer)).toBe('Half\n\nwhole')
})

test('stop cancels the run, and the answer stays as it was', async () => {
  const chat = await open()
  answersWith([started('run-1'), ...text('t', 'So far'), { hold: true }])
  const asking = chat.ask('How many?')
  await until(() => answerText(answers(chat)[0] as Answer) === 'So far')
  await chat.stop()
  await asking
  expect(fake.cancelled).toEqual(['run-1'])
  expect(answers(chat)[0]).toMatchObject({ phase: 'stopped', stopping: false })
  expect(answerText(answers(chat)[0] as Answer)).toBe('So far')
})

test('a stop before the run has an id is sent as soon as it has one', async () => {
  const chat = await open()
  answersWith([{ waitMs: 50 }, started('run-1'), { hold: true }])
  const asking = chat.ask('How many?')
  await chat.stop()
  expect(fake.cancelled).toEqual([])
  await asking
  expect(fake.cancelled).toEqual(['run-1'])
})

test('a busy conversation gives the question back and can be stopped', async () => {
  const chat = await open()
  answersWith([started('run-1'), { hold: true }])
  void chat.ask('First')
  await until(() => chat.view.get().conversationId !== undefined)
  const second = await open({ memory: createSessionMemory(createStorage(), '') })
  fake.script = () => ({
    status: 409,
    refuse: {
      code: 'CONVERSATION_BUSY',
      message: 'An answer is being written.',
      retryable: true,
      details: { runId: 'run-1' }
    }
  })
  await second.ask('Second')
  expect(second.messages.order.get()).toEqual([])
  expect(second.draft.get()).toBe('Second')
  expect(second.view.get().busyRunId).toBe('run-1')
  const following = second.followBusy()
  await until(() => answers(second)[0]?.phase === 'running')
  expect(second.messages.get(second.messages.order.get()[0] ?? '')).toMatchObject({ text: 'First' })
  await second.stop()
  await following
  expect(answers(second)[0]?.phase).toBe('stopped')
})

test('a refused question can be sent again in its place', async () => {
  const chat = await open()
  fake.script = () => ({
    status: 503,
    refuse: { code: 'TOO_MANY_RUNS', message: 'Too many.', retryable: true }
  })
  await chat.ask('How many?')
  const refused = answers(chat)[0]
  expect(refused?.failure).toMatchObject({ code: 'TOO_MANY_RUNS', retryable: true })
  expect(createSessionMemory(storage, '').draft()).toBe('How many?')
  answersWith(goodRun('run-1'))
  await chat.retry(refused?.id ?? '')
  expect(answers(chat).map(({ phase }) => phase)).toEqual(['finished'])
  expect(createSessionMemory(storage, '').draft()).toBe('')
})

test('a failed run keeps its text and is asked anew by a retry', async () => {
  const chat = await open()
  answersWith(failedRun('run-1'))
  await chat.ask('How many?')
  expect(answers(chat)[0]).toMatchObject({
    phase: 'failed',
    lost: false,
    failure: { code: 'MODEL_RATE_LIMITED' }
  })
  answersWith(goodRun('run-2'))
  await chat.retry(answers(chat)[0]?.id ?? '')
  expect(fake.asked).toHaveLength(2)
  expect(answers(chat)).toHaveLength(2)
})

test('a reload brings the conversation back, with a running answer still growing', async () => {
  const chat = await open()
  answersWith(goodRun('run-1'))
  await chat.ask('First')
  answersWith([started('run-2'), ...text('t', 'So far'), { waitMs: 300 }, finished('run-2')])
  void chat.ask('Second')
  await until(() => answers(chat)[1]?.runId === 'run-2' && answers(chat)[1]?.phase === 'running')
  chat.close()
  const reloaded = await open()
  await until(() => answers(reloaded)[1]?.phase === 'finished')
  await until(() => answers(reloaded)[0]?.phase === 'finished')
  expect(answerText(answers(reloaded)[0] as Answer)).toBe(answerText(answers(chat)[0] as Answer))
  await until(() => reloaded.view.get().openAnswerId === undefined)
  await reloaded.ask('Third')
  expect(fake.asked.at(-1)).toMatchObject({ conversationId: 'conversation-1' })
})

test('another person in the same tab sees nothing of it', async () => {
  const chat = await open()
  answersWith(goodRun('run-1'))
  await chat.ask('Secret question')
  fake.options = { ...fake.options, identity: { username: 'mallory' } }
  const other = await open()
  expect(other.messages.order.get()).toEqual([])
  expect(createSessionMemory(storage, '').conversation()).toBeUndefined()
})

test('an expired run leaves the page quietly', async () => {
  createSessionMemory(storage, '').keepConversation({
    username: 'lab',
    conversationId: 'conversation-1',
    runs: [{ runId: 'gone', question: 'Old' }]
  })
  const chat = await open()
  await until(() => chat.messages.order.get().length === 0)
  expect(chat.view.get().openAnswerId).toBeUndefined()
})

test('a tab remembers a bounded number of runs, the newest', () => {
  const memory = createSessionMemory(storage, '')
  const runs = Array.from({ length: MAX_REMEMBERED_RUNS + 1 }, (_, index) => ({
    runId: `run-${index}`,
    question: 'x'
  }))
  memory.keepConversation({ username: 'lab', conversationId: 'c', runs })
  expect(memory.conversation()?.runs).toEqual(runs.slice(1))
})

test('a new conversation forgets the old one and leaves its run alone', async () => {
  const chat = await open()
  answersWith([started('run-1'), { hold: true }])
  void chat.ask('First')
  await until(() => chat.view.get().conversationId !== undefined)
  chat.newConversation()
  expect(chat.messages.order.get()).toEqual([])
  answersWith(goodRun('run-2'))
  await chat.ask('Second')
  expect(fake.asked.at(-1)).toEqual({ message: 'Second' })
  expect(fake.cancelled).toEqual([])
})
