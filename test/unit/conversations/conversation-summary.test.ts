import { expect, it } from 'vitest'
import { pageOf, titleOf } from '../../../src/conversations/conversation-summary.ts'

it.each([
  ['How many\n devices? ', 'How many devices?'],
  ['x'.repeat(80), 'x'.repeat(80)],
  ['x'.repeat(81), `${'x'.repeat(79)}…`],
  [`${'word '.repeat(16)}end`, `${'word '.repeat(15)}word…`],
  [`${'a'.repeat(70)} ${'b'.repeat(20)}`, `${'a'.repeat(70)}…`],
  ['😀'.repeat(81), `${'😀'.repeat(79)}…`],
  ['  ', 'Untitled conversation']
])('makes a title of %j', (question, title) => {
  expect(titleOf(question)).toBe(title)
})

const summary = (id: string, updatedAt: number) => ({
  id,
  updatedAt,
  title: id,
  createdAt: 0,
  runId: undefined
})

it('puts the newest first and skips none of the same moment at the end of a page', () => {
  const all = [summary('a', 1), summary('c', 2), summary('b', 2), summary('d', 3)]
  const query = { limit: 2, after: undefined, search: undefined }
  const first = pageOf(all, query)
  const second = pageOf(all, { ...query, after: first.next })

  expect(first.conversations.map(({ id }) => id)).toEqual(['d', 'c'])
  expect(second.conversations.map(({ id }) => id)).toEqual(['b', 'a'])
  expect(second.next).toBeUndefined()
})
