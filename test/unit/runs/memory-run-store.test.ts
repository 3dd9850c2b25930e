import { expect, it, vi } from 'vitest'
import { Secret } from '../../../src/platform/secret.ts'
import { LOG_START } from '../../../src/runs/log-place.ts'
import {
  createMemoryRunStore,
  type MemoryRunStoreOptions
} from '../../../src/runs/memory-run-store.ts'
import { eventOf } from '../../../src/runs/run.ts'
import {
  CONVERSATION_ID,
  FINISHED,
  MODEL,
  recordOf,
  STARTED,
  saying
} from '../../support/run-events.ts'
import { request } from '../../support/run-waiting-suite.ts'

const EVENTS = [STARTED, MODEL, ...saying('m1', 'One')]

function storeOf(change: Partial<MemoryRunStoreOptions> = {}) {
  let now = 1_000
  const release = vi.fn(async () => undefined)
  const store = createMemoryRunStore({
    maxKeptRuns: 10,
    maxKeptCharacters: 100_000,
    keepMs: 1_000,
    approvalWaitMs: 10_000,
    release,
    now: () => now,
    ...change
  })
  const open = (id: string) =>
    store.open({ record: recordOf({ id }), fence: undefined, grant: new Secret('g') })
  async function run(id: string): Promise<void> {
    const pen = await open(id)
    for (const event of EVENTS) pen.append(event)
    await pen.end(FINISHED)
  }
  const read = (id: string) =>
    Array.fromAsync(store.read(id, LOG_START, new AbortController().signal))
  const pass = (ms: number) => {
    now += ms
  }
  return { store, release, open, run, read, pass }
}

it('tells a run to its end, then its view', async () => {
  const { store, open, read } = storeOf()
  const pen = await open('run-1')
  for (const event of EVENTS) pen.append(event)
  expect(await store.view('run-1')).toMatchObject({ state: 'running', endedAt: undefined })
  const reading = read('run-1')
  await pen.end(FINISHED)

  expect((await reading).map(eventOf)).toEqual([...EVENTS, FINISHED])
  expect(await store.view('run-1')).toMatchObject({
    state: 'succeeded',
    response: 'One',
    model: 'scripted',
    question: 'How many?',
    createdAt: '1970-01-01T00:00:01.000Z',
    endedAt: '1970-01-01T00:00:01.000Z'
  })
  expect(await store.find('run-1')).toMatchObject({ userId: 'jane', attempt: 1 })
})

it('frees the conversation before the end is told', async () => {
  const freed = Promise.withResolvers<void>()
  const { open, read } = storeOf({ release: () => freed.promise })
  const pen = await open('run-1')
  const ends: string[] = []
  const reading = read('run-1').then(() => ends.push('told'))
  const ending = pen.end(FINISHED)
  await new Promise(setImmediate)
  expect(ends).toEqual([])
  freed.resolve()
  await ending
  await reading

  expect(ends).toEqual(['told'])
})

it('gives a run up that is left: it ends with its process', async () => {
  const { store, open, read } = storeOf()
  const pen = await open('run-1')
  pen.append(STARTED)
  await pen.leave()

  expect((await read('run-1')).at(-1)?.type).toBe('RUN_ERROR')
  expect(await store.view('run-1')).toMatchObject({ state: 'interrupted' })
  expect(await pen.beginCall('c1')).toBe(true)
})

it('tells the readers of a run that waits when its conversation is forgotten', async () => {
  const { store, open, read } = storeOf()
  const pen = await open('run-1')
  pen.append(STARTED)
  await pen.wait(request('a'))
  const reading = read('run-1')
  store.forget(CONVERSATION_ID)

  expect((await reading).map(eventOf).at(-1)).toMatchObject({ code: 'RUN_INTERRUPTED' })
  expect(await store.find('run-1')).toBeUndefined()
})

it('forgets an ended run after its time, and never one that goes on', async () => {
  const { store, open, run, pass, read } = storeOf()
  await open('going on')
  await run('ended')
  pass(1_000)
  expect(await store.find('ended')).toBeDefined()
  pass(1)

  expect(await store.find('ended')).toBeUndefined()
  expect(await store.view('ended')).toBeUndefined()
  expect(await read('ended')).toEqual([])
  expect(await store.find('going on')).toBeDefined()
})

it('lets who has begun to read an ended run finish it', async () => {
  const { store, run, pass } = storeOf()
  await run('run-1')
  const reader = store.read('run-1', LOG_START, new AbortController().signal)
  await reader.next()
  pass(1_001)
  expect(await store.find('run-1')).toBeUndefined()

  expect((await Array.fromAsync(reader)).map(eventOf)).toEqual([...EVENTS.slice(1), FINISHED])
})

it.each([
  { what: 'number', limit: { maxKeptRuns: 3 } },
  { what: 'text', limit: { maxKeptCharacters: 1_500 } }
])('forgets the oldest ended runs beyond its limit of $what', async ({ limit }) => {
  const { store, open, run } = storeOf(limit)
  await open('going on')
  for (const id of ['1', '2', '3', '4', '5', '6', '7', '8']) await run(id)
  const there = await Promise.all(
    ['going on', '1', '7', '8'].map(async (id) => (await store.find(id)) !== undefined)
  )

  expect(there).toEqual([true, false, true, true])
})
