import { GraphQLError, Kind, parse, type TypeNode, type VariableDefinitionNode } from 'graphql'
import { z } from 'zod'

const MAX_TOKENS = 2_000
const MAX_VARIABLES = 20
const MAX_VALUES = 50
const MAX_VALUE_CHARACTERS = 200
const MAX_TOOL_NAME = 64
const MAX_NAME_CHARACTERS = 100

/** A query that administrators keep in Nautobot, as a tool: its variables are the arguments. */
export interface SavedQuery {
  /** Of the tool: `saved_devices_of_a_site`. */
  readonly tool: string
  readonly description: string
  /** The text, which runs with the rights of the asking user. */
  readonly query: string
  readonly input: z.ZodType<Record<string, unknown>>
}

const SCALARS: Readonly<Record<string, z.ZodType>> = {
  Int: z.int(),
  Float: z.number(),
  Boolean: z.boolean()
}
const text = z.string().min(1).max(MAX_VALUE_CHARACTERS)

function schemaOf(type: TypeNode): z.ZodType {
  if (type.kind === Kind.NON_NULL_TYPE) return schemaOf(type.type)
  if (type.kind === Kind.LIST_TYPE) return z.array(schemaOf(type.type)).min(1).max(MAX_VALUES)
  return SCALARS[type.name.value] ?? text
}

/** Left out only where there is a default: without a value a filter would fall away, and the answer be a broader one. */
function argumentOf({ variable, type, defaultValue }: VariableDefinitionNode) {
  const value = schemaOf(type)
  return [variable.name.value, defaultValue ? value.optional() : value] as const
}

function variablesOf(query: string): readonly VariableDefinitionNode[] | undefined {
  try {
    const { definitions } = parse(query, { maxTokens: MAX_TOKENS, noLocation: true })
    const operation = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    if (operation?.kind !== Kind.OPERATION_DEFINITION || operation.operation !== 'query') return
    return operation.variableDefinitions ?? []
  } catch (error) {
    if (error instanceof GraphQLError) return undefined
    throw error
  }
}

function toolName(name: string): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
  return `saved_${words.replaceAll(/^_|_$/g, '')}`.slice(0, MAX_TOOL_NAME)
}

/** The tool for a saved query; undefined for a text that is no query, or has too many variables. */
export function toSavedQuery(name: string, query: string): SavedQuery | undefined {
  const variables = variablesOf(query)
  if (!variables || variables.length > MAX_VARIABLES) return undefined
  const shown = name
    .replaceAll(/[\p{C}\s"]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_CHARACTERS)
  return {
    tool: toolName(name),
    description: `Query kept in Nautobot: "${shown}".`,
    query,
    input: z.strictObject(Object.fromEntries(variables.map(argumentOf)))
  }
}
