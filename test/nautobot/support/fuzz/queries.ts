import fc from 'fast-check'
import { expect } from 'vitest'
import { toSavedQuery } from '../../../../src/nautobot-tools/saved-query.ts'
import { exactFilter, type FuzzedCall } from './calls.ts'
import { oddText, oddValue } from './junk.ts'
import { nearMiss } from './near.ts'
import type { ModelWords } from './words.ts'

const text = (value: string) => JSON.stringify(value)
const wrong = (query: string, variables?: object): FuzzedCall => ({
  tool: 'query',
  kind: 'wrong query',
  wrong: true,
  args: { query, ...(variables && { variables }) }
})

/** Asks what a count can be asked, in several ways of writing. */
const right = (words: ModelWords) =>
  fc
    .tuple(exactFilter(words), fc.integer({ min: 1, max: 300 }), fc.nat({ max: 4 }))
    .map(([[name, value], limit, way]): FuzzedCall => {
      const { root, model } = words
      const ways = [
        { query: `{ ${root}(${name}: ${text(value)}, limit: ${limit}) { id } }` },
        {
          query: `{ a: ${root}(${name}: [${text(value)}]) { ... { id } ... @include(if: true) { id } } }`
        },
        {
          query: `query Q($v: [String]) { ${root}(${name}: $v, limit: ${limit}) { id } }`,
          variables: { v: [value] }
        },
        { query: `{ ${root}(${name}: ${text(value)}) { id __typename @skip(if: true) } }` },
        { query: `{ ${'b'.repeat(50)}: ${root}(${name}: ${text(value)} offset: 1) { id } }` }
      ]
      const args = ways[way] ?? { query: '' }
      return {
        tool: 'query',
        kind: 'right query',
        args,
        same: { model, filters: { [name]: value } }
      }
    })

const wrongName = (words: ModelWords) => {
  const { root, label, fields } = words
  const filters = words.filters.map(({ name }) => name)
  const graphqlName = (name: string) => /^[_A-Za-z]\w*$/.test(name)
  const near = (names: readonly string[]) => nearMiss(names, [...filters, ...fields, 'id', root])
  return fc.oneof(
    near([root]).map((name) => wrong(`{ ${name} { id } }`)),
    near(filters).map((name) => wrong(`{ ${root}(${name}: "a") { id } }`)),
    near(filters)
      .filter(graphqlName)
      .map((name) => wrong(`query ($v: String) { ${root}(${name}: $v) { id } }`, { v: 'a' })),
    exactFilter(words).map(([name, , value]) =>
      wrong(`{ ${root}(${name}: ${text(value)}) { id } }`)
    ),
    near([label]).map((name) => wrong(`{ ${root}(limit: 2) { ${name} } }`)),
    fc.constantFrom(...filters).map((name) => wrong(`{ ${root}(${name}: null) { id } }`)),
    fc.constantFrom(...filters).map((name) => wrong(`{ ${root}(${name}: "") { id } }`)),
    fc.constantFrom(...filters).map((name) => wrong(`{ ${root}(${name}: []) { id } }`)),
    fc
      .constantFrom(...filters)
      .map((name) => wrong(`query ($v: X) { ${root}(${name}: $v) { id } }`))
  )
}

