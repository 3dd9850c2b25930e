import { Kind, type ValueNode } from 'graphql'
import { ToolRefusal } from '../tool-failure.ts'

const MAX_VALUES = 50
const MAX_VALUE_CHARACTERS = 200

/** A value whose meaning does not depend on a variable any more. */
export interface Scalar {
  readonly kind: 'text' | 'number' | 'boolean' | 'enum'
  readonly text: string
}

/** One argument of a field: never null, never blank, never a list within a list. */
export interface Argument {
  readonly name: string
  readonly values: readonly Scalar[]
  readonly isList: boolean
}

/** Looks up a variable: a value of JSON, or the default as it is written. Throws for one that has no value. */
export type Variables = (name: string) => { readonly json: unknown } | { readonly node: ValueNode }

const NULL = 'null means "no filter" to Nautobot. Leave the argument out, or give a value.'

const scalarOf = (kind: Scalar['kind'], text: string): Scalar => ({ kind, text })

function ofJson(value: unknown): Scalar {
  if (typeof value === 'string') return scalarOf('text', value)
  if (typeof value === 'boolean') return scalarOf('boolean', String(value))
  if (typeof value === 'number' && Number.isFinite(value)) return scalarOf('number', String(value))
  throw new ToolRefusal(
    value === null || value === undefined ? NULL : 'A value is a text, a number, true or false.'
  )
}

function ofNode(node: ValueNode, variables: Variables): Scalar {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const variable = variables(node.name.value)
      return 'node' in variable ? ofNode(variable.node, variables) : ofJson(variable.json)
    }
    case Kind.STRING:
      return scalarOf('text', node.value)
    case Kind.INT:
    case Kind.FLOAT:
      return scalarOf('number', node.value)
    case Kind.BOOLEAN:
      return scalarOf('boolean', String(node.value))
    case Kind.ENUM:
      return scalarOf('enum', node.value)
    default:
      return ofJson(node.kind === Kind.NULL ? null : {})
  }
}

function listOf(node: ValueNode, variables: Variables): Scalar[] | undefined {
  if (node.kind === Kind.LIST) return node.values.map((value) => ofNode(value, variables))
  if (node.kind !== Kind.VARIABLE) return undefined
  const variable = variables(node.name.value)
  if ('node' in variable) return listOf(variable.node, variables)
  return Array.isArray(variable.json) ? variable.json.map(ofJson) : undefined
}

/** Reads an argument's value and puts in its variables. Throws {@link ToolRefusal} for a value that would widen the question. */
export function readArgument(name: string, node: ValueNode, variables: Variables): Argument {
  const list = listOf(node, variables)
  const values = list ?? [ofNode(node, variables)]
  if (values.length === 0 || values.some(({ text }) => text.trim() === ''))
    throw new ToolRefusal(`The argument "${name}" has a blank value. Leave it out or give a value.`)
  if (values.length > MAX_VALUES)
    throw new ToolRefusal(`The argument "${name}" takes at most ${MAX_VALUES} values.`)
  if (values.some(({ text }) => text.length > MAX_VALUE_CHARACTERS))
    throw new ToolRefusal(`A value of "${name}" is longer than ${MAX_VALUE_CHARACTERS} characters.`)
  return { name, values, isList: list !== undefined }
}

/** The value of `if` in `@include` and `@skip`. */
export function readCondition(node: ValueNode | undefined, variables: Variables): boolean {
  const scalar = node && ofNode(node, variables)
  if (scalar?.kind === 'boolean') return scalar.text === 'true'
  throw new ToolRefusal('@include and @skip take `if: true` or `if: false`.')
}
