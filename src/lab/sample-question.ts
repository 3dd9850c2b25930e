import { nearestSpelling } from '../platform/nearest.ts'
import { hasFilter } from './nautobot-names.ts'
import { FilterError, readFilters } from './sample-filters.ts'
import type { SampleModel } from './sample-model.ts'
import { SampleRefusal } from './sample-refusal.ts'
import { type RestRequest, visibleObjects } from './sample-rest.ts'
import type { SampleObject } from './sample-store.ts'

export const MAX_NEAREST = 3

/** Parameters of a question to the shim: those that are no filter are taken out. */
export type Parameters = Map<string, readonly string[]>

export function refuseField(name: string, message: string): SampleRefusal {
  return new SampleRefusal(400, { [name]: [message] })
}

/** Takes a whole number from 1 on. @throws SampleRefusal 400 */
export function readNumber(
  filters: Parameters,
  name: string,
  { otherwise, max }: { readonly otherwise: number; readonly max: number }
): number {
  const given = filters.get(name)
  filters.delete(name)
  if (given === undefined) return otherwise
  const number = /^\d{1,3}$/.test(given[0] ?? '') ? Number(given[0]) : 0
  if (given.length > 1 || number < 1 || number > max) {
    throw refuseField(name, `Enter a whole number from 1 to ${max}.`)
  }
  return number
}

/** As the list, but a misspelt filter is answered with the nearest ones. */
export function findWithHelp(
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
