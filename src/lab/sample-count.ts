import { nearestSpelling } from '../platform/nearest.ts'
import { groupFilters } from './sample-group-filters.ts'
import type { SampleField, SampleModel } from './sample-model.ts'
import {
  findWithHelp,
  MAX_NEAREST,
  type Parameters,
  readNumber,
  refuseField
} from './sample-question.ts'
import { SampleRefusal } from './sample-refusal.ts'
import type { RestRequest } from './sample-rest.ts'
import type { SampleObject } from './sample-store.ts'

const DEFAULT_TOP = 20
const MAX_TOP = 100
const MAX_FIELDS = 2
const MAX_EXAMPLES = 12
const UNGROUPABLE: readonly SampleField['kind'][] = ['reverse', 'only', 'json', 'content-types']

type Value = string | null

interface Group {
  readonly values: readonly Value[]
  readonly count: number
}

/** The shim's count: a number, and how it is distributed over one or two fields. */
export function countObjects(
  request: RestRequest,
  model: SampleModel
): Readonly<Record<string, unknown>> {
  const filters = new Map<string, readonly string[]>()
  for (const name of new Set(request.query.keys())) filters.set(name, request.query.getAll(name))
  const fields = readGroupBy(filters, model)
  const top = readNumber(filters, 'top', { otherwise: DEFAULT_TOP, max: MAX_TOP })
  const found = findWithHelp(request, model, filters)
  if (fields.length === 0) return { count: found.length }
  const groups = groupObjects(request, found, fields)
  const shown = groups.slice(0, top)
  return {
    count: found.length,
    groups: shown.map((group) => describe(request, model, fields, group)),
    more: { groups: groups.length - shown.length, objects: sumOf(groups) - sumOf(shown) },
    ...(fields.some((name) => model.fields[name]?.kind === 'many') && { overlapping: true })
  }
}

const sumOf = (groups: readonly Group[]) => groups.reduce((sum, { count }) => sum + count, 0)

function readGroupBy(filters: Parameters, model: SampleModel): readonly string[] {
  const given = filters.get('group_by') ?? []
  filters.delete('group_by')
  const isWrong = given.length > MAX_FIELDS || new Set(given).size < given.length
  if (isWrong || given.join('').includes(',')) {
    const message = 'Group by one field, or by two different ones with group_by given twice.'
    throw refuseField('group_by', message)
  }
  const groupable = Object.entries(model.fields)
    .filter(([, { kind }]) => !UNGROUPABLE.includes(kind))
    .map(([field]) => field)
  for (const name of given) if (!groupable.includes(name)) throw refuseGroup(name, groupable)
  return given
}

function refuseGroup(name: string, groupable: readonly string[]): SampleRefusal {
  const [head = ''] = name.split(/__|\./)
  const isPath = head !== name && groupable.includes(head)
  const near = isPath ? [head] : nearestSpelling(name, groupable, MAX_NEAREST)
  const examples = groupable.toSorted().slice(0, MAX_EXAMPLES).join(', ')
  const hint =
    near.length > 0 ? `Did you mean ${near.join(', ')}?` : `Fields to group by: ${examples}.`
  return new SampleRefusal(400, {
    group_by: [`"${name.slice(0, 100)}" is not a field to group by. ${hint}`],
    nearest: { group_by: near }
  })
}

/** Largest group first. */
function groupObjects(
  { store }: RestRequest,
  found: readonly SampleObject[],
  fields: readonly string[]
): readonly Group[] {
  const groups = new Map<string, { values: readonly Value[]; count: number }>()
  for (const object of found) {
    const choices = fields.map((field) => {
      const values = store.pluck(object, field)
      return values.length > 0 ? values.map(String) : [null]
    })
    for (const values of combine(choices)) {
      const key = JSON.stringify(values)
      const group = groups.get(key) ?? { values, count: 0 }
      groups.set(key, { ...group, count: group.count + 1 })
    }
  }
  return [...groups.values()].toSorted((left, right) => right.count - left.count)
}

/** Every choice of one value from each field. */
function combine(choices: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  return choices.reduce<readonly (readonly Value[])[]>(
    (chosen, values) => chosen.flatMap((before) => values.map((value) => [...before, value])),
    [[]]
  )
}

/** As the shim answers; a label that the user may not view stays away. */
function describe(
  { store, user }: RestRequest,
  model: SampleModel,
  fields: readonly string[],
  { values, count }: Group
) {
  const labels = values.map((value) => {
    const related = value === null ? undefined : store.get(value)
    if (!related) return value
    return user.sees(related) ? related.label : null
  })
  return { values, labels, count, filters: groupFilters(store, model, fields, values) }
}
