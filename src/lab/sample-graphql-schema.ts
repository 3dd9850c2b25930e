import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString
} from 'graphql'
import { FilterError, type FilterValues, lookupsOf, readFilters } from './sample-filters.ts'
import type { SampleField, SampleFilter, SampleModel } from './sample-model.ts'
import { modelOf, SAMPLE_MODELS } from './sample-models.ts'
import { apiPath } from './sample-rest.ts'
import type { SampleObject, SampleStore } from './sample-store.ts'
import type { SampleUser } from './sample-users.ts'

/** What each resolver gets: who asks. */
export interface GraphqlContext {
  readonly user: SampleUser
}

type Args = Readonly<Record<string, unknown>>
type FieldConfig = GraphQLFieldConfig<SampleObject, GraphqlContext, Args>

/** Models that have a GraphQL type and no root list in Nautobot's own schema. */
const GenericScalar = new GraphQLScalarType({ name: 'GenericScalar' })
const ContentTypeType = new GraphQLObjectType({
  name: 'ContentTypeType',
  fields: { app_label: { type: GraphQLString }, model: { type: GraphQLString } }
})

/** Nautobot's schema, as far as the sample goes. One build takes some milliseconds. */
export function buildSampleSchema(store: SampleStore): GraphQLSchema {
  const types = new Map<string, GraphQLObjectType>()
  const enums = new Map<string, GraphQLEnumType>()
  for (const model of SAMPLE_MODELS) {
    const type = new GraphQLObjectType({
      name: model.graphql.type,
      fields: () => fieldsOf(model, { store, types, enums })
    })
    types.set(model.objectType, type)
  }
  const roots = SAMPLE_MODELS.flatMap((model) => rootsOf(model, store, types))
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: Object.fromEntries(roots) })
  })
}

interface Building {
  readonly store: SampleStore
  readonly types: ReadonlyMap<string, GraphQLObjectType>
  readonly enums: Map<string, GraphQLEnumType>
}

function fieldsOf(model: SampleModel, building: Building): Record<string, FieldConfig> {
  const fields: Record<string, FieldConfig> = {
    id: { type: GraphQLID, resolve: ({ id }) => id },
    url: { type: GraphQLString, resolve: (object) => apiPath(object) }
  }
  for (const [name, field] of Object.entries(model.fields)) {
    fields[name] = fieldOf(name, field, building)
  }
  if (Object.values(model.fields).some(({ kind }) => kind === 'custom'))
    fields._custom_field_data = { type: GenericScalar, resolve: customData }
  return fields
}

function customData({ values }: SampleObject) {
  const own = Object.entries(values).filter(([name]) => name.startsWith('cf_'))
  return Object.fromEntries(own.map(([name, value]) => [name.slice('cf_'.length), value]))
}

function fieldOf(name: string, field: SampleField, building: Building): FieldConfig {
  switch (field.kind) {
    case 'one':
      return referenceField(name, field.model, building)
    case 'only':
      return referenceField(field.of, field.model, building)
    case 'many':
    case 'reverse':
      return listField(name, field.model, building)
    case 'content-type':
      return { type: ContentTypeType, resolve: ({ values }) => contentType(values[name]) }
    case 'content-types':
      return {
        type: new GraphQLList(ContentTypeType),
        resolve: ({ values }) => (values[name] as readonly string[]).map(contentType)
      }
    case 'choice':
      return { type: enumOf(field, building.enums), resolve: ({ values }) => values[name] || null }
    case 'time':
      return {
        type: GraphQLString,
        resolve: ({ values }) => String(values[name]).replace(/Z$/, '+00:00')
      }
    default:
      return { type: SCALARS[field.kind] ?? GraphQLString, resolve: ({ values }) => values[name] }
  }
}

const SCALARS: Partial<Record<SampleField['kind'], GraphQLOutputType>> = {
  number: GraphQLInt,
  boolean: GraphQLBoolean,
  json: GenericScalar
}

/** One object, or null for a user who may not see it. */
function referenceField(path: string, objectType: string, { store, types }: Building): FieldConfig {
  return {
    type: typeOf(types, objectType),
    resolve(object, _args, { user }) {
      const ids = store.pluck(object, path)
      const related = ids.length === 1 ? store.get(String(ids[0])) : undefined
      return related && user.sees(related) ? related : null
    }
  }
}

