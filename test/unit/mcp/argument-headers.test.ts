import fc from 'fast-check'
import { expect, test } from 'vitest'
import { argumentHeaders, readArgumentHeaders } from '../../../src/mcp/argument-headers.ts'
import { McpFailure } from '../../../src/mcp/mcp-failure.ts'

const marked = (name: unknown, type = 'string') => ({ type, 'x-mcp-header': name })
const object = (properties: object, more = {}) => ({ type: 'object', properties, ...more })
const MAX_BYTES = 8 * 1024

test('finds marked properties at any depth', () => {
  const schema = object({ a: marked('A'), b: object({ c: marked('B-C', 'integer') }), d: {} })
  const found = readArgumentHeaders(schema)
  expect(found).toEqual({
    declared: expect.arrayContaining([
      { path: ['a'], name: 'A' },
      { path: ['b', 'c'], name: 'B-C' }
    ])
  })
})

test.each([
  ['no schema', undefined],
  ['no marks', object({ a: { type: 'string', default: { 'x-mcp-header': 'data' } } })],
  ['a property of that name', object({ 'x-mcp-header': { type: 'string' } })]
])('finds nothing in %s', (_what, schema) => {
  expect(readArgumentHeaders(schema)).toEqual({ declared: [] })
})

test.each([
  ['an empty name', object({ a: marked('') })],
  ['a name with a line break', object({ a: marked('A\r\nauthorization') })],
  ['a name that is none', object({ a: marked(7) })],
  ['a name of 101 characters', object({ a: marked('a'.repeat(101)) })],
  ['a type that no header can carry', object({ a: marked('A', 'number') })],
  ['the root', object({}, { 'x-mcp-header': 'A' })],
  ['equal names', object({ a: marked('A'), b: marked('a') })],
  ['an alternative', object({ a: { anyOf: [marked('A'), { type: 'null' }] } })],
  ['a definition', object({}, { $defs: { a: marked('A') } })],
  ['properties of an entry', object({ a: { type: 'array', items: object({ b: marked('B') }) } })]
])('refuses a mark on %s', (_what, schema) => {
  expect(readArgumentHeaders(schema)).toEqual({ reason: expect.stringContaining('x-mcp-header') })
})

test('takes 32 marks and 16 levels, and no more', () => {
  const wide = (count: number) =>
    object(
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, marked(`A${at}`)]))
    )
  const deep = (levels: number) =>
    Array.from({ length: levels - 1 }).reduce<object>(
      (inner) => object({ b: inner }),
      object({ a: marked('A') })
    )
  for (const schema of [wide(32), deep(16)])
    expect(readArgumentHeaders(schema)).toHaveProperty('declared')
  for (const schema of [wide(33), deep(17)])
    expect(readArgumentHeaders(schema)).toHaveProperty('reason')
})

test('follows a schema of any depth and length', () => {
  const deep = Array.from({ length: 50_000 }).reduce<object>((inner) => ({ not: inner }), {})
  const long = { anyOf: Array.from({ length: 200_000 }, () => ({})) }
  for (const schema of [deep, long]) expect(readArgumentHeaders(schema)).toEqual({ declared: [] })
})

const declared = [
  { path: ['a'], name: 'A' },
  { path: ['b', 'c'], name: 'B-C' }
]

test('writes what the arguments hold, and nothing for what is missing, null or of another type', () => {
  expect(argumentHeaders(declared, { a: false, b: { c: 42 } })).toEqual({
    'mcp-param-A': 'false',
    'mcp-param-B-C': '42'
  })
  for (const args of [{}, { a: null, b: 'text' }, { a: ['x'], b: { c: 1.5 } }, { a: 2 ** 60 }]) {
    expect(argumentHeaders(declared, args)).toEqual({})
  }
})

test('any text arrives as it was, and breaks no header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { 'mcp-param-A': value = '' } = argumentHeaders(declared, { a: text })
      expect(value).toMatch(/^[\t -~]+$/)
      expect(new Headers([['mcp-param-A', value]]).get('mcp-param-a')).toBe(value)
      const coded = /^=\?base64\?(.*)\?=$/.exec(value)
      const read = coded ? Buffer.from(coded[1] ?? '', 'base64').toString() : value
      expect(read).toBe(text.toWellFormed())
    })
  )
  expect(argumentHeaders(declared, { a: '=?base64?eA==?=' })['mcp-param-A']).not.toContain('eA==')
})

test('8 KiB of headers are sent, and one byte more is told to the model', () => {
  const room = MAX_BYTES - 'mcp-param-A'.length
  expect(argumentHeaders(declared, { a: 'x'.repeat(room) })['mcp-param-A']).toHaveLength(room)
  const tooLong = () => argumentHeaders(declared, { a: 'x'.repeat(room + 1) })
  expect(tooLong).toThrow(McpFailure)
  expect(tooLong).toThrow('These arguments are too long for this tool: a, b.c.')
})
