import { expect, test } from 'vitest'
import { closeTail, cutBlocks, MAX_TAIL_CHARS } from '../../src/web/blocks.ts'

test('a paragraph is finished when the next block has begun', () => {
  expect(cutBlocks('One.\n\nTwo')).toEqual({ done: [], tail: 'One.\n\nTwo' })
  const cut = cutBlocks('One.\n\nTwo\n')
  expect([cut.done, cut.tail]).toEqual([['One.\n\n'], 'Two\n'])
})

test('an open fence stays in the tail, blank lines and all', () => {
  const tail = '```js\nconst a = 1\n\nconst b = 2\n'
  expect(cutBlocks(`Code:\n\n${tail}`)).toEqual({ done: ['Code:\n\n'], tail })
})

test('a list keeps growing over a blank line', () => {
  expect(cutBlocks('1. one\n\n2. two\n').done).toEqual([])
})

test('a table is finished only by what follows it', () => {
  const table = '| a | b |\n|---|---|\n| 1 | 2 |\n'
  expect(cutBlocks(table).done).toEqual([])
  expect(cutBlocks(`${table}\nAfter\n`)).toMatchObject({ tail: 'After\n' })
})

test('nothing is lost or doubled by cutting', () => {
  const text = '# A\n\ntext\r\nmore\n\n- x\n  - y\n\n> q\n\n***\n\nlast\n'
  const { done, tail } = cutBlocks(text)
  expect(done.join('') + tail).toBe(text.replace('\r\n', '\n'))
})

test('a tail that never closes is cut at its limit', () => {
  const open = `\`\`\`\n${'x'.repeat(MAX_TAIL_CHARS)}\n`
  expect(cutBlocks(open)).toEqual({ done: [open], tail: '' })
  expect(cutBlocks('x'.repeat(MAX_TAIL_CHARS)).done).toEqual([])
})

test('a table shows nothing until its delimiter row is whole', () => {
  expect(closeTail('Roles:\n\n| Role | Dev')).not.toContain('|')
  expect(closeTail('Roles:\n\n| Role | Devices |\n|---')).not.toContain('|')
  expect(closeTail('| Role | Devices |\n|---|---|\n')).toContain('| Role |')
  expect(closeTail('| Role | Devices |\n|---|---|\n| leaf')).toContain('| leaf')
})

test('open marks are closed, so they never flicker', () => {
  expect(closeTail('There are **21')).toBe('There are **21**')
  expect(closeTail('See `ams01')).toBe('See `ams01`')
  expect(closeTail('See [the list](https://nauto')).toBe('See the list')
})
