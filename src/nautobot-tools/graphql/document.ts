import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse
} from 'graphql'
import { quoted, ToolRefusal } from '../tool-failure.ts'
import { expandSelections, type SelectedField } from './expansion.ts'
import type { Variables } from './literals.ts'

const MAX_TOKENS = 2_000
const MAX_FRAGMENTS = 20
const MAX_VARIABLES = 20
const MAX_ROOTS = 5

export type VariableValues = Readonly<Record<string, unknown>>

const ONE_QUERY = 'Send exactly one query: nothing can be changed or subscribed to here.'

function parseText(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: MAX_TOKENS, noLocation: true })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw new ToolRefusal(`This is not a GraphQL query. ${error.message}`)
  }
}

function isFragment(definition: DefinitionNode): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION
}

function theQuery(definitions: readonly DefinitionNode[]): OperationDefinitionNode {
  const [operation, ...others] = definitions.filter((definition) => !isFragment(definition))
  const isQuery = operation?.kind === Kind.OPERATION_DEFINITION && operation.operation === 'query'
  if (!isQuery || others.length > 0) throw new ToolRefusal(ONE_QUERY)
  return operation
}

function fragmentsOf(definitions: readonly DefinitionNode[]) {
  const all = definitions.filter(isFragment)
  const fragments = new Map(all.map((fragment) => [fragment.name.value, fragment]))
  if (all.length > MAX_FRAGMENTS)
    throw new ToolRefusal(`A query has at most ${MAX_FRAGMENTS} fragments.`)
  if (fragments.size < all.length) throw new ToolRefusal('Two fragments have the same name.')
  return fragments
}

/** Values by name: those given, and the defaults of the others. */
function createVariables(operation: OperationDefinitionNode, given: VariableValues) {
  const declared = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue
    ])
  )
  const used = new Set<string>()
  if (declared.size > MAX_VARIABLES)
    throw new ToolRefusal(`A query has at most ${MAX_VARIABLES} variables.`)
  return {
    read(name: string): ReturnType<Variables> {
      used.add(name)
      const json = Object.hasOwn(given, name) ? given[name] : undefined
      if (json !== undefined && declared.has(name)) return { json }
      const node = declared.get(name)
      if (node) return { node }
      throw new ToolRefusal(
        declared.has(name)
          ? `The variable "$${name}" has no value.`
          : `The query does not declare the variable "$${name}".`
      )
    },
    /** A value that is used nowhere was meant to narrow the question. */
    checkUsed() {
      const unused = Object.keys(given).filter((name) => !used.has(name))
      if (unused.length > 0)
        throw new ToolRefusal(`The query does not use the variables ${quoted(unused.slice(0, 5))}.`)
    }
  }
}

function checkRoots(roots: readonly SelectedField[]): void {
  if (roots.length > MAX_ROOTS)
    throw new ToolRefusal(`A query asks for at most ${MAX_ROOTS} things at its root.`)
  if (roots.length === 0) throw new ToolRefusal('The query asks for nothing.')
  if (new Set(roots.map(({ key }) => key)).size < roots.length)
    throw new ToolRefusal('Two root fields have the same name. Give them different aliases.')
}

/**
 * The root fields of a document that is one bounded query. Throws {@link ToolRefusal}.
 *
 * What is sent to Nautobot is printed anew from this, never the text itself: what was not understood cannot be in it.
 */
export function readDocument(text: string, given: VariableValues): readonly SelectedField[] {
  const { definitions } = parseText(text)
  const operation = theQuery(definitions)
  const variables = createVariables(operation, given)
  if (operation.directives?.length) throw new ToolRefusal('A query takes no directives here.')
  const roots = expandSelections(operation.selectionSet, {
    fragments: fragmentsOf(definitions),
    variables: variables.read
  })
  checkRoots(roots)
  variables.checkUsed()
  return roots
}
