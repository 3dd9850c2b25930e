import { listOf, recordOf, type Schema, typeKeyword, typesOf } from './schema-reading.ts'

/**
 * One schema for what two say together. Where both speak of the same thing in words that cannot be put together, the first
 * one's stay: what fits both still fits.
 */
export function both(first: Schema, second: Schema): Schema {
  const { type: _, ...rest } = { ...second, ...first }
  const { additionalProperties: __, ...open } = rest
  const closed = closedBy(first, second) ?? closedBy(second, first)
  return {
    ...typeKeyword(commonTypes(typesOf(first), typesOf(second))),
    ...open,
    ...commonValues(first, second),
    ...mergedProperties(first, second),
    ...mergedNames(first, second),
    ...(first.items !== undefined &&
      second.items !== undefined && { items: both(recordOf(first.items), recordOf(second.items)) }),
    ...(closed !== undefined && { additionalProperties: closed })
  }
}

function commonTypes(first: readonly string[] | undefined, second: readonly string[] | undefined) {
  if (!first || !second) return first ?? second
  const isCommon = (type: string) =>
    second.includes(type) || (type === 'integer' && second.includes('number'))
  const narrowed = second.filter((type) => type === 'integer' && first.includes('number'))
  return [...new Set([...first.filter(isCommon), ...narrowed])]
}

function commonValues(first: Schema, second: Schema): Schema {
  if (!Array.isArray(first.enum) || !Array.isArray(second.enum)) return {}
  const known = new Set(second.enum.map((value) => JSON.stringify(value)))
  const common = first.enum.filter((value) => known.has(JSON.stringify(value)))
  return common.length > 0 ? { enum: common } : {}
}

function mergedProperties(first: Schema, second: Schema): Schema {
  if (first.properties === undefined && second.properties === undefined) return {}
  const merged = new Map(Object.entries(recordOf(first.properties)))
  for (const [name, schema] of Object.entries(recordOf(second.properties))) {
    const known = merged.get(name)
    merged.set(name, known === undefined ? schema : both(recordOf(known), recordOf(schema)))
  }
  return { properties: Object.fromEntries(merged) }
}

function mergedNames({ required: first }: Schema, { required: second }: Schema): Schema {
  if (first === undefined && second === undefined) return {}
  return { required: [...new Set([...listOf(first), ...listOf(second)])] }
}

/** A schema that closes the object knows only its own names. */
function closedBy(closing: Schema, other: Schema): unknown {
  if (closing.additionalProperties === undefined) return undefined
  const known = recordOf(closing.properties)
  const isCovered = Object.keys(recordOf(other.properties)).every((name) =>
    Object.hasOwn(known, name)
  )
  return isCovered ? closing.additionalProperties : undefined
}

/** One schema of an object for what several say in the alternative: every name that one of them has. */
export function either(ways: readonly Schema[]): Schema {
  const [only, ...others] = ways
  if (only && others.length === 0) return only
  const kinds = new Map<string, Map<string, unknown>>()
  for (const way of ways) {
    for (const [name, schema] of Object.entries(recordOf(way.properties))) {
      const known = kinds.get(name) ?? new Map<string, unknown>()
      kinds.set(name, known.set(JSON.stringify(schema), schema))
    }
  }
  const properties = [...kinds].map(([name, schemas]) => [name, anyOf([...schemas.values()])])
  const required = ways
    .map((way) => listOf(way.required))
    .reduce((common, names) => common.filter((name) => names.includes(name)))
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    ...(ways.every((way) => way.additionalProperties === false) && { additionalProperties: false })
  }
}

function anyOf(schemas: readonly unknown[]): unknown {
  if (schemas.length === 1) return schemas[0]
  const records = schemas.map(recordOf)
  const types = new Set(records.map(({ type }) => JSON.stringify(type)))
  const isOfValues = records.every((schema) => Array.isArray(schema.enum) && !schema.anyOf)
  if (!isOfValues || types.size > 1) return { anyOf: schemas }
  const values = new Map(
    records.flatMap((schema) => listOf(schema.enum)).map((value) => [JSON.stringify(value), value])
  )
  return { ...typeKeyword(typesOf(records[0] ?? {})), enum: [...values.values()] }
}
