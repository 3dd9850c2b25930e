import { isRecord } from '../platform/json.ts'

/** What a schema of a tool says about one value; a subset of JSON Schema, and nothing of it is trusted. */
type Schema = Readonly<Record<string, unknown>>

const MAX_PROBLEMS = 5
const MAX_DEPTH = 12
const MAX_NAMES = 20

/**
 * Why arguments do not fit a tool's schema, as sentences for the model; none when they fit, or when the schema says it in
 * words that are not read here. Text that spells a number or a list passes, and null in place of nothing: many servers
 * take them, and one that does not says so itself.
 */
export function argumentProblems(args: unknown, schema: Schema): string[] {
  return problemsOf(args, schema, { path: '', depth: 0 }).slice(0, MAX_PROBLEMS)
}

interface Place {
  readonly path: string
  readonly depth: number
}

function problemsOf(value: unknown, schema: unknown, place: Place): string[] {
  if (!isRecord(schema) || place.depth > MAX_DEPTH) return []
  const kind = kindProblem(value, schema, place)
  if (kind) return [kind]
  return [
    ...valueProblems(value, schema, place),
    ...(isRecord(value) ? recordProblems(value, schema, place) : []),
    ...(Array.isArray(value) ? listProblems(value, schema, place) : []),
    ...choiceProblems(value, schema, place)
  ]
}

function kindProblem(value: unknown, { type }: Schema, { path }: Place): string | undefined {
  if (value === null && path !== '') return undefined
  const kinds = [type].flat().filter((kind) => typeof kind === 'string')
  if (kinds.length === 0 || kinds.some((kind) => isOfKind(value, kind))) return undefined
  return `${path || 'The arguments'}: expected ${kinds.join(' or ')}, got ${kindOf(value)}.`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => isRecord(value) || spells(value, '{'),
  array: (value) => Array.isArray(value) || spells(value, '['),
  string: (value) => ['string', 'number', 'boolean'].includes(typeof value),
  number: isNumeric,
  integer: (value) => isNumeric(value) && Number.isInteger(Number(value)),
  boolean: (value) => typeof value === 'boolean' || /^(true|false)$/i.test(String(value)),
  null: (value) => value === null
}

function isOfKind(value: unknown, kind: string): boolean {
  // A schema is somebody else's: `__proto__` is no kind.
  const check = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  return check?.(value) ?? true
}

function isNumeric(value: unknown): boolean {
  if (typeof value === 'number') return true
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))
}

function spells(value: unknown, bracket: string): boolean {
  return typeof value === 'string' && value.trimStart().startsWith(bracket)
}

function valueProblems(value: unknown, schema: Schema, { path }: Place): string[] {
  const { enum: allowed, const: only } = schema
  if (value === null) return []
  const choices = Array.isArray(allowed) ? allowed : only === undefined ? undefined : [only]
  if (!choices || choices.some((choice) => String(choice) === String(value))) return []
  return [`${path}: expected one of ${listed(choices.map((choice) => JSON.stringify(choice)))}.`]
}

function recordProblems(value: Schema, schema: Schema, { path, depth }: Place): string[] {
  const { properties, required, additionalProperties } = schema
  const known = isRecord(properties) ? properties : {}
  const names = Object.keys(known)
  const missing = (Array.isArray(required) ? required : [])
    .filter((name): name is string => typeof name === 'string' && !Object.hasOwn(value, name))
    .map((name) => `${path ? `${path}.` : ''}${name}: missing.`)
  const others = Object.keys(value).filter((name) => !Object.hasOwn(known, name))
  const unknown =
    additionalProperties === false && !isRecord(schema.patternProperties)
      ? others.map(
          (name) =>
            `${path ? `${path}.` : ''}${name.slice(0, 100)}: unknown; known: ${listed(names)}.`
        )
      : []
  const deeper = Object.entries(value).flatMap(([name, one]) => {
    const place = { path: path ? `${path}.${name}` : name, depth: depth + 1 }
    const expected = Object.hasOwn(known, name) ? known[name] : additionalProperties
    return problemsOf(one, expected, place)
  })
  return [...missing, ...unknown, ...deeper]
}

function listProblems(
  values: readonly unknown[],
  { items, minItems, maxItems }: Schema,
  { path, depth }: Place
): string[] {
  if (typeof minItems === 'number' && values.length < minItems) {
    return [`${path}: at least ${minItems} values.`]
  }
  if (typeof maxItems === 'number' && values.length > maxItems) {
    return [`${path}: at most ${maxItems} values.`]
  }
  return values.flatMap((one, index) =>
    problemsOf(one, items, { path: `${path}[${index}]`, depth: depth + 1 })
  )
}

/** With several ways to be right, the one that is nearest to it tells what is wrong. */
function choiceProblems(value: unknown, { anyOf, oneOf }: Schema, place: Place): string[] {
  const ways = [anyOf, oneOf].find(Array.isArray) as unknown[] | undefined
  if (!ways || ways.length === 0) return []
  const problems = ways.map((way) => problemsOf(value, way, { ...place, depth: place.depth + 1 }))
  return problems.reduce((least, one) => (one.length < least.length ? one : least))
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES)
  return `${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`
}
