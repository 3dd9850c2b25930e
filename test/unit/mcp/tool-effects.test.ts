import { expect, it } from 'vitest'
import { isOffered, mayRunUnasked } from '../../../src/mcp/tool-effects.ts'

const rules = (readOnlyTools: string[], approvalTools: string[] = []) => ({
  readOnlyTools,
  approvalTools
})

it.each([
  ['get_host', ['get_host']],
  ['get_host', ['*']],
  ['get_host', ['get_*']],
  ['get_host', ['*_host']],
  ['get_host', ['g*t_*st']],
  ['get_host', ['get_host*']],
  ['abcabc', ['a*c*bc']]
])('runs %s unasked by %j', (name, readOnly) => {
  expect(mayRunUnasked(name, rules(readOnly))).toBe(true)
})

it.each([
  ['get_host', []],
  ['get_host', ['get']],
  ['get_host', ['GET_*']],
  ['get_host', ['*get']],
  ['forget_host', ['get_*']],
  ['aba', ['ab*ba']],
  ['abc', ['a*b*bc']],
  ['get_host', ['']],
  ['get.host', ['get_*']]
])('asks before %s by %j', (name, readOnly) => {
  expect(mayRunUnasked(name, rules(readOnly))).toBe(false)
})

it('asks before what is marked for approval, although it only reads', () => {
  expect(mayRunUnasked('get_secret', rules(['get_*'], ['*secret*']))).toBe(false)
  expect(mayRunUnasked('get_host', rules(['get_*'], ['*secret*']))).toBe(true)
})

it('takes no time for a pattern of many stars', () => {
  const startedAt = performance.now()
  expect(mayRunUnasked('a'.repeat(128), rules([`${'*a'.repeat(63)}b`]))).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

it.each([
  ['get_host', [], [], true],
  ['get_host', ['get_*'], [], true],
  ['set_host', ['get_*'], [], false],
  ['get_secret', ['get_*'], ['*_secret'], false],
  ['get_secret', ['get_secret'], ['get_secret'], false],
  ['get_host', [], ['*'], false]
])(
  'offers %s where %j are allowed and %j denied: %s',
  (name, allowedTools, deniedTools, offered) => {
    expect(isOffered(name, { allowedTools, deniedTools })).toBe(offered)
  }
)
