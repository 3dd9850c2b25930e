import fc from 'fast-check'
import { parse, visit } from 'graphql'
import { expect, it } from 'vitest'
import { readDocument } from '../../../src/nautobot-tools/graphql/document.ts'
import { printArgument, printFields } from '../../../src/nautobot-tools/graphql/print.ts'
import { ToolRefusal } from '../../../src/nautobot-tools/tool-failure.ts'

const read = (text: string, variables: Record<string, unknown> = {}) =>
  printFields(readDocument(text, variables), ({ args }) => args.map(printArgument))

const nest = (levels: number) => `${'{ a '.repeat(levels)}${'} '.repeat(levels).trim()}`
const many = (count: number, one: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => one(index)).join(' ')

it.each<[string, string, string, Record<string, unknown>?]>([
  ['a short query', '{ devices { name } }', '{ devices { name } }'],
  ['a query with a name', 'query Q { devices { name } }', '{ devices { name } }'],
  ['an alias', '{ rows: devices { n: name } }', '{ rows: devices { n: name } }'],
  ['comments and commas', '{ devices, # all\n { name,,id } }', '{ devices { name id } }'],
  ['a byte order mark', '\uFEFF{ devices { name } }', '{ devices { name } }'],
  [
    'values',
    '{ d(a: "x", b: [1, 2], c: true, e: Z, f: 1.5e3) { n } }',
    '{ d(a: "x", b: [1, 2], c: true, e: Z, f: 1.5e3) { n } }'
  ],
  ['a text in block quotes', '{ d(a: """x "y" """) { n } }', '{ d(a: "x \\"y\\" ") { n } }'],
  ['an escaped text', '{ d(a: "\\u0041\\"){x}") { n } }', '{ d(a: "A\\"){x}") { n } }'],
  [
    'variables',
    'query ($l: [String], $n: Int = 3, $o: [Int] = [1, 2]) { d(l: $l, n: $n, o: $o) { n } }',
    '{ d(l: ["A", "B"], n: 3, o: [1, 2]) { n } }',
    { l: ['A', 'B'] }
  ],
  [
    'a variable within a list',
    'query ($a: String) { d(l: [$a, "B"]) { n } }',
    '{ d(l: ["A", "B"]) { n } }',
    { a: 'A' }
  ],
  [
    'fragments',
    '{ d { ...F ...F } } fragment F on DeviceType { n s { ...G } } fragment G on StatusType { n }',
    '{ d { ... on DeviceType { n } ... on DeviceType { s { ... on StatusType { n } } } ' +
      '... on DeviceType { n } ... on DeviceType { s { ... on StatusType { n } } } } }'
  ],
  ['an inline fragment', '{ d { ... on A { ... { n } } } }', '{ d { ... on A { n } } }'],
  [
    'conditions',
    'query ($y: Boolean, $n: Boolean = false) { d { a @include(if: $y) b @skip(if: true) ... @include(if: $n) { c } } }',
    '{ d { a } }',
    { y: true }
  ],
  ['the name of a type', '{ d { __typename } }', '{ d { __typename } }'],
  ['six levels', `{ d ${nest(5)} }`, `{ d ${nest(5)} }`]
])('reads %s', (_what, text, printed, variables) => {
  expect(read(text, variables)).toBe(printed)
})

