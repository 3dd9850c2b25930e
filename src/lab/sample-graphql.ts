import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate
} from 'graphql'
import { hasField, hasFilter, hasQuery } from './nautobot-names.ts'
import { NotInSampleError } from './sample-filters.ts'
import { buildSampleSchema } from './sample-graphql-schema.ts'
import type { SampleModel } from './sample-model.ts'
import { SAMPLE_MODELS } from './sample-models.ts'
import { SampleRefusal } from './sample-refusal.ts'
import type { SampleStore } from './sample-store.ts'
import type { SampleUser } from './sample-users.ts'

const MAX_QUERY_TOKENS = 4000
/** Braces within braces. Each level may multiply the rows. */
const MAX_QUERY_DEPTH = 10

type Json = Readonly<Record<string, unknown>>

/** Answers one GraphQL request. @throws SampleRefusal 400 for an invalid query, 501 outside the sample. */
export type SampleGraphql = (body: unknown, user: SampleUser) => Promise<Json>

export function createSampleGraphql(store: SampleStore): SampleGraphql {
  const schema = buildSampleSchema(store)

  return async (body, user) => {
    const { query, variables, operationName } = readBody(body)
    const document = parseQuery(query)
    checkQuery(schema, document)
    const result = await execute({
      schema,
      document,
      contextValue: { user },
      ...(variables && { variableValues: variables }),
      ...(operationName !== undefined && { operationName })
    })
    const outside = result.errors?.find(
      ({ originalError }) => originalError instanceof NotInSampleError
    )
    if (outside?.originalError) throw outside.originalError
    if (result.data === undefined) throw invalidQuery(result.errors ?? [])
    return { ...(result.errors && { errors: result.errors.map(showError) }), data: result.data }
  }
}

function readBody(body: unknown) {
  const { query, variables, operationName } = (body ?? {}) as Json
  if (typeof query !== 'string')
    throw invalidQuery([new GraphQLError('Must provide query string.')])
  const isObject = typeof variables === 'object' && variables !== null
  return {
    query,
    variables: isObject ? (variables as Record<string, unknown>) : undefined,
    operationName: typeof operationName === 'string' ? operationName : undefined
  }
}

function parseQuery(query: string): DocumentNode {
  try {
    const document = parse(query, { maxTokens: MAX_QUERY_TOKENS })
    if (depthOf(query) > MAX_QUERY_DEPTH) {
      throw new GraphQLError(`The sample answers queries of ${MAX_QUERY_DEPTH} levels at most.`)
    }
    return document
  } catch (error) {
    throw error instanceof GraphQLError ? invalidQuery([error]) : error
  }
}

/** Braces in a text count too, which only makes the bound stricter. */
function depthOf(query: string): number {
  let [depth, deepest] = [0, 0]
  for (const letter of query) {
    if (letter === '{') deepest = Math.max(deepest, ++depth)
    if (letter === '}') depth -= 1
  }
  return deepest
}

function checkQuery(schema: GraphQLSchema, document: DocumentNode): void {
  const other = document.definitions.find(
    (definition) => definition.kind === 'OperationDefinition' && definition.operation !== 'query'
  )
  if (other?.kind === 'OperationDefinition') {
    const operation = `OperationType.${other.operation.toUpperCase()}`
    const message = `'${operation}' is not a supported operation, Only query are supported.`
    throw invalidQuery([new GraphQLError(message)])
  }
  const errors = validate(schema, document, specifiedRules)
  if (errors.length === 0) return
  const outside = errors.filter(({ message }) => isOutsideSample(message))
  if (outside.length === errors.length) {
    const names = outside.map(({ message }) => /"(\w+)"/.exec(message)?.[1]).join(', ')
    throw new NotInSampleError(`The sample network does not know ${names}.`)
  }
  throw invalidQuery(errors)
}

/** Whether a validation error is about a name that a real Nautobot has. */
function isOutsideSample(message: string): boolean {
  const field = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(message)
  if (field) {
    const [, name = '', type = ''] = field
    const model = modelOfType(type)
    return model ? hasField(model.objectType, name) : type === 'Query' && hasQuery(name)
  }
  const [, name = '', type = '', list = ''] =
    /^Unknown argument "(\w+)" on field "(\w+)\.(\w+)"/.exec(message) ?? []
  const objectType = listedType(type, list)
  return objectType !== undefined && hasFilter(objectType, name) === true
}

function modelOfType(type: string): SampleModel | undefined {
  return SAMPLE_MODELS.find(({ graphql }) => graphql.type === type)
}

/** The object type of a list: a root list, or a list among an object's fields. */
function listedType(type: string, list: string): string | undefined {
  if (type === 'Query') {
    return SAMPLE_MODELS.find(({ graphql }) => graphql.list === list)?.objectType
  }
  const field = modelOfType(type)?.fields[list]
  return field && 'model' in field ? field.model : undefined
}

function invalidQuery(errors: readonly GraphQLError[]): SampleRefusal {
  return new SampleRefusal(400, { errors: errors.map(showError) })
}

/** graphql-core, which Nautobot uses, quotes names singly. */
function showError(error: GraphQLError): Json {
  const { message, locations, path } = error.toJSON()
  return {
    message: message.replaceAll('"', "'"),
    ...(locations && { locations }),
    ...(path && { path })
  }
}
