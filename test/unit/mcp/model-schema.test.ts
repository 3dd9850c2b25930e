import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import AjvDraft04 from 'ajv-draft-04'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { offeredNames } from '../../../src/mcp/argument-names.ts'
import { modelSchema } from '../../../src/mcp/model-schema.ts'
import { refusalsOf } from '../../support/provider-schema-rules.ts'
import { argumentSamples } from '../../support/schema-arbitrary.ts'

const LENIENT = { strict: false, logger: false, validateFormats: false } as const

function made(raw: unknown) {
  const result = modelSchema(raw)
  if ('reason' in result) throw new Error(result.reason)
  return result.schema
}

const ajv7 = new Ajv(LENIENT)
const ajv2020 = new Ajv2020(LENIENT)

function fits(schema: object, value: unknown): boolean {
  return ajv2020.compile(schema)(value)
}

test('what fits a schema fits what the model is shown of it, which every provider takes', () => {
  fc.assert(
    fc.property(argumentSamples(), ({ schema, value }) => {
      fc.pre(ajv7.compile(schema as object)(value))
      const shown = made(schema)
      expect(fits(shown, value)).toBe(true)
      const offered = offeredNames(shown)
      expect(refusalsOf(offered.schema)).toEqual([])
    }),
    { numRuns: 300 }
  )
})

test('whatever a server sends becomes a schema that every provider takes, or is refused with a reason', () => {
  const words = fc.constantFrom(
    ...['type', 'properties', 'items', 'anyOf', 'allOf', 'oneOf', '$ref', '$defs', 'enum', 'const'],
    ...['required', 'nullable', 'minimum', 'exclusiveMinimum', 'then', 'dependencies', 'pattern']
  )
  const values = fc.oneof(
    fc.constantFrom('object', 'array', '#', '#/$defs/a', true),
    fc.jsonValue()
  )
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      values,
      fc.dictionary(
        fc.oneof(words, fc.string()),
        fc.oneof(tie('tree'), fc.array(tie('tree'), { maxLength: 3 }))
      )
    )
  }))
  fc.assert(
    fc.property(tree, (raw) => {
      const result = modelSchema(raw)
      if ('reason' in result) expect(result.reason).not.toBe('')
      else expect(refusalsOf(offeredNames(result.schema).schema)).toEqual([])
    }),
    { numRuns: 300 }
  )
})

test('a schema of draft 4 is said in the words of today', () => {
  const raw = {
    $schema: 'http://json-schema.org/draft-04/schema#',
    id: 'https://example.com/tool',
    type: 'object',
    properties: {
      above: { type: 'number', minimum: 3, exclusiveMinimum: true },
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'integer' }] },
      other: { $ref: '#/definitions/other' }
    },
    required: ['above'],
    definitions: { other: { type: 'string', maximum: 1, enum: ['x', 'y'] } }
  }
  const value = { above: 4, pair: ['a', 1], other: 'y' }
  const Draft04 = AjvDraft04 as unknown as typeof import('ajv-draft-04').default
  expect(new Draft04(LENIENT).compile(raw)(value)).toBe(true)
  expect(made(raw)).toEqual({
    type: 'object',
    properties: {
      above: { type: 'number', exclusiveMinimum: 3 },
      pair: { type: 'array', items: {} },
      other: { type: 'string', maximum: 1, enum: ['x', 'y'] }
    },
    required: ['above']
  })
  expect(fits(made(raw), value)).toBe(true)
})

