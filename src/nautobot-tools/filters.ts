import type { Filter } from './filter.ts'
import { readFilterTime, takesTimes } from './filter-times.ts'
import { addLowerBounds, refuseBareAddress } from './filter-traps.ts'
import type { FilterDescription, ModelDescription } from './nautobot-model.ts'
import { quoted, ToolRefusal } from './tool-failure.ts'

export type FilterInput = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[]>
>

export interface Filters {
  readonly filters: readonly Filter[]
  /** Names that the description lacks: Nautobot itself must judge them before anything is believed. */
  readonly unknown: readonly string[]
}

type Kind = Filter['kind']

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
/** Filters of times say "Multi" as well, but REST takes the last of their values and GraphQL any. */
const TAKES_SEVERAL =
  /Multi(?!Value(Date|DateTime|Time)Filter$)|NaturalKey|TreeNode|^(ConfigContextRole|Prefix|Role|Status|Tag)Filter$/
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

function readFilter(name: string, input: FilterInput[string], { model, nowMs }: Reading) {
  if (!NAME.test(name) || RESERVED.has(name))
    throw new ToolRefusal(`"${name.slice(0, 100)}" is not a filter.`)
  const known = lookUp(name, model)
  const kind = kindOf(known?.lookup, known?.description)
  const time = known && kind === 'text' && takesTimes(known.description) ? known : undefined
  const values = valuesOf(name, input).map((value) =>
    time && nowMs !== undefined ? readFilterTime(value, nowMs, { name, ...time }) : value
  )
  const filter = checked(name, kind, values)
  // Nautobot would use the last value alone.
  if (known && values.length > 1 && !TAKES_SEVERAL.test(known.description.type))
    throw new ToolRefusal(`The filter "${name}" takes one value, not ${quoted(values)}.`)
  refuseBareAddress(filter)
  const instead = known?.description.sentAs
  const lookup = known?.lookup === undefined ? '' : `__${known.lookup}`
  return {
    filter: instead === undefined ? filter : { ...filter, sentAs: instead + lookup },
    known: known !== undefined
  }
}

interface Reading {
  readonly model: ModelDescription
  readonly nowMs: number | undefined
}

/**
 * Checks filters against what Nautobot says about the model. With `nowMs`, milliseconds since the epoch, times such as
 * "3 days ago" are read as well. Throws {@link ToolRefusal}.
 */
export function readFilters(input: FilterInput, model: ModelDescription, nowMs?: number): Filters {
  const read = Object.entries(input).map(([name, value]) =>
    readFilter(name, value, { model, nowMs })
  )
  return {
    filters: addLowerBounds(
      read.map(({ filter }) => filter),
      model
    ),
    unknown: read.filter(({ known }) => !known).map(({ filter }) => filter.name)
  }
}