const nested = (depth: number, field: string) =>
  `${`{ ${field} `.repeat(depth)}{ id }${' }'.repeat(depth)}`

/** Shapes that are no question: what may not be asked, and what is too much. */
const SHAPES: readonly ((root: string, size: number) => string)[] = [
  () => '{ __schema { types { name fields { name } } } }',
  () => '{ __type(name: "DeviceType") { name } }',
  () => 'mutation { delete_device(id: "1") { id } }',
  () => 'subscription { devices { id } }',
  (root) => `query A { ${root} { id } } query B { ${root} { id } }`,
  (root) => `{ ${root} { id } } mutation M { a }`,
  (root, size) =>
    `{ ${Array.from({ length: size + 6 }, (_, i) => `a${i}: ${root} { id }`).join(' ')} }`,
  (root, size) =>
    `{ ${root} { ${Array.from({ length: size + 21 }, (_, i) => `a${i}: id`).join(' ')} } }`,
  (root, size) => `{ ${root} ${nested(size + 6, 'location')} }`,
  (root) => `{ ${root} { ...A } } fragment A on T { ...B } fragment B on T { ...A }`,
  (root, size) =>
    `{ ${root} { ...F0 } } ${Array.from({ length: size + 2 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F${size + 2} on T { id }`,
  (root) => `{ ${root}(limit: 0) { id } }`,
  (root) => `{ ${root}(limit: -1) { id } }`,
  (root) => `{ ${root}(limit: "5") { id } }`,
  (root) => `{ ${root} { id @live } }`,
  (root, size) => `{ ${root} { ${'id '.repeat(size + 151)} } }`,
  (root, size) => `{ ${root} { ${'id '.repeat(3_000 + size)} } }`,
  (root) => `{ ${root} { id `,
  (root) => `{ ${root} }`,
  () => '{ }',
  () => ''
]

const shapes = ({ root }: ModelWords) =>
  fc
    .tuple(fc.constantFrom(...SHAPES), fc.integer({ min: 0, max: 30 }))
    .map(([shape, size]) => ({ ...wrong(shape(root, size)), kind: 'refused shape' }))

const WRONG = [
  '{ devices { interfaces(limit: 1) { id } } }',
  '{ devices { interfaces(enabld: true) { id } } }',
  '{ devices { interfaces(status: "Activ") { id } } }'
]
/** Too much for who sees much, and right for others. */
const NESTED = [
  '{ devices(limit: 200) { interfaces { device { interfaces { id } } } } }',
  '{ locations { devices { interfaces { ip_addresses { id } } } } }',
  '{ devices(limit: 3) { name interfaces(enabled: true) { name ip_addresses { address } } } }',
  '{ locations(limit: 5) { name parent { name parent { name } } children { name } } }',
  '{ devices(limit: 2) { name tags { name } rack { name } primary_ip4 { address } } }',
  '{ prefixes(limit: 5) { prefix namespace { name } locations { name } vlan { vid } } }'
]

const any = fc.oneof(
  fc.constantFrom(...WRONG).map((query) => wrong(query)),
  fc.constantFrom(...NESTED).map((query): FuzzedCall => {
    return { tool: 'query', kind: 'nested query', args: { query } }
  }),
  oddText.map((query): FuzzedCall => ({ tool: 'query', kind: 'odd query', args: { query } })),
  oddText.map((value): FuzzedCall => {
    const query = `{ devices(name: ${text(value)}) { name } }`
    return { tool: 'query', kind: 'odd value', args: { query } }
  })
)

/** GraphQL of all shapes. */
export const queryCall = (words: ModelWords): fc.Arbitrary<FuzzedCall> =>
  fc.oneof(
    { arbitrary: right(words), weight: 3 },
    { arbitrary: wrongName(words), weight: 3 },
    { arbitrary: shapes(words), weight: 2 },
    { arbitrary: any, weight: 2 }
  )

const saved = (name: string, query: string) =>
  toSavedQuery(name, query) ?? expect.fail(`${name} is no query`)

/** As an administrator would keep them. */
export const SAVED_QUERIES = [
  saved(
    'Devices',
    'query ($place: [String!]!, $n: Int = 50) { devices(location: $place, limit: $n) { id } }'
  ),
  saved('Typo', 'query ($place: [String!]!) { devices(locaton: $place) { id } }'),
  saved('Old', '{ devices { nmae } }')
]

/** Queries kept in Nautobot, whose arguments are their variables. */
export function savedCall(places: readonly string[]): fc.Arbitrary<FuzzedCall> {
  const call = (tool: string, args: object, more: Partial<FuzzedCall> = {}): FuzzedCall => {
    return { tool: `saved_${tool}`, kind: 'saved query', args: { ...args }, ...more }
  }
  return fc.oneof(
    fc.constantFrom(...places).map((place) => {
      const same = { model: 'dcim.device', filters: { location: [place] } }
      return call('devices', { place: [place] }, { same })
    }),
    nearMiss(places).map((place) => call('devices', { place: [place] }, { wrong: true })),
    oddValue.map((place) => call('devices', { place })),
    oddValue.map((n) => call('devices', { place: ['AMS01'], n })),
    fc.constantFrom(...places).map((place) => call('typo', { place: [place] }, { wrong: true })),
    fc.constantFrom({}, { place: 'AMS01' }).map((args) => call('old', args, { wrong: true }))
  )
}
