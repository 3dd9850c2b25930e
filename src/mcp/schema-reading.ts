import { isRecord } from '../platform/json.ts'

export type Schema = Readonly<Record<string, unknown>>

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const
const FORMATS = [
  'date-time',
  'date',
  'time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid'
]
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties']
const MAX_PATTERN_CHARACTERS = 500
const MAX_DEFAULT_CHARACTERS = 200
const MAX_POINTER_STEPS = 20

/** How much of a schema is kept; less when it is too long otherwise. */
export interface Detail {
  readonly maxDepth: number
  readonly maxDescriptionCharacters: number
}

/** What is left over all of one schema. */
export interface Budget {
  nodes: number
  enumValues: number
}

/** Types that the schema lets through; undefined when it says nothing, or nothing that JSON Schema knows. */
export function typesOf({ type, nullable }: Schema): readonly string[] | undefined {
  const listed = [type].flat()
  const known = TYPES.filter((each) => listed.includes(each))
  if (known.length === 0 || known.length < new Set(listed).size) return undefined
  // The word of OpenAPI 3.0 for it.
  return nullable === true && !known.includes('null') ? [...known, 'null'] : known
}

export function typeKeyword(types: readonly string[] | undefined): Schema {
  if (types === undefined || types.length === 0) return {}
  return { type: types.length === 1 ? types[0] : types }
}

/** A local `$ref`: a JSON pointer into the whole schema. Undefined when it leads nowhere, or elsewhere. */
export function lookUp(root: unknown, ref: string): unknown {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined
  const steps = ref.slice(2).split('/').filter(Boolean)
  if (steps.length > MAX_POINTER_STEPS) return undefined
  return steps.reduce<unknown>((value, step) => {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    return (value as Record<string, unknown>)[key]
  }, root)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What a schema says of a value that is not made of others. */
export function plainKeywords(schema: Schema, budget: Budget, detail: Detail): Schema {
  const values = valuesOf(schema, budget)
  const description = [describe(schema, detail), values.hint].filter(Boolean).join(' ')
  return {
    ...(description !== '' && { description }),
    ...defaultOf(schema),
    ...values.keyword,
    ...formatOf(schema),
    ...patternOf(schema),
    ...boundsOf(schema),
    ...Object.fromEntries(
      COUNTS.flatMap((name) => (isCount(schema[name]) ? [[name, schema[name]]] : []))
    ),
    ...(schema.uniqueItems === true && { uniqueItems: true })
  }
}

export function describe({ description, title }: Schema, { maxDescriptionCharacters }: Detail) {
  const text = typeof description === 'string' ? description : title
  return typeof text === 'string' ? text.slice(0, maxDescriptionCharacters) : ''
}

function defaultOf({ default: value }: Schema): Schema {
  if (value === undefined || typeof value === 'object') return {}
  return String(value).length > MAX_DEFAULT_CHARACTERS ? {} : { default: value }
}

/** What OpenAI takes in one schema, and less for one list: more than this no model reads with profit. */
const MAX_ENUM_VALUES = 250
const MAX_ENUM_CHARACTERS = 7_500
const SHOWN_ENUM_VALUES = 10

function valuesOf(
  schema: Schema,
  budget: Budget
): { readonly keyword: Schema; readonly hint?: string } {
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (!Array.isArray(values) || values.length === 0) return { keyword: {} }
  const isShort = values.length <= MAX_ENUM_VALUES && values.length <= budget.enumValues
  if (isShort && JSON.stringify(values).length <= MAX_ENUM_CHARACTERS) {
    budget.enumValues -= values.length
    const isNullable = schema.nullable === true && !values.includes(null)
    return { keyword: { enum: isNullable ? [...values, null] : values } }
  }
  const shown = values
    .slice(0, SHOWN_ENUM_VALUES)
    .map((value) => JSON.stringify(value)?.slice(0, 60))
  return { keyword: {}, hint: `One of ${values.length} values, such as ${shown.join(', ')}.` }
}

function formatOf({ format }: Schema): Schema {
  return FORMATS.includes(String(format)) ? { format } : {}
}

/** Without lookarounds and back references, which providers refuse. It is compiled here and never run. */
function patternOf({ pattern }: Schema): Schema {
  if (typeof pattern !== 'string' || pattern.length > MAX_PATTERN_CHARACTERS) return {}
  if (/\(\?(?!:)|\\[1-9kpPuxc]/.test(pattern)) return {}
  try {
    return new RegExp(pattern, 'u') && { pattern }
  } catch {
    return {}
  }
}

/** In draft 4 `exclusiveMinimum: true` says how `minimum` is meant. */
function boundsOf(schema: Schema): Schema {
  const { multipleOf } = schema
  return {
    ...boundOf(schema, 'minimum', 'exclusiveMinimum'),
    ...boundOf(schema, 'maximum', 'exclusiveMaximum'),
    ...(typeof multipleOf === 'number' && multipleOf > 0 && { multipleOf })
  }
}

function boundOf(schema: Schema, inclusive: string, exclusive: string): Schema {
  const bound = schema[inclusive]
  const strict = schema[exclusive]
  if (strict === true) return typeof bound === 'number' ? { [exclusive]: bound } : {}
  return {
    ...(typeof bound === 'number' && { [inclusive]: bound }),
    ...(typeof strict === 'number' && { [exclusive]: strict })
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function recordOf(value: unknown): Schema {
  return isRecord(value) ? value : {}
}
