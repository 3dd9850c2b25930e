import { isRecord } from '../platform/json.ts'
import { both, either } from './schema-merge.ts'
import {
  type Budget,
  type Detail,
  describe,
  listOf,
  lookUp,
  plainKeywords,
  recordOf,
  type Schema,
  typeKeyword,
  typesOf
} from './schema-reading.ts'

const MAX_SCHEMA_CHARACTERS = 32_000
const MAX_NODES = 2_000
const MAX_ENUM_VALUES = 1_000
/** How often one definition is written out inside itself; below that anything goes. */
const MAX_REPEATED_REFS = 2
const MAX_SHOWN_WAYS = 8

/** The first that fits. OpenAI takes ten levels. */
const DETAILS: readonly Detail[] = [
  { maxDepth: 8, maxDescriptionCharacters: 1_000 },
  { maxDepth: 4, maxDescriptionCharacters: 200 },
  { maxDepth: 2, maxDescriptionCharacters: 80 },
  { maxDepth: 1, maxDescriptionCharacters: 0 }
]

/** A schema for a model, or why there is none. */
export type ModelSchema = { readonly schema: Schema } | { readonly reason: string }

/**
 * The schema of a tool's arguments in the words that all providers take: one object at the root, no references, no
 * dialect. What cannot be said in them is left out, so that whatever fits the original fits this too: the server itself
 * judges the rest. Bounded in time and size whatever a server sends.
 */
export function modelSchema(raw: unknown): ModelSchema {
  try {
    return detailed(raw)
  } catch (error) {
    if (error instanceof RangeError) return { reason: 'its schema is nested too deeply' }
    throw error
  }
}

function detailed(raw: unknown): ModelSchema {
  for (const detail of DETAILS) {
    const budget = { nodes: MAX_NODES, enumValues: MAX_ENUM_VALUES }
    const schema = argumentsOf(raw, { root: raw, depth: 0, refs: [], budget, detail })
    if (!schema) return { reason: 'its schema is not that of an object' }
    if (JSON.stringify(schema).length <= MAX_SCHEMA_CHARACTERS) return { schema }
  }
  return { reason: `its schema is longer than ${MAX_SCHEMA_CHARACTERS} characters` }
}

interface Place {
  readonly root: unknown
  readonly depth: number
  /** Followed to come here. */
  readonly refs: readonly string[]
  readonly budget: Budget
  readonly detail: Detail
}

/** A schema of an object without alternatives; undefined when no object fits it. */
function argumentsOf(raw: unknown, place: Place): Schema | undefined {
  if (!mayBeObject(raw)) return undefined
  const given = recordOf(raw)
  place.budget.nodes -= 1
  if (place.depth > place.detail.maxDepth || place.budget.nodes < 0) {
    return { type: 'object', properties: {} }
  }
  const target = followed(given, place)
  if (target) {
    const { description } = plainKeywords(given, { ...place.budget }, place.detail)
    const found = argumentsOf(target.raw, target.place)
    return found && { ...found, ...(description !== undefined && { description }) }
  }
  // Refused at the root.
  const { enum: _, ...keywords } = keywordsOf(given, place)
  const own = { ...keywords, type: 'object', properties: propertiesOf(given, place) }
  return withWays(withAll(own, given, place), given, place)
}

/** A missing schema and `true` let everything through. */
function mayBeObject(raw: unknown): boolean {
  if (raw === undefined || raw === true) return true
  if (!isRecord(raw) || (raw.properties !== undefined && !isRecord(raw.properties))) return false
  const types = typesOf(raw)
  return types === undefined || types.includes('object')
}

function withAll(own: Schema, { allOf }: Schema, place: Place): Schema | undefined {
  return listOf(allOf).reduce<Schema | undefined>((merged, raw) => {
    const part = argumentsOf(raw, below(place))
    return merged && part && both(merged, part)
  }, own)
}

/** One object that has room for every alternative, and words that say which there are. */
function withWays(own: Schema | undefined, given: Schema, place: Place): Schema | undefined {
  const choices = [given.anyOf, given.oneOf].map(listOf).filter((ways) => ways.length > 0)
  const merged = choices.reduce<Schema | undefined>((base, raws) => {
    const ways = raws.flatMap((raw): Schema[] => {
      const way = argumentsOf(raw, below(place))
      return way ? [way] : []
    })
    if (!base || ways.length === 0) return undefined
    const joined = both(base, either(ways))
    const description = [base.description, sayWays(ways)].filter(Boolean).join(' ')
    return { ...joined, ...(description !== '' && { description }) }
  }, own)
  return merged && withConditional(merged, given, place)
}

function sayWays(ways: readonly Schema[]): string {
  const names = ways.map((way) => {
    const required = listOf(way.required)
    return (required.length > 0 ? required : Object.keys(recordOf(way.properties))).join(', ')
  })
  const distinct = [...new Set(names)].filter(Boolean)
  if (distinct.length < 2) return ''
  const shown = distinct.slice(0, MAX_SHOWN_WAYS).map((each) => each.slice(0, 100))
  return `Arguments that go together: ${shown.join(' | ')}${distinct.length > shown.length ? ' | …' : ''}.`
}