test.each<[string, unknown, object]>([
  ['no schema at all', undefined, { type: 'object', properties: {} }],
  ['true', true, { type: 'object', properties: {} }],
  ['no type', { properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
  [
    'an object or nothing',
    { type: ['object', 'null'], required: ['a'] },
    { type: 'object', properties: { a: {} }, required: ['a'] }
  ],
  [
    'names that are required and nowhere described',
    { properties: { a: { type: 'object', required: ['x'] } } },
    {
      type: 'object',
      properties: { a: { type: 'object', properties: { x: {} }, required: ['x'] } }
    }
  ],
  [
    'names that only a condition has',
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    { properties: { a: { const: 1 } }, if: {}, then: { properties: { b: { type: 'string' } } } },
    { type: 'object', properties: { a: { enum: [1] }, b: { type: 'string' } } }
  ],
  [
    'the null of OpenAPI',
    { properties: { a: { type: 'string', enum: ['x'], nullable: true }, b: false } },
    { type: 'object', properties: { a: { type: ['string', 'null'], enum: ['x', null] } } }
  ],
  [
    'a wrapped reference with words of its own',
    {
      properties: { a: { allOf: [{ $ref: '#/$defs/A' }], description: 'mine' } },
      $defs: { A: { type: 'integer', description: 'theirs' } }
    },
    { type: 'object', properties: { a: { type: 'integer', description: 'mine' } } }
  ],
  [
    'references that lead elsewhere',
    { properties: { a: { $ref: 'https://example.com/x.json' }, b: { $ref: '#/nowhere' } } },
    { type: 'object', properties: { a: {}, b: {} } }
  ]
])('reads %s', (_, raw, schema) => {
  expect(made(raw)).toEqual(schema)
})

test('alternatives at the root become one object, and its words say what goes together', () => {
  const raw = {
    type: 'object',
    oneOf: [
      {
        properties: { kind: { const: 'name' }, name: { type: 'string' } },
        required: ['kind', 'name']
      },
      { properties: { kind: { const: 'id' }, id: { type: 'integer' } }, required: ['kind', 'id'] },
      { type: 'array' }
    ]
  }
  expect(made(raw)).toEqual({
    type: 'object',
    description: 'Arguments that go together: kind, name | kind, id.',
    properties: {
      kind: { enum: ['name', 'id'] },
      name: { type: 'string' },
      id: { type: 'integer' }
    },
    required: ['kind']
  })
})

test('an object that is closed stays closed when its alternatives only say what is required', () => {
  const properties = { a: { type: 'string' }, b: { type: 'string' } }
  const raw = {
    type: 'object',
    properties,
    additionalProperties: false,
    anyOf: [{ required: ['a'] }, { required: ['b'] }]
  }
  expect(made(raw)).toMatchObject({ properties, additionalProperties: false })
})

test('a definition inside itself is written out twice, and open below', () => {
  const raw = {
    properties: { filter: { $ref: '#/$defs/Filter' } },
    $defs: {
      Filter: {
        type: 'object',
        properties: { and: { type: 'array', items: { $ref: '#/$defs/Filter' } } }
      }
    }
  }
  const filter = { and: [{ and: [{ and: [{ and: 5 }] }] }] }
  expect(fits(made(raw), { filter })).toBe(true)
  expect(JSON.stringify(made(raw)).match(/"and"/g)).toHaveLength(2)
})

test('a long list of values becomes a sentence', () => {
  const values = Array.from({ length: 5_000 }, (_, at) => `device-${at}`)
  const { properties } = made({ properties: { device: { type: 'string', enum: values } } })
  expect(properties).toEqual({
    device: {
      type: 'string',
      description: expect.stringMatching(/^One of 5000 values, such as "device-0", "device-1"/)
    }
  })
})

test('a schema that is too long is told in less detail', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [
      `p${at}`,
      { type: 'string', description: 'd'.repeat(500) }
    ])
  )
  const shown = made({ properties })
  expect(Object.keys(shown.properties as object)).toHaveLength(200)
  expect(JSON.stringify(shown).length).toBeLessThanOrEqual(32_000)
})

test.each<[string, unknown, string]>([
  ['false', false, 'not that of an object'],
  ['a list', { type: 'array' }, 'not that of an object'],
  ['properties that are a list', { properties: [] }, 'not that of an object'],
  ['alternatives without an object', { anyOf: [{ type: 'string' }] }, 'not that of an object'],
  ['text', 'object', 'not that of an object'],
  [
    'too many names',
    {
      properties: Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`name-${at}`, {}]))
    },
    'longer than 32000 characters'
  ]
])('refuses %s', (_, raw, reason) => {
  expect(modelSchema(raw)).toEqual({ reason: expect.stringContaining(reason) })
})

test('what is nested without end costs no more than what is shown of it', () => {
  const nested = (wrap: (inner: unknown) => unknown) => {
    let schema: unknown = { type: 'string' }
    for (let depth = 0; depth < 100_000; depth += 1) schema = wrap(schema)
    return schema
  }
  const wide = { allOf: Array.from({ length: 30 }, () => ({ $ref: '#' })), properties: {} }
  const startedAt = performance.now()
  for (const raw of [
    nested((inner) => ({ type: 'object', properties: { a: inner } })),
    nested((inner) => ({ allOf: [inner] })),
    wide,
    { properties: { a: wide }, $ref: '#' }
  ]) {
    expect(refusalsOf(made(raw))).toEqual([])
  }
  expect(performance.now() - startedAt).toBeLessThan(20_000)
  const value = nested((inner) => [inner])
  expect(modelSchema({ properties: { a: { enum: [value] } } })).toEqual({
    reason: 'its schema is nested too deeply'
  })
})

test('argument names that a provider refuses are changed, and given back to the server', () => {
  const shown = made({
    properties: { $filter: { type: 'string' }, 'a b': {}, plain: {} },
    required: ['$filter']
  })
  const { schema, toRaw } = offeredNames(shown)
  const [filter = '', spaced = ''] = Object.keys(schema.properties as object)
  expect(refusalsOf(schema)).toEqual([])
  expect(schema.required).toEqual([filter])
  expect(toRaw({ [filter]: 'x', [spaced]: 1, plain: 2, other: 3 })).toEqual({
    ...{ $filter: 'x', 'a b': 1, plain: 2, other: 3 }
  })
})
