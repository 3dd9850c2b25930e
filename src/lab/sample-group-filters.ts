import { lookupsOf } from './sample-filters.ts'
import type { SampleFilter, SampleModel } from './sample-model.ts'
import type { SampleStore } from './sample-store.ts'

const EXACT: readonly SampleFilter['kind'][] = [
  'text',
  'number',
  'boolean',
  'choice',
  'content-type'
]

/** The filters of a list that show exactly one group of a count; null when it has none, as the shim answers. */
export function groupFilters(
  store: SampleStore,
  model: SampleModel,
  fields: readonly string[],
  values: readonly (string | null)[]
): Readonly<Record<string, string>> | null {
  const entries = fields.map((name, index) => filterOf(store, model, name, values[index] ?? null))
  return entries.every((entry) => entry !== undefined) ? Object.fromEntries(entries) : null
}

function filterOf(
  store: SampleStore,
  model: SampleModel,
  name: string,
  value: string | null
): readonly [name: string, value: string] | undefined {
  const filter = model.filters[name]
  if (!filter || !('path' in filter) || filter.path !== name) return undefined
  if (value === null) {
    const isSingle = model.fields[name]?.kind !== 'many'
    const takesNone = lookupsOf(model.objectType, name, filter).includes('isnull')
    return isSingle && takesNone ? [`${name}__isnull`, 'true'] : undefined
  }
  return isExact(store, filter, value) ? [name, value] : undefined
}

function isExact(store: SampleStore, filter: SampleFilter, value: string): boolean {
  // A place is shown with everything below it.
  if (filter.kind === 'related')
    return !filter.tree || store.withDescendants(filter.model, value).size === 1
  return EXACT.includes(filter.kind) && value.trim() === value && value !== ''
}
