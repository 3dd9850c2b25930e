import { nearestSpelling } from '../platform/nearest.ts'
import { hasFilter } from './nautobot-names.ts'
import { FilterError, readFilters } from './sample-filters.ts'
import type { SampleModel } from './sample-model.ts'
import { SampleRefusal } from './sample-refusal.ts'
import { type RestRequest, visibleObjects } from './sample-rest.ts'
import type { SampleObject } from './sample-store.ts'

const DEFAULT_TOP = 20
const MAX_TOP = 100
const MAX_NEAREST = 3

interface Group {
  readonly value: string | null
  readonly label: string | null
  readonly count: number
}

/** The shim's count: a number, and how it is distributed over one field. */
export function countObjects(
  request: RestRequest,
  model: SampleModel
): Readonly<Record<string, unknown>> {
  const filters = new Map<string, readonly string[]>()
  for (const name of new Set(request.query.keys())) filters.set(name, request.query.getAll(name))
  const groupBy = readGroupBy(filters, model)
  const top = readTop(filters)
  const found = findWithHelp(request, model, filters)
  if (groupBy === undefined) return { count: found.length }
  const groups = groupObjects(request, found, groupBy)
  const field = model.fields[groupBy]
  return {
    count: found.length,
    groups: groups.slice(0, top),
    more: groups.length > top,
    ...(field?.kind === 'many' && { overlapping: true })
  }
}

function readGroupBy(
  filters: Map<string, readonly string[]>,
  model: SampleModel
): string | undefined {
  const given = filters.get('group_by')
  filters.delete('group_by')
  if (given === undefined) return undefined
  const [name = ''] = given
  if (given.length > 1 || name.includes(',')) {
    throw refuseField('group_by', 'Group by one field; ask again for another.')
  }
  const groupable = Object.entries(model.fields)
    .filter(([, { kind }]) => !['reverse', 'only', 'json', 'content-types'].includes(kind))
    .map(([field]) => field)
  if (groupable.includes(name)) return name
  const near = nearestSpelling(name, groupable, MAX_NEAREST)
  const hint =
    near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'GET models/ lists the fields.'
  throw new SampleRefusal(400, {
    group_by: [`"${name.slice(0, 100)}" is not a field to group by. ${hint}`],
    nearest: { group_by: near }
  })
}

function readTop(filters: Map<string, readonly string[]>): number {
  const given = filters.get('top')
  filters.delete('top')
  if (given === undefined) return DEFAULT_TOP
  const top = /^\d{1,3}$/.test(given[0] ?? '') ? Number(given[0]) : 0
  if (given.length > 1 || top < 1 || top > MAX_TOP) {
    throw refuseField('top', `Enter a whole number from 1 to ${MAX_TOP}.`)
  }
  return top
}

function refuseField(name: string, message: string): SampleRefusal {
  return new SampleRefusal(400, { [name]: [message] })
}

/** As the list, but a misspelt filter is answered with the nearest ones. */
function findWithHelp(
  request: RestRequest,
  model: SampleModel,
  filters: ReadonlyMap<string, readonly string[]>
): readonly SampleObject[] {
  try {
    return visibleObjects(request, model, filters)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const unknown = Object.keys(error.errors).filter((name) => !isKnown(request, model, name))
    if (unknown.length === 0) throw error
    const names = Object.keys(model.filters)
    const near = unknown.map((name) => [name, nearestSpelling(name, names, MAX_NEAREST)])
    throw new SampleRefusal(400, { ...error.errors, nearest: Object.fromEntries(near) })
  }
}

function isKnown({ store }: RestRequest, model: SampleModel, name: string): boolean {
  if (hasFilter(model.objectType, name)) return true
  try {
    readFilters(store, model, new Map([[name, []]]))
    return true
  } catch {
    return false
  }
}

/** Largest group first; a label the user may not view stays away. */
function groupObjects(
  { store, user }: RestRequest,
  found: readonly SampleObject[],
  field: string
): readonly Group[] {
  const counts = new Map<string | null, number>()
  for (const object of found) {
    const values = store.pluck(object, field)
    for (const value of values.length > 0 ? values : [null]) {
      const key = value === null ? null : String(value)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  const labelOf = (value: string | null) => {
    const related = value === null ? undefined : store.get(value)
    if (!related) return value
    return user.sees(related) ? related.label : null
  }
  return [...counts]
    .map(([value, count]) => ({ value, label: labelOf(value), count }))
    .toSorted((left, right) => right.count - left.count)
}
