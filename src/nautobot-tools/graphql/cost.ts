import type { Asker } from '../asker.ts'
import type { NautobotModel } from '../model-directory.ts'
import { ToolRefusal } from '../tool-failure.ts'
import { countAll, type PlannedList } from './planned-lists.ts'
import type { TypedField } from './typed-fields.ts'

/** Objects of one query, about a third of a second of Nautobot's time. */
const MAX_OBJECTS = 3_000
/** A list within each of many objects may be this many times longer than the average one. */
const SKEW = 3
/** A list that is longer than this for the average object is asked for at the root. */
const MAX_AVERAGE = 50
/** Fewer than this in all, however they are spread, harm nobody. */
const FEW = 500
/** Length of a nested list of which nothing is known, such as the content types of a status. */
const UNKNOWN_LENGTH = 10

interface Part {
  readonly path: string
  readonly objects: number
  readonly list: PlannedList | undefined
}

type Lists = ReadonlyMap<TypedField, PlannedList>

/** How to ask for the many side of a relation by itself. */
function inverse(list: PlannedList, parent: NautobotModel | undefined): string {
  const around = list.counted?.around
  if (!around?.model.graphqlRoot) return ''
  const { model, description } = around
  const names = [...description.filters].flatMap(([name, { related }]) =>
    related !== undefined && related === parent?.objectType ? [name] : []
  )
  const own = parent?.objectType.split('.')[1]
  const filter = names.find((name) => name === own) ?? names[0]
  return filter
    ? ` Ask for them at the root instead: ${model.graphqlRoot}(${filter}: …, limit: …).`
    : ` Ask for "${model.graphqlRoot}" at the root instead, with a filter.`
}

async function lengthOf(list: PlannedList, parent: NautobotModel | undefined, asker: Asker) {
  if (!list.counted) return UNKNOWN_LENGTH
  const { count, around } = list.counted
  if (count === 0) return 0
  const parents = (parent && (await countAll(asker, parent.objectType))) || 1
  const average = Math.ceil(count / parents)
  if (count > FEW && average > MAX_AVERAGE)
    throw new ToolRefusal(
      `"${list.field.path}" is a list of about ${average} ${around.model.plural} for each object above it, ` +
        `and Nautobot cannot limit a nested list.${inverse(list, parent)}`
    )
  return Math.min(count, average * SKEW)
}

function rootRows(list: PlannedList | undefined): number {
  if (!list) return 1
  const { limit, offset, counted } = list
  // One more shows that there are more.
  return counted ? Math.min(limit + 1, Math.max(0, counted.count - offset)) : limit + 1
}

/** Objects that each part of a query reads, at most or about. */
async function partsOf(roots: readonly TypedField[], lists: Lists, asker: Asker): Promise<Part[]> {
  async function visit(field: TypedField, objects: number): Promise<Part[]> {
    const own = { path: field.path, objects, list: lists.get(field) }
    const below = field.children
      .filter(({ type }) => type.isComposite)
      .map(async (child) => {
        const list = lists.get(child)
        const length = list ? await lengthOf(list, field.model, asker) : 1
        return visit(child, objects * length)
      })
    return [own, ...(await Promise.all(below)).flat()]
  }
  const visits = roots.map((root) => visit(root, rootRows(lists.get(root))))
  return (await Promise.all(visits)).flat()
}

/**
 * Refuses a query that would read too much, before it is sent. How long nested lists are is estimated from counts: of
 * their objects, and of the objects they hang on.
 */
export async function checkCost(
  roots: readonly TypedField[],
  lists: Lists,
  asker: Asker
): Promise<void> {
  const parts = await partsOf(roots, lists, asker)
  const objects = parts.reduce((sum, part) => sum + part.objects, 0)
  if (objects <= MAX_OBJECTS) return
  const [largest] = parts.toSorted((a, b) => b.objects - a.objects)
  const advice = largest?.list?.isRoot
    ? 'Give it a smaller limit, or leave out relations.'
    : 'Give the list at its root a smaller limit or more filters.'
  throw new ToolRefusal(
    `This query would read about ${objects} objects of Nautobot; ${MAX_OBJECTS} are allowed. ` +
      `Most of them are in "${largest?.path}". ${advice}`
  )
}