/** Names that only a condition brings along can be given, and need not be. */
function withConditional(merged: Schema, given: Schema, place: Place): Schema {
  const dependent = [given.dependentSchemas, given.dependencies].map(recordOf)
  const raws = [given.then, given.else, ...dependent.flatMap((each) => Object.values(each))]
  const known = recordOf(merged.properties)
  const further = raws
    .filter(isRecord)
    .map((raw) => argumentsOf(raw, below(place)))
    .flatMap((schema) => Object.entries(recordOf(schema?.properties)))
    .filter(([name]) => !Object.hasOwn(known, name))
  return { ...merged, properties: { ...Object.fromEntries(further), ...known } }
}

/** Any schema below the root. */
function valueSchema(raw: unknown, place: Place): Schema {
  if (!isRecord(raw)) return {}
  place.budget.nodes -= 1
  const target = followed(raw, place)
  if (place.depth > place.detail.maxDepth || place.budget.nodes < 0) return openOf(raw, place)
  if (target) {
    const { description, default: value } = plainKeywords(raw, { ...place.budget }, place.detail)
    return {
      ...valueSchema(target.raw, target.place),
      ...(description !== undefined && { description }),
      ...(value !== undefined && { default: value })
    }
  }
  const own = {
    ...typeKeyword(typesOf(raw)),
    ...keywordsOf(raw, place),
    ...propertiesKeyword(raw, place),
    ...itemsOf(raw, place)
  }
  const all = listOf(raw.allOf).reduce<Schema>(
    (merged, part) => both(merged, valueSchema(part, below(place))),
    own
  )
  return withChoice(all, raw, place)
}

/** Exactly one of several becomes any of them: some of what told them apart may be left out. */
function withChoice(own: Schema, { anyOf, oneOf, nullable }: Schema, place: Place): Schema {
  const raws = [anyOf, oneOf].map(listOf).find((each) => each.length > 0) ?? []
  const ways = raws.filter((raw) => raw !== false).map((raw) => valueSchema(raw, below(place)))
  if (nullable === true && ways.length > 0) ways.push({ type: 'null' })
  const [only, ...others] = ways
  if (!only) return own
  return others.length === 0 ? both(own, only) : { ...own, anyOf: ways }
}

/** What is left where a schema goes too deep: the kind of value, and nothing of what is in it. */
function openOf(raw: Schema, { detail }: Place): Schema {
  const types = typesOf(raw)
  const description = describe(raw, detail)
  return {
    ...typeKeyword(types),
    ...(description !== '' && { description }),
    ...(types?.includes('array') && { items: {} })
  }
}

function followed(raw: Schema, place: Place) {
  const { $ref: ref } = raw
  if (typeof ref !== 'string') return undefined
  const { root, refs } = place
  const isTooOften = refs.filter((each) => each === ref).length >= MAX_REPEATED_REFS
  const target = isTooOften ? undefined : lookUp(root, ref)
  const open = { place: below(place), raw: {} }
  return target === undefined
    ? open
    : { raw: target, place: { ...below(place), refs: [...refs, ref] } }
}

function below(place: Place): Place {
  return { ...place, depth: place.depth + 1 }
}

/** Everything that is not about which other schemas there are. */
function keywordsOf(raw: Schema, place: Place): Schema {
  const { budget, detail } = place
  const required = [...new Set(listOf(raw.required))].filter((name) => typeof name === 'string')
  return {
    ...plainKeywords(raw, budget, detail),
    ...(required.length > 0 && { required }),
    ...othersOf(raw, place)
  }
}

function othersOf({ additionalProperties, patternProperties }: Schema, place: Place): Schema {
  // Names by pattern are not said in these words, so nothing may forbid them.
  if (patternProperties !== undefined || additionalProperties === undefined) return {}
  if (typeof additionalProperties === 'boolean') return { additionalProperties }
  return { additionalProperties: valueSchema(additionalProperties, below(place)) }
}

function propertiesKeyword(raw: Schema, place: Place): Schema {
  if (!isRecord(raw.properties) && listOf(raw.required).length === 0) return {}
  return { properties: propertiesOf(raw, place) }
}

/** With those that are required and not described, which some providers refuse. */
function propertiesOf({ properties, required }: Schema, place: Place): Schema {
  const known = Object.entries(recordOf(properties))
    .filter(([, raw]) => raw !== false)
    .map(([name, raw]) => [name, valueSchema(raw, below(place))] as const)
  const demanded = listOf(required)
    .filter((name) => typeof name === 'string')
    .map((name) => [name, {}] as const)
  return Object.fromEntries([...demanded, ...known])
}

/** A list without a word on what is in it is refused by OpenAI. */
function itemsOf(raw: Schema, place: Place): Schema {
  const isTuple = raw.prefixItems !== undefined || Array.isArray(raw.items)
  if (isRecord(raw.items) && !isTuple) return { items: valueSchema(raw.items, below(place)) }
  return typesOf(raw)?.includes('array') ? { items: {} } : {}
}
