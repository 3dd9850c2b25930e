/**
 * What OpenAI, Azure and Anthropic refuse in the schema of a function, each of which fails the whole request. From OpenAI's
 * "Function calling" and "Structured outputs: supported schemas" with its limits, the texts of its 400s ("schema must have
 * type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level", "array schema missing items", "object
 * schema missing properties"), and Anthropic's rules for `input_schema` (draft 2020-12, names of properties).
 */
const AT_ROOT = ['anyOf', 'oneOf', 'allOf', 'enum', 'not']
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
const PROPERTY = /^[a-zA-Z0-9_.-]{1,64}$/
const KEYWORDS = new Set([
  ...['type', 'description', 'default', 'enum', 'format', 'pattern', 'properties', 'required'],
  ...['additionalProperties', 'items', 'anyOf', 'minimum', 'maximum', 'exclusiveMinimum'],
  ...['exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['minProperties', 'maxProperties', 'uniqueItems']
])
const MAX_LEVELS = 10
const MAX_PROPERTIES = 5_000
const MAX_ENUM_VALUES = 1_000
const MAX_TEXT_CHARACTERS = 120_000

interface Counts {
  properties: number
  enumValues: number
}

type Schema = Record<string, unknown>

/** Why a provider would refuse the schema of a function; none when all take it. */
export function refusalsOf(schema: unknown): string[] {
  if (!isSchema(schema)) return ['not a schema']
  const counts = { properties: 0, enumValues: 0 }
  const { type, properties } = schema
  return [
    ...(type === 'object' ? [] : ['the type at the root is not object']),
    ...(isSchema(properties) ? [] : ['object schema missing properties']),
    ...AT_ROOT.filter((keyword) => keyword in schema).map((keyword) => `${keyword} at the root`),
    ...Object.keys(properties ?? {})
      .filter((name) => !PROPERTY.test(name))
      .map((name) => `property ${name}`),
    ...problemsOf(schema, '#', { level: 0, counts }),
    ...(counts.properties > MAX_PROPERTIES ? ['too many properties'] : []),
    ...(counts.enumValues > MAX_ENUM_VALUES ? ['too many enum values'] : []),
    ...(JSON.stringify(schema).length > MAX_TEXT_CHARACTERS ? ['too long'] : [])
  ]
}

function problemsOf(
  schema: unknown,
  path: string,
  { level, counts }: { level: number; counts: Counts }
): string[] {
  if (typeof schema === 'boolean') return []
  if (!isSchema(schema)) return [`${path} is no schema`]
  if (level > MAX_LEVELS) return [`${path} is nested too deeply`]
  const names = Object.keys(properties(schema))
  counts.properties += names.length
  counts.enumValues += Array.isArray(schema.enum) ? schema.enum.length : 0
  const deeper = (part: unknown, name: string) =>
    problemsOf(part, `${path}/${name}`, { level: level + 1, counts })
  return [
    ...Object.keys(schema)
      .filter((keyword) => !KEYWORDS.has(keyword))
      .map((keyword) => `${path} has ${keyword}`),
    ...wrongTypes(schema).map((what) => `${path}: ${what}`),
    ...wrongKeywords(schema, names).map((keyword) => `${path}: ${keyword}`),
    ...Object.entries(properties(schema)).flatMap(([name, part]) => deeper(part, name)),
    ...(schema.items === undefined ? [] : deeper(schema.items, 'items')),
    ...(Array.isArray(schema.anyOf) ? schema.anyOf : []).flatMap((part) => deeper(part, 'anyOf')),
    ...deeper(schema.additionalProperties ?? true, 'others')
  ]
}

function wrongTypes(schema: Schema): string[] {
  if (!('type' in schema)) return []
  const types = [schema.type].flat()
  return [
    ...types.filter((one) => !TYPES.includes(String(one))).map((one) => `type ${one}`),
    ...(types.length === 0 ? ['empty type'] : []),
    ...(types.includes('array') && !isSchema(schema.items) ? ['array schema missing items'] : [])
  ]
}

function wrongKeywords(schema: Schema, names: readonly string[]): string[] {
  const { required = [], anyOf = [{}], enum: values = [null] } = schema
  const isList = (value: unknown) => Array.isArray(value) && value.length > 0
  const known = Array.isArray(required) && required.every((name) => names.includes(name))
  return [
    ...(known && new Set(required).size === required.length ? [] : ['required']),
    ...(isList(anyOf) ? [] : ['anyOf']),
    ...(isList(values) ? [] : ['enum']),
    ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].filter(
      (keyword) => keyword in schema && typeof schema[keyword] !== 'number'
    )
  ]
}

function properties(schema: Schema): Schema {
  return isSchema(schema.properties) ? schema.properties : {}
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
