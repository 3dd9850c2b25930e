import fc from 'fast-check'

/** A schema in the words of some dialect, and a value that it is meant for. */
export interface Sample {
  readonly schema: unknown
  readonly value: unknown
}

const NAMES = ['id', 'name', 'site', 'tags', '$filter', 'a b', 'größe', 'x'.repeat(70)]

const scalars: fc.Arbitrary<Sample> = fc.oneof(
  fc.string({ maxLength: 8 }).map((value) => ({ schema: { type: 'string', minLength: 0 }, value })),
  fc.integer({ min: 3, max: 99 }).map((value) => ({
    schema: { type: 'integer', minimum: 3, multipleOf: 1 },
    value
  })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({
    schema: { type: ['number', 'null'] },
    value
  })),
  fc.boolean().map((value) => ({ schema: { type: 'boolean', title: 'Yes or no' }, value })),
  fc.constant({ schema: { const: 'fixed' }, value: 'fixed' }),
  fc.constant({ schema: { type: 'null' }, value: null }),
  fc.jsonValue({ maxDepth: 1 }).map((value) => ({ schema: true, value })),
  fc.jsonValue({ maxDepth: 1 }).map((value) => ({ schema: {}, value })),
  fc.constantFrom(...['a', 'b', 'c']).map((value) => ({
    schema: { enum: ['a', 'b', 'c', null] },
    value
  })),
  fc.constantFrom('v7', 'v299').map((value) => ({
    schema: { type: 'string', enum: Array.from({ length: 300 }, (_, at) => `v${at}`) },
    value
  })),
  fc.constant({ schema: { type: 'string', pattern: '^(?=a)[a-z]+$' }, value: 'abc' }),
  fc.constant({ schema: { type: 'string', format: 'odd-format', nullable: true }, value: 'x' })
)

/** Objects and lists of other samples, and choices between them, as far down as `depth`. */
export function samples(depth: number): fc.Arbitrary<Sample> {
  if (depth === 0) return scalars
  const inner = samples(depth - 1)
  return fc.oneof(scalars, objects(inner), lists(inner), choices(inner))
}

export function objects(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const entries = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), inner, fc.boolean()), {
    maxLength: 4,
    selector: ([name]) => name
  })
  return fc
    .tuple(entries, fc.constantFrom({}, { additionalProperties: false }, { patternProperties: {} }))
    .map(([parts, others]) => ({
      schema: {
        type: 'object',
        properties: Object.fromEntries(parts.map(([name, { schema }]) => [name, schema])),
        required: parts.filter(([, , isRequired]) => isRequired).map(([name]) => name),
        ...others
      },
      value: Object.fromEntries(parts.map(([name, { value }]) => [name, value]))
    }))
}

function lists(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.oneof(
    inner.map(({ schema, value }) => ({
      schema: { type: ['array', 'null'], items: schema },
      value: [value, value]
    })),
    inner.map(({ value }) => ({ schema: { type: 'array' }, value: [value] }))
  )
}

function choices(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc
    .tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), fc.constantFrom('anyOf', 'oneOf'))
    .map(([parts, keyword]) => ({
      schema: { [keyword]: parts.map(({ schema }) => schema) },
      value: parts[0]?.value
    }))
}

/** What a tool says of its arguments: one object, said at once, in parts, by reference, or as one of several. */
export function argumentSamples(): fc.Arbitrary<Sample> {
  const object = objects(samples(2))
  return fc.oneof(
    object,
    object.map(({ schema, value }) => ({
      schema: { $ref: '#/$defs/Arguments~1all', $defs: { 'Arguments/all': schema } },
      value
    })),
    object.map(({ schema, value }) => ({
      schema: { allOf: [schema, true, { type: 'object' }] },
      value
    })),
    fc
      .tuple(fc.array(object, { minLength: 1, maxLength: 3 }), fc.constantFrom('anyOf', 'oneOf'))
      .map(([parts, keyword]) => ({
        schema: { [keyword]: parts.map(({ schema }) => schema) },
        value: parts.at(-1)?.value
      })),
    fc.tuple(object, samples(1)).map(([{ schema, value }, { schema: not }]) => ({
      schema: {
        ...(schema as object),
        type: ['object', 'null'],
        not: { required: ['never'], properties: { never: not } }
      },
      value
    }))
  )
}
