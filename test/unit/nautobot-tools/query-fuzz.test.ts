import fc from 'fast-check'
import { type FieldNode, Kind, parse, visit } from 'graphql'
import { expect, it } from 'vitest'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import { startGraphqlRecorder } from '../../support/graphql-recorder.ts'
import { connectTools } from '../../support/tool-client.ts'
import { startSample, TOKENS } from '../lab/support/sample.ts'

const ONE_DEVICE = 'ams01-rtr-01'
const LISTS = ['devices', 'locations', 'vlans', 'interfaces', 'prefixes']
/** Names that help with a wrong value are read by the same bounded query as for the other tools. */
const HELP = /^\{ rows: \w+\(limit: 1000, offset: 0\) \{ \w+ \} \}$/

/** Mostly what is right: a text of many words is wrong often enough. */
const mostly = (right: readonly string[], wrong: readonly string[]) =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...right), weight: 15 },
    { arbitrary: fc.constantFrom(...wrong), weight: 1 }
  )

const space = fc.constantFrom(' ', '\n', '\t', ',', ', ', ' # a { b }\n', '\r\n', '\uFEFF', ',,,')
const alias = mostly(['', '', 'a: ', 'limit: ', 'mutation: '], ['__schema: ', 'b:: '])
const directive = mostly(['', '', ' @include(if: true)', ' @skip(if: $no)'], [' @live', ' @skip'])
const limit = mostly(
  ['', '', ' limit: 3', ' limit: 1000000', ' limit: $n', ' offset: 0'],
  [
    ' limit: 0',
    ' limit: -1',
    ' limit: null',
    ' limit: "7"',
    ' limit: 1e9',
    ' limit: [5]',
    ' LIMIT: 1'
  ]
)
const nestedLimit = mostly([''], [' limit: 1', ' offset: 1', ' limit: 0'])
const filter = mostly(
  [`name: "${ONE_DEVICE}"`, 'name: $d', `name: """${ONE_DEVICE}"""`, 'name: $list'],
  [`name: " ${ONE_DEVICE}"`, 'name: "\\u0061ms01-rtr-01"', 'name: ""', 'nmae: "x"', 'name: null']
)
const leaf = mostly(
  ['id', 'name', '__typename', 'n: name', '... { id }', '# a { b }\n name'],
  ['nmae', '__schema { types { name } }', '... on Zebra { name }', '...Loop', 'náme', '...']
)
const fragment = fc.constantFrom('...F', '... on DeviceType { serial }', '...F @skip(if: $no)')
const relation = mostly(['location', 'role', 'interfaces', 'status', 'tags'], ['devcies'])

const block = (field: fc.Arbitrary<string>) =>
  fc
    .tuple(space, fc.array(field, { minLength: 1, maxLength: 3 }))
    .map(([gap, fields]) => `{${gap}${fields.join(gap)}${gap}}`)
const related = (inside: fc.Arbitrary<string>) =>
  fc
    .tuple(relation, nestedLimit, inside, directive)
    .map(([name, given, below, end]) => `${name}${given && `(${given})`}${end} ${below}`)
const leaves = block(leaf)
const deep = related(block(related(block(related(block(related(block(related(leaves)))))))))
const selections = block(
  fc.oneof(
    { arbitrary: fc.tuple(leaf, directive).map((parts) => parts.join('')), weight: 20 },
    { arbitrary: related(leaves), weight: 10 },
    { arbitrary: fragment, weight: 5 },
    { arbitrary: related(block(fc.oneof(leaf, related(leaves)))), weight: 2 },
    { arbitrary: deep, weight: 1 }
  )
)

const root = fc
  .tuple(alias, mostly(['devices'], ['locations', 'devcies']), filter, limit, selections)
  .map(([name, list, given, cut, inside]) => `${name}${list}(${given}${cut}) ${inside}`)

const document = fc
  .tuple(
    mostly(['query'], ['mutation', 'subscription', 'Query']),
    fc.array(root, { minLength: 1, maxLength: 3 }),
    mostly([''], [' mutation M { a }', ' query B { devices { id } }'])
  )
  .map(([operation, roots, more]) => {
    const text = `${operation} Q($d: String, $list: [String], $n: Int, $no: Boolean) { ${roots.join(' ')} }${more}
      fragment F on DeviceType { serial ...G } fragment G on DeviceType { asset_tag interfaces { name } }
      fragment Loop on DeviceType { ...Pool } fragment Pool on DeviceType { ...Loop }`
    const all = { d: ONE_DEVICE, list: [ONE_DEVICE], n: 500, no: false }
    const used = Object.entries(all).filter(([name]) =>
      new RegExp(`\\$${name}\\b`).test(roots.join())
    )
    return { query: text, variables: Object.fromEntries(used) }
  })

const limitOf = ({ arguments: args = [] }: FieldNode) => {
  const value = args.find(({ name }) => name.value === 'limit')?.value
  return value?.kind === Kind.INT ? Number(value.value) : undefined
}

/** What may reach Nautobot: one query, bounded, without a word about the schema. */
function checkBounds(query: string): void {
  const { definitions } = parse(query)
  expect(definitions).toMatchObject([{ kind: 'OperationDefinition', operation: 'query' }])
  expect(query).not.toMatch(/__schema|__type\b|[@$#\uFEFF]/)
  let [depth, fields] = [0, 0]
  visit(parse(query), {
    Field: {
      enter(node) {
        depth += 1
        fields += 1
        expect(depth).toBeLessThanOrEqual(6)
        if (depth > 1) expect(limitOf(node)).toBeUndefined()
        if (depth > 1 || !LISTS.includes(node.name.value)) return
        expect(limitOf(node)).toBeGreaterThanOrEqual(1)
        expect(limitOf(node)).toBeLessThanOrEqual(201)
      },
      leave() {
        depth -= 1
      }
    }
  })
  expect(fields).toBeLessThanOrEqual(150)
}

it('sends only bounded queries, and answers none more broadly than it was asked', async () => {
  const sample = await startSample()
  const { url, sent } = await startGraphqlRecorder(sample.url)
  const nautobot = createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 5_000,
    maxInFlight: 8,
    maxInFlightPerToken: 8,
    maxResponseBytes: 5_000_000,
    verifyTls: true
  })
  const call = await connectTools(nautobot, { userId: 'lab', token: TOKENS.lab })
  const outcomes = new Map<unknown, number>()

  await fc.assert(
    fc.asyncProperty(document, async (args) => {
      const { isError, text } = await call('query', args)
      const { code = 'answered' } = (text.error ?? {}) as { code?: string }
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
      expect(['answered', 'INVALID_REQUEST', 'NOT_IN_SAMPLE']).toContain(code)
      expect(isError).toBe(code !== 'answered')
      for (const count of Object.values((text.counts ?? {}) as Record<string, number>))
        expect(count).toBeLessThanOrEqual(1)
      for (const { query } of sent.splice(0)) if (!HELP.test(query)) checkBounds(query)
    }),
    { numRuns: 600, endOnFailure: true }
  )
  // The words above are wrong often, and not always.
  expect(outcomes.get('answered')).toBeGreaterThan(20)
  expect(outcomes.get('INVALID_REQUEST')).toBeGreaterThan(100)
})
