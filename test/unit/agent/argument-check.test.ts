import { expect, it } from 'vitest'
import { argumentProblems } from '../../../src/agent/argument-check.ts'
import { nautobotToolDefinitions } from '../../../src/nautobot-tools/server.ts'

const properties = {
  name: { type: 'string' },
  top: { type: 'integer' },
  share: { type: 'number' },
  deep: { type: ['boolean', 'null'] },
  kind: { enum: ['a', 'b'] },
  ids: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 2 },
  where: {
    type: 'object',
    properties: { site: { type: 'string' } },
    required: ['site'],
    additionalProperties: { type: 'number' }
  },
  strange: { type: '__proto__' },
  inherited: { type: 'hasOwnProperty' },
  either: { anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' } }] }
}
const schema = { type: 'object', properties, additionalProperties: false }

it.each<[unknown, string[]]>([
  [{}, []],
  [{ name: 'x', top: 3, share: 0.5, deep: true, kind: 'a', ids: [1], either: [2] }, []],
  [{ name: 5, top: '3', share: '0.5', deep: 'true', ids: '[1, 2]', where: '{"site":"x"}' }, []],
  [{ name: null, top: null, kind: null, where: null }, []],
  [{ name: ['x'] }, ['name: expected string, got array.']],
  [{ top: 1.5 }, ['top: expected integer, got number.']],
  [{ kind: 'c' }, ['kind: expected one of "a", "b".']],
  [{ ids: [] }, ['ids: at least 1 values.']],
  [{ ids: [1, 2, 3] }, ['ids: at most 2 values.']],
  [{ ids: [1, 'x'] }, ['ids[1]: expected integer, got string.']],
  [{ where: {} }, ['where.site: missing.']],
  [{ where: { site: 'x', more: 'y' } }, ['where.more: expected number, got string.']],
  [{ either: 'x' }, ['either: expected integer, got string.']],
  ['x', ['The arguments: expected object, got string.']],
  [{ strange: 'x' }, []],
  [{ inherited: 'x' }, []]
])('says of %j what does not fit', (args, problems) => {
  expect(argumentProblems(args, schema)).toEqual(problems)
})

it('names what is known beside what is not, and at most five problems', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`x${index}`, 1]))
  const problems = argumentProblems(many, schema)
  expect(problems).toHaveLength(5)
  expect(problems[0]).toMatch(/^x0: unknown; known: name, top, /)
})

it.each([
  { $ref: '#/$defs/x' },
  { type: 'exotic' },
  { type: 7, enum: 'x', required: 'name', properties: [] },
  { anyOf: [] },
  { not: { type: 'object' } }
])('lets a server judge what is said in other words: %j', (exotic) => {
  expect(argumentProblems({ name: 'x' }, exotic as Record<string, unknown>)).toEqual([])
})

it('ends on a schema that never does', () => {
  const endless: Record<string, unknown> = { type: 'object' }
  endless.additionalProperties = endless
  const deep: Record<string, unknown> = {}
  deep.deep = deep
  expect(argumentProblems(deep, endless)).toEqual([])
})

it.each<[string, Record<string, unknown>]>([
  ['count', { model: 'dcim.device', filters: { location: ['AMS01'], has_primary_ip: false } }],
  ['find', { model: 'devices', fields: ['name'], limit: 5 }],
  ['get', { object: 'ams01-rtr-01' }],
  ['describe', {}],
  ['query', { query: '{ devices { name } }' }]
])('takes what %s takes', (name, args) => {
  const definition = nautobotToolDefinitions.find((one) => one.name === name)
  expect(argumentProblems(args, definition?.inputSchema ?? { type: 'array' })).toEqual([])
})
