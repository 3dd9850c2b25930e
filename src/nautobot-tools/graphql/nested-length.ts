import { AppError } from '../../errors.ts'
import type { Asker } from '../asker.ts'
import { askCount } from '../counting.ts'
import { toQuery } from '../filter.ts'
import { askJudged } from '../graphql-rows.ts'
import type { NautobotModel } from '../nautobot-model.ts'
import { ToolRefusal } from '../tool-failure.ts'
import { countAll, type PlannedList } from './planned-lists.ts'
import type { TypedField } from './typed-fields.ts'

/** A list within each of many objects may be this many times longer than the average one. */
const SKEW = 3
/** A list that is longer than this for the average object is asked for at the root. */
const MAX_AVERAGE = 50
/** Fewer than this in all, however they are spread, harm nobody. */
const FEW = 500
/** Length of a nested list of which nothing is known, such as the content types of a status. */
const UNKNOWN_LENGTH = 10
/** More would not fit into the address of a count. */
const MAX_IDS = 40

/** A nested list and what it hangs on. */
export interface Nest {
  readonly list: PlannedList
  readonly parent: TypedField
  /** Undefined unless the parent is itself a list. */
  readonly parentList: PlannedList | undefined
  /** How many objects it hangs on, at most or about. */
  readonly parents: number
  readonly asker: Asker
}

type Counted = NonNullable<PlannedList['counted']>

/** The filter of the many side by which it finds its one side; undefined when there are several or none. */
function inverseFilter({ around }: Counted, parent: NautobotModel | undefined): string | undefined {
  const names = [...around.description.filters].flatMap(([name, { related }]) =>
    related !== undefined && related === parent?.objectType ? [name] : []
  )
  const own = parent?.objectType.split('.')[1]
  return names.find((name) => name === own) ?? (names.length === 1 ? names[0] : undefined)
}

/** How to ask for the many side of a relation by itself. */
function inverted(counted: Counted, parent: NautobotModel | undefined): string {
  const { graphqlRoot } = counted.around.model
  if (!graphqlRoot) return ''
  const filter = inverseFilter(counted, parent)
  return filter
    ? ` Ask for them at the root instead: ${graphqlRoot}(${filter}: …, limit: …).`
    : ` Ask for "${graphqlRoot}" at the root instead, with a filter.`
}

/** The objects that a list hangs on, where they are few: at the root, by their ids. */
async function parentIds({ parent, parentList, parents, asker }: Nest): Promise<string[]> {
  const id = parent.selected.args.find(({ name }) => name === 'id')?.values[0]?.text
  if (!parent.type.isList && id !== undefined) return [id]
  if (!parentList?.isRoot || parents > MAX_IDS) return []
  const { field, args, limit, offset } = parentList
  const list = [...args, `limit: ${limit + 1}`, `offset: ${offset}`].join(', ')
  const { rows } = await askJudged(asker, `{ rows: ${field.selected.name}(${list}) { id } }`)
  return Array.isArray(rows) ? rows.map(({ id }) => String(id)) : []
}

/** The length of all these lists together, counted; undefined where it cannot be. */
async function exactLength(nest: Nest, counted: Counted): Promise<number | undefined> {
  const { filters, model } = counted.around
  const name = inverseFilter(counted, nest.parent.model)
  if (!name || filters.some((filter) => filter.name === name)) return undefined
  const ids = await parentIds(nest)
  if (ids.length === 0) return undefined
  const query = { ...toQuery(filters), [name]: ids }
  try {
    return (await askCount(nest.asker, model.objectType, query)).count
  } catch (error) {
    // A filter that takes no ids, or not so many.
    if (error instanceof AppError && error.code === 'INVALID_REQUEST') return undefined
    throw error
  }
}

async function averageLength({ list, parent, asker }: Nest, counted: Counted): Promise<number> {
  const { model } = parent
  const { count, around } = counted
  const parents = (model && (await countAll(asker, model.objectType))) || 1
  const average = Math.ceil(count / parents)
  if (count > FEW && average > MAX_AVERAGE)
    throw new ToolRefusal(
      `"${list.field.path}" is a list of about ${average} ${around.model.plural} for each object above it, ` +
        `and Nautobot cannot limit a nested list.${inverted(counted, model)}`
    )
  return Math.min(count, average * SKEW)
}

/**
 * How many objects a nested list has for all it hangs on together: counted where these are few, else estimated from how
 * many there are of both. Throws {@link ToolRefusal} for a list that is long wherever it hangs.
 */
export async function nestedLength(nest: Nest): Promise<number> {
  const { list, parents } = nest
  if (!list.counted) return parents * UNKNOWN_LENGTH
  if (list.counted.count === 0 || parents === 0) return 0
  const exact = list.counted.count > FEW ? await exactLength(nest, list.counted) : undefined
  return exact ?? parents * (await averageLength(nest, list.counted))
}