function listField(path: string, objectType: string, { store, types }: Building): FieldConfig {
  const model = modelOf(objectType)
  return {
    type: new GraphQLList(typeOf(types, objectType)),
    args: argsOf(model),
    resolve(object, args, { user }) {
      // Nautobot offers them here as well, and fails on them.
      for (const name of ['limit', 'offset']) {
        if (args[name] != null) throw new Error(pythonText({ [name]: ['Unknown filter field'] }))
      }
      const test = readArgs(store, model, args)
      const ids = new Set(store.pluck(object, path))
      return store
        .list(objectType)
        .filter((related) => ids.has(related.id) && user.sees(related) && test(related))
    }
  }
}

function rootsOf(
  model: SampleModel,
  store: SampleStore,
  types: ReadonlyMap<string, GraphQLObjectType>
) {
  const type = typeOf(types, model.objectType)
  const list = {
    type: new GraphQLList(type),
    args: argsOf(model),
    resolve: (_root: unknown, args: Args, { user }: GraphqlContext) => {
      const { limit, offset, ...filters } = args
      const first = Number(offset ?? 0)
      const count = Number(limit ?? 0) || Number.POSITIVE_INFINITY
      if (first < 0 || count < 0) throw new Error('Negative indexing is not supported.')
      const test = readArgs(store, model, filters)
      return store
        .list(model.objectType)
        .filter((object) => user.sees(object) && test(object))
        .slice(first, first + count)
    }
  }
  const single = {
    type,
    args: { id: { type: GraphQLID } },
    resolve: (_root: unknown, args: Args, { user }: GraphqlContext) => {
      const object = store.get(String(args.id))
      return object?.objectType === model.objectType && user.sees(object) ? object : null
    }
  }
  return [
    [model.graphql.list, list],
    [model.graphql.single, single]
  ] as const
}

function argsOf(model: SampleModel): GraphQLFieldConfigArgumentMap {
  const args: GraphQLFieldConfigArgumentMap = {
    limit: { type: GraphQLInt },
    offset: { type: GraphQLInt }
  }
  for (const [name, filter] of Object.entries(model.filters)) {
    args[name] = { type: argType(filter, '') }
    for (const lookup of lookupsOf(model.objectType, name, filter)) {
      args[`${name}__${lookup}`] = { type: argType(filter, lookup) }
    }
  }
  return args
}

function argType({ kind }: SampleFilter, lookup: string): GraphQLInputType {
  if (lookup === 'isnull' || kind === 'boolean' || kind === 'present') return GraphQLBoolean
  if (kind === 'single-number') return GraphQLInt
  if (kind === 'number') return new GraphQLList(GraphQLInt)
  const isSingle = kind === 'search' || kind === 'content-type' || (kind === 'custom' && !lookup)
  return isSingle ? GraphQLString : new GraphQLList(GraphQLString)
}

function readArgs(store: SampleStore, model: SampleModel, args: Args) {
  const given: [string, readonly string[]][] = Object.entries(args)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : [String(value)]])
  const filters: FilterValues = new Map(given)
  try {
    return readFilters(store, model, filters)
  } catch (error) {
    throw error instanceof FilterError ? new Error(pythonText(error.errors)) : error
  }
}

/** Nautobot puts Python's way of writing a dictionary into the message. */
function pythonText(errors: Readonly<Record<string, readonly string[]>>): string {
  const quote = (words: string) => (words.includes("'") ? `"${words}"` : `'${words}'`)
  const entries = Object.entries(errors).map(
    ([name, messages]) => `${quote(name)}: [${messages.map(quote).join(', ')}]`
  )
  return `{${entries.join(', ')}}`
}

function enumOf(
  { enumName, values }: Extract<SampleField, { kind: 'choice' }>,
  enums: Map<string, GraphQLEnumType>
): GraphQLEnumType {
  const known = enums.get(enumName)
  if (known) return known
  const entries = values.map((value) => [enumValueName(value), { value }] as const)
  const fresh = new GraphQLEnumType({ name: enumName, values: Object.fromEntries(entries) })
  enums.set(enumName, fresh)
  return fresh
}

/** `10gbase-x-sfpp` becomes `A_10GBASE_X_SFPP`. */
function enumValueName(value: string): string {
  const name = value.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  return /^\d/.test(name) ? `A_${name}` : name
}

function contentType(objectType: unknown) {
  const [app_label, model] = String(objectType).split('.')
  return { app_label, model }
}

function typeOf(
  types: ReadonlyMap<string, GraphQLObjectType>,
  objectType: string
): GraphQLObjectType {
  const type = types.get(objectType)
  if (!type) throw new Error(`${objectType} has no GraphQL type`)
  return type
}
