import type { ProofLink } from '../tool-server.ts'
import { type Filter, toQuery } from './filters.ts'
import type { NautobotModel } from './model-directory.ts'

const title = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Nautobot's own list with the same filters: it shows the same number. None for a model without pages. */
export function listLink(
  publicUrl: string,
  model: NautobotModel,
  filters: readonly Filter[],
  count: number | undefined
): ProofLink[] {
  if (!model.page) return []
  const search = new URLSearchParams()
  for (const [name, values] of Object.entries(toQuery(filters)))
    for (const value of values as readonly string[]) search.append(name, value)
  // Without it an administrator's saved view may add filters of its own.
  search.set('clear_view', 'true')
  const label = count === undefined ? title(model.plural) : `${title(model.plural)}: ${count}`
  return [{ label, url: `${publicUrl}${model.page}?${search}` }]
}

/** The page of one object. */
export function objectLink(
  publicUrl: string,
  model: NautobotModel,
  id: unknown,
  label: string
): ProofLink[] {
  if (!model.page || typeof id !== 'string') return []
  return [{ label, url: `${publicUrl}${model.page}${encodeURIComponent(id)}/` }]
}
