import type { SelectedField } from './expansion.ts'
import type { Argument, Scalar } from './literals.ts'

/** The arguments of a field as they are sent, `name: value` each. */
export type ArgumentsOf = (field: SelectedField) => readonly string[]

// A JSON string is a GraphQL string.
const printScalar = ({ kind, text }: Scalar) => (kind === 'text' ? JSON.stringify(text) : text)

/** `name: ["a", "b"]`. */
export function printArgument({ name, values, isList }: Argument): string {
  const printed = values.map(printScalar).join(', ')
  return `${name}: ${isList ? `[${printed}]` : printed}`
}

function printField(field: SelectedField, argumentsOf: ArgumentsOf): string {
  const { name, key, on, children } = field
  const args = argumentsOf(field)
  const alias = key === name ? '' : `${key}: `
  const list = args.length > 0 ? `(${args.join(', ')})` : ''
  const inside = children.length > 0 ? ` ${printFields(children, argumentsOf)}` : ''
  return on.reduceRight(
    (printed, type) => `... on ${type} { ${printed} }`,
    `${alias}${name}${list}${inside}`
  )
}

/** A selection set, or a whole query. */
export function printFields(fields: readonly SelectedField[], argumentsOf: ArgumentsOf): string {
  return `{ ${fields.map((field) => printField(field, argumentsOf)).join(' ')} }`
}

/** A query for the last field of a path alone, of one row of its root. */
export function printProbe(path: readonly SelectedField[], isRootList: boolean): string {
  const typename = { name: '__typename', key: '__typename', on: [], args: [], children: [] }
  const inside = path.at(-1)?.children.length ? [typename] : []
  const chain = path.reduceRight<readonly SelectedField[]>(
    (children, field) => [{ ...field, key: field.name, children }],
    inside
  )
  return printFields(chain, (field) => (isRootList && field === chain[0] ? ['limit: 1'] : []))
}