it.each<[string, string, RegExp, Record<string, unknown>?]>([
  ['no GraphQL', 'devices', /not a GraphQL query/],
  ['nothing', ' ', /not a GraphQL query/],
  ['an open brace', '{ devices { name }', /not a GraphQL query/],
  ['a letter that is none', '{ dеvices { name } }', /not a GraphQL query/],
  ['a mutation', 'mutation { delete { id } }', /exactly one query/],
  ['a subscription', 'subscription { devices { id } }', /exactly one query/],
  ['a mutation beside a query', '{ d { n } } mutation M { x }', /exactly one query/],
  ['two queries', 'query A { d { n } } query B { d { n } }', /exactly one query/],
  ['fragments alone', 'fragment F on D { n }', /exactly one query/],
  ['a schema', 'type A { b: String }', /exactly one query/],
  ['the schema', '{ __schema { types { name } } }', /schema cannot be queried/],
  ['a type', '{ __type(name: "Query") { name } }', /schema cannot be queried/],
  ['the schema under an alias', '{ devices: __schema { types { name } } }', /schema cannot/],
  ['an alias like the schema', '{ __schema: devices { name } }', /schema cannot be queried/],
  ['the schema in a fragment', '{ ...F } fragment F on Query { __schema { t } }', /schema cannot/],
  ['the name of the root type', '{ __typename }', /schema cannot be queried/],
  ['a fragment inside of itself', '{ ...F } fragment F on Q { ...F }', /inside of itself/],
  [
    'fragments inside of each other',
    '{ ...F } fragment F on Q { a { ...G } } fragment G on Q { b { ...F } }',
    /inside of itself/
  ],
  ['an unknown fragment', '{ ...F }', /no fragment "F"/],
  ['a fragment twice', '{ ...F } fragment F on Q { a } fragment F on Q { b }', /same name/],
  ['seven levels', `{ d ${nest(6)} }`, /6 levels/],
  [
    'seven levels by fragments',
    '{ ...A } fragment A on Q { a { ...B } } fragment B on Q { b { c { ...C } } } fragment C on Q { d { e { f { g } } } }',
    /6 levels/
  ],
  ['151 fields', `{ d { ${many(150, (index) => `f${index}`)} } }`, /150 fields/],
  [
    'fragments that grow',
    `{ ...F0 } ${many(9, (index) => `fragment F${index} on Q { ...F${index + 1} ...F${index + 1} }`)} fragment F9 on Q { a }`,
    /150 fields/
  ],
  ['21 aliases', `{ d { ${many(21, (index) => `a${index}: name`)} } }`, /20 aliases/],
  [
    '21 fragments',
    `{ d { n } } ${many(21, (index) => `fragment F${index} on Q { a }`)}`,
    /20 frag/
  ],
  ['six roots', `{ ${many(6, (index) => `r${index} { n }`)} }`, /at most 5 things/],
  ['2,001 words', `{ d { ${'name '.repeat(2_001)} } }`, /not a GraphQL query.*2000 tokens/],
  ['one name for two roots', '{ d(a: 1) { n } d(a: 2) { n } }', /same name/],
  ['nothing after conditions', '{ d @skip(if: true) { n } }', /asks for nothing/],
  ['a directive', '{ d @live { n } }', /directive "@live"/],
  ['a directive of the query', 'query @live { d { n } }', /no directives/],
  ['a directive of a fragment', '{ ...F } fragment F on Q @live { d { n } }', /no directives/],
  ['a condition without a value', '{ d @include { n } }', /@include and @skip/],
  ['null', '{ d(a: null) { n } }', /null means "no filter"/],
  ['null in a list', '{ d(a: ["x", null]) { n } }', /null means "no filter"/],
  ['null in a variable', 'query ($a: [String]) { d(a: $a) { n } }', /null means/, { a: null }],
  ['an object', '{ d(a: { b: 1 }) { n } }', /A value is a text/],
  ['a list in a list', '{ d(a: [["x"]]) { n } }', /A value is a text/],
  ['a blank', '{ d(a: "  ") { n } }', /blank value/],
  ['an empty list', '{ d(a: []) { n } }', /blank value/],
  ['a blank variable', 'query ($a: [String]) { d(a: $a) { n } }', /blank value/, { a: [''] }],
  ['51 values', `{ d(a: [${many(51, String)}]) { n } }`, /at most 50 values/],
  ['a long value', `{ d(a: "${'x'.repeat(201)}") { n } }`, /longer than 200/],
  ['a variable without a value', 'query ($a: Int) { d(a: $a) { n } }', /"\$a" has no value/],
  ['a variable of nobody', '{ d(a: $a) { n } }', /does not declare the variable "\$a"/, { a: 1 }],
  ['a value for nothing', '{ d { n } }', /does not use the variables "a"/, { a: 1 }],
  ['a value of a prototype', '{ d(a: $constructor) { n } }', /does not declare/],
  [
    '21 variables',
    `query (${many(21, (index) => `$v${index}: Int`)}) { d { n } }`,
    /at most 20 variables/
  ]
])('refuses %s', (_what, text, sentence, variables) => {
  expect(() => read(text, variables)).toThrow(ToolRefusal)
  expect(() => read(text, variables)).toThrow(sentence)
})

it('reads what it has printed as the same', () => {
  const words = fc.stringMatching(/^[a-z][a-zA-Z_]{0,8}$/)
  const value = fc.oneof(
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .map((text) => JSON.stringify(`x${text}`)),
    fc.integer().map(String),
    fc.boolean().map(String)
  )
  const argument = fc
    .tuple(words, fc.array(value, { minLength: 1, maxLength: 3 }))
    .map(([name, values]) => `${name}: [${values.join(', ')}]`)
  const field = fc
    .tuple(words, fc.array(argument, { maxLength: 2 }), fc.array(words, { maxLength: 3 }))
    .map(([name, args, below]) => {
      const list = args.length > 0 ? `(${args.join(', ')})` : ''
      return `${name}${list}${below.length > 0 ? ` { ${below.join(' ')} }` : ''}`
    })
  fc.assert(
    fc.property(
      fc.uniqueArray(field, {
        minLength: 1,
        maxLength: 3,
        selector: (text) => text.split(/\W/)[0]
      }),
      (fields) => {
        const text = `{ ${fields.join(' ')} }`
        expect(read(text)).toBe(text)
        expect(read(read(text))).toBe(text)
      }
    )
  )
})

it('answers any text with a query or a refusal', () => {
  const pieces = fc.constantFrom(
    ...['{', '}', '(', ')', '[', ']', '$', '@', '...', ':', '"', '"""', '\\', '#', '\n', '!', '='],
    ...[
      'query',
      'mutation',
      'fragment',
      'on',
      'F',
      'devices',
      '__schema',
      'limit',
      '0',
      'null',
      'ｑ'
    ]
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 60 }),
      (parts) => {
        try {
          const { definitions } = parse(read(parts.join(' ')))
          expect(definitions).toMatchObject([{ kind: 'OperationDefinition', operation: 'query' }])
          visit(definitions[0] ?? expect.fail('no query'), {
            Field: ({ name, alias }) => {
              expect(name.value.replace('__typename', '')).not.toMatch(/^__/)
              expect(alias?.value ?? '').not.toMatch(/^__/)
            }
          })
        } catch (error) {
          if (!(error instanceof ToolRefusal)) throw error
        }
      }
    ),
    { numRuns: 2_000 }
  )
})
