import { AppError } from '../../errors.ts'
import type { Asker } from '../asker.ts'
import { askCount } from '../counting.ts'
import type { Surroundings } from '../explain.ts'
import { toArguments, toQuery } from '../filter.ts'
import { readFilters } from '../filters.ts'
import { askByName, readAs } from '../inexact-names.ts'
import type { ModelDirectory } from '../model-directory.ts'
import type { NautobotModel } from '../nautobot-model.ts'
import { ToolRefusal } from '../tool-failure.ts'
import { MAX_ROWS } from '../tool-input.ts'
import type { Argument } from './literals.ts'
import { printArgument } from './print.ts'
import type { Schema, TypedField } from './typed-fields.ts'

const DEFAULT_ROWS = 50
const MAX_OFFSET = 10_000
/** Each is counted before the query is sent. */
const MAX_LISTS = 10
const PAGING = ['limit', 'offset']

/** A list of a query with how many there are. */
export interface PlannedList {
  readonly field: TypedField
  readonly isRoot: boolean
  /** Rows shown; only root lists can be limited. */
  readonly limit: number
  readonly offset: number
  /** As they are sent. */
  readonly args: readonly string[]
  /** Undefined for a list that is of no model: nobody can count it. */
  readonly counted: { readonly around: Surroundings; readonly count: number } | undefined
  /** Filters that were not taken as they were written. */
  readonly readAs: Readonly<Record<string, readonly string[]>>
  /** The user may view none of these objects. */
  readonly isHidden: boolean
}

export interface Planning extends Schema {
  readonly directory: ModelDirectory
  /** Milliseconds since the epoch; for times such as "yesterday". */
  readonly nowMs: number
}

function wholeNumber(args: readonly Argument[], name: string, fallback: number): number {
  const argument = args.find((candidate) => candidate.name === name)
  if (!argument) return fallback
  const [value] = argument.values
  if (!argument.isList && value?.kind === 'number' && /^\d{1,9}$/.test(value.text))
    return Number(value.text)
  throw new ToolRefusal(`"${name}" takes one whole number.`)
}

function pagingOf({ path, selected: { args } }: TypedField, isRoot: boolean) {
  const given = args.find(({ name }) => PAGING.includes(name))
  if (!isRoot && given)
    throw new ToolRefusal(
      `Nautobot limits lists at the root of a query alone, so "${path}" takes no ${given.name}. ` +
        'Filter it, or ask for it at the root, filtered by the object above it.'
    )
  const limit = wholeNumber(args, 'limit', DEFAULT_ROWS)
  const offset = wholeNumber(args, 'offset', 0)
  // Nautobot takes 0 for no limit at all.
  if (limit === 0) throw new ToolRefusal(`The limit of "${path}" is at least 1.`)
  if (offset > MAX_OFFSET)
    throw new ToolRefusal(`The offset of "${path}" is at most ${MAX_OFFSET}. Use a filter.`)
  return { limit: Math.min(limit, MAX_ROWS), offset }
}

const toInput = (args: readonly Argument[]) =>
  Object.fromEntries(
    args.map(({ name, values, isList }) => {
      const texts = values.map(({ text }) => text)
      return [name, isList ? texts : (texts[0] ?? '')]
    })
  )

/** How many there are, which is also Nautobot's own judgement on the filters, by the names that it has. */
async function countList(around: Surroundings) {
  const { answer, filters } = await askByName(around, {
    ask: (used) => askCount(around.asker, around.model.objectType, toQuery(used)),
    isEmpty: ({ count }) => count === 0
  })
  return { around: { ...around, filters }, count: answer.count }
}

function isForbidden(error: unknown): boolean {
  return error instanceof AppError && error.code === 'FORBIDDEN'
}

function forbidden(path: string, { plural }: NautobotModel, cause: unknown): AppError {
  return new AppError('FORBIDDEN', `"${path}": your rights do not show ${plural}.`, { cause })
}

async function planList(field: TypedField, isRoot: boolean, planning: Planning) {
  const { asker, models, directory, nowMs } = planning
  const { model, selected } = field
  const paging = pagingOf(field, isRoot)
  const given = selected.args.filter(({ name }) => !PAGING.includes(name))
  const base = { field, isRoot, ...paging, readAs: {}, isHidden: false }
  if (!model) return { ...base, args: given.map(printArgument), counted: undefined }
  const description = await directory.describe(model.objectType, asker)
  const written = toInput(given)
  const { filters } = readFilters(written, description, nowMs)
  const around = { asker, models, model, description, filters }
  try {
    const counted = await countList(around)
    const used = counted.around.filters
    const { read_as = {} } = readAs(written, used)
    return { ...base, args: toArguments(used), counted, readAs: read_as }
  } catch (error) {
    // What is nested is empty to who may not view it; at the root that would read like "none".
    if (!isForbidden(error)) throw error
    if (isRoot) throw forbidden(field.path, model, error)
    const args = toArguments(filters)
    return { ...base, args, counted: { around, count: 0 }, isHidden: true }
  }
}

/** The lists of a query, each with whether it is at the root. */
function listsIn(fields: readonly TypedField[], isRoot = true): (readonly [TypedField, boolean])[] {
  return fields.flatMap((field) => {
    const isList = field.type.isList && field.type.isComposite
    const paging = field.selected.args.find(({ name }) => PAGING.includes(name))
    if (paging && !isList)
      throw new ToolRefusal(`"${field.path}" is no list, so it takes no ${paging.name}.`)
    return [...(isList ? [[field, isRoot] as const] : []), ...listsIn(field.children, false)]
  })
}

/** Counts every list of a query, with its filters. Throws as the tools do: wrong filters with the nearest names. */
export async function planLists(
  roots: readonly TypedField[],
  planning: Planning
): Promise<ReadonlyMap<TypedField, PlannedList>> {
  const lists = listsIn(roots)
  if (lists.length > MAX_LISTS)
    throw new ToolRefusal(`A query has at most ${MAX_LISTS} lists, nested ones included.`)
  const planned = await Promise.all(
    lists.map(([field, isRoot]) => planList(field, isRoot, planning))
  )
  return new Map(planned.map((list) => [list.field, list]))
}

/** How many objects of a model the user sees in all; undefined when that cannot be told. */
export async function countAll(asker: Asker, objectType: string): Promise<number | undefined> {
  try {
    return (await askCount(asker, objectType, {})).count
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}
