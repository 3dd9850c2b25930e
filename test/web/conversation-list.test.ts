// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatError } from '../../src/web/chat-error.ts'
import {
  type ConversationPage,
  type ConversationSummary,
  PAGE,
  type PageQuery
} from '../../src/web/conversation-api.ts'
import {
  type ConversationList,
  createConversationList,
  MAX_POLLS,
  RUNNING_POLL_MS,
  SEARCH_DELAY_MS
} from '../../src/web/conversation-list.ts'
import { fileName, groupByDay } from '../../src/web/conversation-words.ts'

const at = (id: string, updatedAt = '2026-03-10T10:00:00', more = {}): ConversationSummary => ({
  id,
  title: `Title ${id}`,
  createdAt: updatedAt,
  updatedAt,
  ...more
})

let asked: PageQuery[]
let answer: (query: PageQuery) => Promise<ConversationPage>
let list: ConversationList

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  answer = () => Promise.resolve({ conversations: [at('a'), at('b')] })
  list = createConversationList({
    list: (query) => {
      asked.push(query)
      return answer(query)
    }
  })
})

afterEach(() => {
  list.close()
  vi.useRealTimers()
})

const ids = (): string[] => list.view.get().items.map(({ id }) => id)

test('a search waits for a pause in typing and asks once', async () => {
  await list.refresh()
  list.search('a')
  list.search('am')
  list.search('ams')
  await vi.advanceTimersByTimeAsync(SEARCH_DELAY_MS)
  expect(asked.slice(1)).toEqual([{ limit: PAGE, search: 'ams' }])
  expect(list.view.get()).toMatchObject({ phase: 'ready', search: 'ams' })
})

test('a late answer never takes the place of a newer one', async () => {
  const late = Promise.withResolvers<ConversationPage>()
  answer = () => late.promise
  const first = list.refresh()
  answer = () => Promise.resolve({ conversations: [at('new')] })
  await list.refresh()
  late.resolve({ conversations: [at('old')] })
  await first
  expect(ids()).toEqual(['new'])
})

test('the next page is added once, and a refresh reads as much as is shown', async () => {
  const first = Array.from({ length: PAGE }, (_, index) => at(`${index}`))
  answer = ({ cursor }) =>
    Promise.resolve(
      cursor === undefined
        ? { conversations: first, nextCursor: 'next' }
        : { conversations: [at('0'), at('last')] }
    )
  await list.refresh()
  await Promise.all([list.more(), list.more()])
  expect(asked[1]).toEqual({ limit: PAGE, cursor: 'next', search: '' })
  expect(asked).toHaveLength(2)
  expect(ids()).toHaveLength(PAGE + 1)
  expect(list.view.get().nextCursor).toBeUndefined()
  await list.refresh()
  expect(asked.at(-1)).toEqual({ limit: PAGE + 1, search: '' })
})

test('a failure keeps what is known and goes away with the next success', async () => {
  await list.refresh()
  answer = () => Promise.reject(new ChatError('REDIS_UNAVAILABLE', 'Away.', { retryable: true }))
  await list.refresh()
  expect(ids()).toEqual(['a', 'b'])
  expect(list.view.get()).toMatchObject({ phase: 'failed', failure: { message: 'Away.' } })
  answer = () => Promise.resolve({ conversations: [] })
  await list.refresh()
  expect(list.view.get()).toMatchObject({ phase: 'ready', failure: undefined, items: [] })
})

test('a question brings its conversation to the front, and its end reads the list again', async () => {
  await list.refresh()
  list.noteRun({ id: 'b', runId: 'r1', question: 'More?' })
  list.noteRun({ id: 'c', runId: 'r2', question: 'x'.repeat(100) })
  expect(list.view.get().items).toMatchObject([
    { id: 'c', runId: 'r2', title: 'x'.repeat(80) },
    { id: 'b', runId: 'r1', title: 'Title b' },
    { id: 'a' }
  ])
  list.noteEnd('a')
  expect(asked).toHaveLength(1)
  list.noteEnd('c')
  expect(list.view.get().items[0]).not.toHaveProperty('runId')
  expect(asked).toHaveLength(2)
})

test('a conversation that does not match the search is not put before it', async () => {
  list.search('vlan')
  await vi.advanceTimersByTimeAsync(SEARCH_DELAY_MS)
  list.noteRun({ id: 'c', runId: 'r2', question: 'Prefixes?' })
  expect(ids()).toEqual(['a', 'b'])
})

test('while a run is under way the list is read again, a bounded number of times', async () => {
  answer = () => Promise.resolve({ conversations: [at('a', undefined, { runId: 'r1' })] })
  await list.refresh()
  await vi.advanceTimersByTimeAsync(RUNNING_POLL_MS * (MAX_POLLS + 5))
  expect(asked).toHaveLength(MAX_POLLS + 1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a list that is closed asks nothing any more', async () => {
  answer = () => Promise.resolve({ conversations: [at('a', undefined, { runId: 'r1' })] })
  await list.refresh()
  list.close()
  await vi.advanceTimersByTimeAsync(RUNNING_POLL_MS * 3)
  expect(asked).toHaveLength(1)
})

test('the list is cut at the days that people think in', () => {
  const now = new Date('2026-03-10T09:00:00')
  const items = [
    at('a', '2026-03-10T00:00:00'),
    at('b', '2026-03-09T23:59:00'),
    at('c', '2026-03-04T12:00:00'),
    at('d', '2026-02-20T12:00:00'),
    at('e', '2025-03-10T12:00:00')
  ]
  expect(groupByDay(items, now).map(({ name, items: [item] }) => [name, item?.id])).toEqual([
    ['Today', 'a'],
    ['Yesterday', 'b'],
    ['Last 7 days', 'c'],
    ['Last 30 days', 'd'],
    ['Older', 'e']
  ])
})

test.each([
  ['How many devices at AMS01?', 'markdown', 'how-many-devices-at-ams01.md'],
  ['../../etc/passwd', 'json', 'etc-passwd.json'],
  ['???', 'markdown', 'conversation.md'],
  ['Geräte in Köln', 'markdown', 'geräte-in-köln.md']
] as const)('%j is saved as %s in %s', (title, format, name) => {
  expect(fileName(title, format)).toBe(name)
})
