import type { ProofLink } from '../tool-server.ts'
import { type Filter, toQuery } from './filter.ts'
import type { NautobotModel } from './nautobot-model.ts'

/** More than anybody opens; the list of all has the rest. */
const MAX_GROUP_LINKS = 20

const title = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function listUrl(publicUrl: string, page: string, query: ReturnType<typeof toQuery>): string {
  const search = new URLSearchParams()
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) search.append(name, String(value))
  // Without it an administrator's saved view may add filters of its own.
  search.set('clear_view', 'true')
  return `${publicUrl}${page}?${search}`
}

/** Nautobot's own list with the same filters: it shows the same number. None for a model without pages. */
export function listLink(
  publicUrl: string,
  model: NautobotModel,
  filters: readonly Filter[],
  count: number | undefined
): ProofLink[] {
  if (!model.page) return []
  const label = count === undefined ? title(model.plural) : `${title(model.plural)}: ${count}`
  return [{ label, url: listUrl(publicUrl, model.page, toQuery(filters)) }]
}

interface LinkedGroup {
  readonly label: string
  readonly count: number
  readonly filters: Readonly<Record<string, string>> | null
}

/**
 * The list of each group: the count's own filters and the group's. None for a group whose filter the count has already,
 * since two values of a filter show more than one does.
 */
export function groupLinks(
  publicUrl: string,
  model: NautobotModel,
  filters: readonly Filter[],
  groups: readonly LinkedGroup[]
): ProofLink[] {
  const { page } = model
  if (!page) return []
  const given = toQuery(filters)
  return groups.slice(0, MAX_GROUP_LINKS).flatMap(({ label, count, filters: own }) => {
    if (own === null || Object.keys(own).some((name) => name in given)) return []
    const url = listUrl(publicUrl, page, { ...given, ...own })
    return [{ label: `${title(model.plural)}, ${label}: ${count}`, url }]
  })
}

/** The list of what points at an object. */
export function relatedLink(
  publicUrl: string,
  { page }: NautobotModel,
  { title: label, filters }: { title: string; filters: Readonly<Record<string, string>> }
): ProofLink[] {
  return page ? [{ label: title(label), url: listUrl(publicUrl, page, filters) }] : []
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
