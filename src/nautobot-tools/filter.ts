import type { Query } from '../nautobot/client.types.ts'

/** One filter whose values Nautobot cannot misunderstand. */
export interface Filter {
  /** As the asker says it. */
  readonly name: string
  /** As Nautobot is asked, where that is another filter. */
  readonly sentAs?: string
  readonly kind: 'text' | 'number' | 'boolean'
  /** At least one, none blank. */
  readonly values: readonly string[]
}

/** As Nautobot's REST API and its pages take them. */
export function toQuery(filters: readonly Filter[]): Query {
  return Object.fromEntries(filters.map(({ name, sentAs = name, values }) => [sentAs, values]))
}

/**
 * As arguments of a GraphQL list. Literals, not variables: whether an argument is declared a text, a list of texts or
 * a number differs from filter to filter; a literal fits all of them, a variable only one. A JSON string is a GraphQL
 * string.
 */
export function toArguments(filters: readonly Filter[]): string[] {
  return filters.map(({ name, sentAs = name, kind, values }) => {
    const literals = values.map((value) => (kind === 'text' ? JSON.stringify(value) : value))
    return `${sentAs}: ${literals.length === 1 ? literals[0] : `[${literals.join(', ')}]`}`
  })
}
