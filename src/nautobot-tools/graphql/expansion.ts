import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode
} from 'graphql'
import { ToolRefusal } from '../tool-failure.ts'
import { type Argument, readArgument, readCondition, type Variables } from './literals.ts'

/** Braces within braces; each level may multiply the rows. */
const MAX_DEPTH = 6
/** Fields and fragments, each as often as it is used. */
const MAX_SELECTIONS = 150
const MAX_ALIASES = 20

/** A field as the document asks for it, with fragments, directives and variables resolved. */
export interface SelectedField {
  readonly name: string
  /** Its name in the answer: the alias where there is one. */
  readonly key: string
  /** Types it is asked for only, outermost first; mostly none. */
  readonly on: readonly string[]
  readonly args: readonly Argument[]
  readonly children: readonly SelectedField[]
}

interface Sources {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Variables
}

interface Place {
  readonly depth: number
  readonly on: readonly string[]
  /** Fragments that this place is inside of. */
  readonly within: readonly string[]
}

const INTROSPECTION =
  'The schema cannot be queried here. Use describe for models, fields and filters; an unknown name is answered with the nearest ones.'

/** Spends what one query may have, as fragments are written out. */
function createBudget() {
  let selections = 0
  let aliases = 0
  return {
    select() {
      selections += 1
      if (selections > MAX_SELECTIONS)
        throw new ToolRefusal(`A query has at most ${MAX_SELECTIONS} fields. Ask for less at once.`)
    },
    alias() {
      aliases += 1
      if (aliases > MAX_ALIASES)
        throw new ToolRefusal(`A query has at most ${MAX_ALIASES} aliases. Ask for less at once.`)
    }
  }
}

/** Whether `@include` and `@skip` leave it in. Other directives are refused. */
function isIncluded(directives: readonly DirectiveNode[], variables: Variables): boolean {
  return directives.every(({ name, arguments: args = [] }) => {
    const condition = args.find((argument) => argument.name.value === 'if')?.value
    if (name.value === 'include') return readCondition(condition, variables)
    if (name.value === 'skip') return !readCondition(condition, variables)
    throw new ToolRefusal(`The directive "@${name.value}" cannot be used here.`)
  })
}

function checkName(name: string, depth: number): void {
  if (!name.startsWith('__') || (name === '__typename' && depth > 1)) return
  throw new ToolRefusal(INTROSPECTION)
}

/** The fields of a selection set with fragments and variables written out. Throws {@link ToolRefusal}. */
export function expandSelections(set: SelectionSetNode, sources: Sources): SelectedField[] {
  const { fragments, variables } = sources
  const budget = createBudget()

  function readField(node: FieldNode, { depth, on, within }: Place): SelectedField {
    const name = node.name.value
    const key = node.alias?.value ?? name
    checkName(name, depth)
    checkName(key, depth)
    if (node.alias) budget.alias()
    const args = (node.arguments ?? []).map(({ name: { value }, value: given }) =>
      readArgument(value, given, variables)
    )
    const inside = { depth: depth + 1, on: [], within }
    const children = node.selectionSet ? readSet(node.selectionSet, inside) : []
    return { name, key, on, args, children }
  }

  function readInline(node: InlineFragmentNode, place: Place): SelectedField[] {
    const type = node.typeCondition?.name.value
    return readSet(node.selectionSet, { ...place, on: type ? [...place.on, type] : place.on })
  }

  function readSpread(node: FragmentSpreadNode, place: Place): SelectedField[] {
    const name = node.name.value
    const fragment = fragments.get(name)
    if (!fragment) throw new ToolRefusal(`There is no fragment "${name}" in the query.`)
    if (place.within.includes(name))
      throw new ToolRefusal(`The fragment "${name}" is inside of itself.`)
    if (fragment.directives?.length) throw new ToolRefusal('A fragment takes no directives here.')
    const on = [...place.on, fragment.typeCondition.name.value]
    return readSet(fragment.selectionSet, { ...place, on, within: [...place.within, name] })
  }

  function readSelection(node: SelectionNode, place: Place): SelectedField[] {
    budget.select()
    if (!isIncluded(node.directives ?? [], variables)) return []
    if (node.kind === Kind.FIELD) return [readField(node, place)]
    return node.kind === Kind.INLINE_FRAGMENT ? readInline(node, place) : readSpread(node, place)
  }

  function readSet({ selections }: SelectionSetNode, place: Place): SelectedField[] {
    if (place.depth > MAX_DEPTH)
      throw new ToolRefusal(`A query goes at most ${MAX_DEPTH} levels deep.`)
    return selections.flatMap((node) => readSelection(node, place))
  }

  return readSet(set, { depth: 1, on: [], within: [] })
}
