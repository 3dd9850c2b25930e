import fc from 'fast-check'
import { nautobotToolDefinitions } from '../../../../src/nautobot-tools/server.ts'

/** Values that somebody has tripped over before. */
const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  'ams01\u0000',
  '\u202Eten-10rtr',
  '\u200B',
  '\uD800',
  '\uFFFF',
  '日本語',
  'é́́́',
  '👩‍👩‍👧‍👦',
  'ａｍｓ０１',
  '%00',
  '../../etc/passwd',
  "' OR 1=1 --",
  '{{7*7}}',
  '") { id } x: devices(name: "',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e309',
  '9'.repeat(40),
  '(',
  '[[:alpha:',
  '(a+)+$',
  '\\',
  'a'.repeat(199),
  'ä'.repeat(200),
  'x'.repeat(100_000),
  '[]',
  '{}'
] as const

export const oddText = fc.oneof(
  { arbitrary: fc.constantFrom(...ODD_TEXTS), weight: 3 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 60 }), weight: 2 },
  { arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }), weight: 1 }
)

const deep = fc.integer({ min: 10, max: 200 }).map((depth) => {
  let value: unknown = 'deep'
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { value }
  return value
})

/** Any JSON: the wrong type, too deep, too long, too many. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e21, 2 ** 53, [], {}, [[]], [null], [{}]),
  fc.jsonValue({ maxDepth: 4 }),
  deep,
  fc.integer({ min: 51, max: 5_000 }).map((length) => Array.from({ length }, (_, i) => `v${i}`)),
  fc.array(oddText, { maxLength: 5 }),
  fc.dictionary(oddText, oddText, { maxKeys: 30 })
)

type Schema = { readonly properties?: Readonly<Record<string, unknown>> }

/** Calls whose arguments have the names of the schema, some of them, and anything as values. */
export const junkCall = fc
  .constantFrom(...nautobotToolDefinitions)
  .chain(({ name, inputSchema }) => {
    const names = Object.keys((inputSchema as Schema).properties ?? {})
    const model = fc.constantFrom<unknown>('devices', 'dcim.location', 'ipam.prefix')
    const args = fc
      .tuple(
        fc.dictionary(fc.constantFrom(...names), oddValue, { maxKeys: names.length }),
        fc.dictionary(oddText, oddValue, { maxKeys: 1 }),
        model,
        fc.integer({ min: 0, max: 9 })
      )
      .map(([known, unknown, usual, dice]) => ({
        ...(names.includes('model') && dice < 7 && { model: usual }),
        ...(name === 'get' && dice > 4 && { object: 'ams01-rtr-01' }),
        ...known,
        ...(dice === 0 && unknown)
      }))
    return args.map((given) => ({ tool: name, args: given, kind: 'junk' }))
  })
