import type { Asker } from '../asker.ts'
import { ToolRefusal } from '../tool-failure.ts'
import { nestedLength } from './nested-length.ts'
import type { PlannedList } from './planned-lists.ts'
import type { TypedField } from './typed-fields.ts'

/** Objects of one query, about a third of a second of a Nautobot worker: 0.03 to 0.07 ms each were measured. */
const MAX_OBJECTS = 5_000
/** What a nested list costs for each object that it hangs on, even where it is empty, in objects: 0.15 to 0.2 ms. */
const NESTED_LIST = 3
/** With filters, which Nautobot puts to its database for each of these objects anew: 0.3 to 0.4 ms. */
const FILTERED_LIST = 6

interface Part {
  readonly path: string
  /** Those that it reads, and what it costs besides. */
  readonly objects: number
  readonly list: PlannedList | undefined
}

type Lists = ReadonlyMap<TypedField, PlannedList>

function rootRows(list: PlannedList | undefined): number {
  if (!list) return 1
  const { limit, offset, counted } = list
  // One more shows that there are more.
  return counted ? Math.min(limit + 1, Math.max(0, counted.count - offset)) : limit + 1
}

/** What is spent on a nested list besides its objects. */
function overheadOf({ args, isHidden }: PlannedList, parents: number): number {
  if (isHidden) return 0
  return parents * (args.length > 0 ? FILTERED_LIST : NESTED_LIST)
}

/** Objects that each part of a query reads, at most or about. */
async function partsOf(roots: readonly TypedField[], lists: Lists, asker: Asker): Promise<Part[]> {
  async function visit(parent: TypedField, parents: number, overhead = 0): Promise<Part[]> {
    const parentList = lists.get(parent)
    const below = parent.children
      .filter(({ type }) => type.isComposite)
      .map(async (child) => {
        const list = lists.get(child)
        const nest = list && { list, parent, parentList, parents, asker }
        if (!nest) return visit(child, parents)
        return visit(child, await nestedLength(nest), overheadOf(nest.list, parents))
      })
    const own = { path: parent.path, objects: parents + overhead, list: parentList }
    return [own, ...(await Promise.all(below)).flat()]
  }
  const visits = roots.map((root) => visit(root, rootRows(lists.get(root))))
  return (await Promise.all(visits)).flat()
}

/**
 * Refuses a query that would read too much, before it is sent. How long nested lists are is counted, or estimated from
 * counts.
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
    : 'Give the list at its root a smaller limit or more filters, or ask for the long list at the root by itself.'
  throw new ToolRefusal(
    `This query would cost Nautobot as much as about ${objects} objects; ${MAX_OBJECTS} are allowed. ` +
      `Most of that is in "${largest?.path}". ${advice}`
  )
}
