import type { Query } from '../nautobot/client.types.ts'
import type { FilterDescription, ModelDescription } from './model-directory.ts'
import { quoted, ToolRefusal } from './tool-failure.ts'

export type FilterInput = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[]>
>

type Kind = 'text' | 'number' | 'boolean'

/** One filter whose values Nautobot cannot misunderstand. */
export interface Filter {
  readonly name: string
  readonly kind: Kind
  /** At least one, none blank. */
  readonly values: readonly string[]
}

export interface Filters {
  readonly filters: readonly Filter[]
  /** Names that the description lacks: Nautobot itself must judge them before anything is believed. */
  readonly unknown: readonly string[]
}

/** Read by Nautobot's API or by its lists as something else than a filter. */
const RESERVED = new Set([
  'api_version',
  'clear_view',
  'format',
  'group_by',
  'limit',
  'offset',
  'page',
  'per_page',
  'saved_view',
  'sort',
  'top'
])
const NAME = /^[a-z_][a-z0-9_]{0,99}$/
const NUMBER = /^-?\d{1,18}(\.\d{1,9})?$/
const BOOLEAN = /^(true|false)$/i
const TAKES_SEVERAL = /Multi|NaturalKey|^(ConfigContextRole|Prefix|Role|Status|Tag)Filter$/
const NUMERIC = /Number|Numeric|Decimal|Float/

function valuesOf(name: string, input: FilterInput[string]): string[] {
  const values = (Array.isArray(input) ? input : [input]).map((value) => String(value).trim())
  // Nautobot takes a blank value for no filter at all, and would answer a broader question.
  if (values.length === 0 || values.includes(''))
    throw new ToolRefusal(`The filter "${name}" has a blank value. Leave it out or give a value.`)
  return values
}

function kindOf(lookup: string | undefined, description: FilterDescription | undefined): Kind {
  if (lookup === 'isnull' || description?.type.includes('Boolean')) return 'boolean'
  return description && NUMERIC.test(description.type) ? 'number' : 'text'
}

/** `name__ic` is the lookup `ic` of `name`; a filter may have `__` in its own name. */
function lookUp(name: string, { filters }: ModelDescription) {
  const whole = filters.get(name)
  if (whole) return { description: whole, lookup: undefined }
  const at = name.lastIndexOf('__')
  const description = at > 0 ? filters.get(name.slice(0, at)) : undefined
  const lookup = name.slice(at + 2)
  return description?.lookups?.includes(lookup) ? { description, lookup } : undefined
}

function checked(name: string, kind: Kind, values: string[]): Filter {
  const pattern = { text: undefined, number: NUMBER, boolean: BOOLEAN }[kind]
  const wrong = pattern && values.find((value) => !pattern.test(value))
  // Nautobot ignores a boolean it cannot read, and would answer a broader question.
  if (wrong !== undefined)
    throw new ToolRefusal(
      `The filter "${name}" takes ${kind === 'boolean' ? 'true or false' : 'numbers'}, not "${wrong}".`
    )
  return { name, kind, values: kind === 'boolean' ? values.map((v) => v.toLowerCase()) : values }
}

function readFilter(name: string, input: FilterInput[string], model: ModelDescription) {
  if (!NAME.test(name) || RESERVED.has(name))
    throw new ToolRefusal(`"${name.slice(0, 100)}" is not a filter.`)
  const values = valuesOf(name, input)
  const known = lookUp(name, model)
  const filter = checked(name, kindOf(known?.lookup, known?.description), values)
  // Nautobot would use the last value alone.
  if (known && values.length > 1 && !TAKES_SEVERAL.test(known.description.type))
    throw new ToolRefusal(`The filter "${name}" takes one value, not ${quoted(values)}.`)
  return { filter, known: known !== undefined }
}

/** Checks filters against what Nautobot says about the model. Throws {@link ToolRefusal}. */
export function readFilters(input: FilterInput, model: ModelDescription): Filters {
  const read = Object.entries(input).map(([name, value]) => readFilter(name, value, model))
  return {
    filters: read.map(({ filter }) => filter),
    unknown: read.filter(({ known }) => !known).map(({ filter }) => filter.name)
  }
}

/** As Nautobot's REST API and its pages take them. */
export function toQuery(filters: readonly Filter[]): Query {
  return Object.fromEntries(filters.map(({ name, values }) => [name, values]))
}

/**
 * As arguments of a GraphQL list. Literals, not variables: whether an argument is declared a text, a list of texts or
 * a number differs from filter to filter; a literal fits all of them, a variable only one. A JSON string is a GraphQL
 * string.
 */
export function toArguments(filters: readonly Filter[]): string[] {
  return filters.map(({ name, kind, values }) => {
    const literals = values.map((value) => (kind === 'text' ? JSON.stringify(value) : value))
    return `${name}: ${literals.length === 1 ? literals[0] : `[${literals.join(', ')}]`}`
  })
}
