import { isOtherPath } from './nautobot-names.ts'
import { type FilterValues, readFilters } from './sample-filters.ts'
import type { SampleField, SampleModel } from './sample-model.ts'
import { findModel, modelOf } from './sample-models.ts'
import { notInSample, refuse } from './sample-refusal.ts'
import { type SampleObject, type SampleStore, sortByPaths } from './sample-store.ts'
import type { SampleUser } from './sample-users.ts'

const DEFAULT_PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1000
const MAX_DEPTH = 10

type Json = Readonly<Record<string, unknown>>

/** How objects are shown: for whom, how deep, under which address. */
export interface RestView {
  readonly store: SampleStore
  readonly user: SampleUser
  /** Scheme and host that links begin with. */
  readonly origin: string
  readonly depth: number
  readonly excludeMany: boolean
  /** What is shown only when it is asked for. */
  readonly include?: readonly string[]
}

export interface RestRequest {
  readonly store: SampleStore
  readonly user: SampleUser
  readonly origin: string
  readonly path: string
  readonly query: URLSearchParams
}

/** Splits `/api/dcim/devices/<id>/` into the model and the id. */
export function routeOf(path: string, models: readonly SampleModel[]): RestRoute | undefined {
  const model = models.find((candidate) => path.startsWith(candidate.path))
  if (!model) return undefined
  const rest = path.slice(model.path.length).split('/')
  if (rest.length === 1 && rest[0] === '') return { model }
  const [id = '', action = '', ...more] = rest
  if (!path.endsWith('/') || more.length > 1) return undefined
  return { model, id, ...(action && { action }) }
}

export interface RestRoute {
  readonly model: SampleModel
  readonly id?: string
  readonly action?: string
}

/** What the user may see of a model, filtered. @throws SampleRefusal 403 without any right; see also readFilters. */
export function visibleObjects(
  { store, user }: Pick<RestRequest, 'store' | 'user'>,
  model: SampleModel,
  filters: FilterValues
): readonly SampleObject[] {
  if (!user.mayView(model.objectType)) {
    throw refuse(403, 'You do not have permission to perform this action.')
  }
  const test = readFilters(store, model, filters)
  return store.list(model.objectType).filter((object) => user.sees(object) && test(object))
}

/** One page of a list. */
export function listObjects(request: RestRequest, model: SampleModel): Json {
  const { filters, view, limit, offset, sort } = readQuery(request)
  const found = visibleObjects(request, model, filters)
  const objects = sort.length > 0 ? sortByPaths(request.store, found, sort) : found
  const page = objects.slice(offset, offset + limit)
  const link = (next: number) => {
    const query = new URLSearchParams(request.query)
    query.set('limit', String(limit))
    query.set('offset', String(next))
    return `${request.origin}${request.path}?${query}`
  }
  return {
    count: objects.length,
    next: offset + limit < objects.length ? link(offset + limit) : null,
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : null,
    results: page.map((object) => showObject(object, view))
  }
}

/** One object. @throws SampleRefusal 404 when it is not there or not for this user. */
export function getObject(request: RestRequest, model: SampleModel, id: string): SampleObject {
  const { store, user } = request
  if (!user.mayView(model.objectType)) {
    throw refuse(403, 'You do not have permission to perform this action.')
  }
  const object = store.get(id)
  if (object?.objectType !== model.objectType || !user.sees(object)) {
    const name = model.name.replace(/(?:^| )\w/g, (start) => start.trim().toUpperCase())
    throw refuse(404, `No ${name} matches the given query.`)
  }
  return object
}

/** The reading of the parameters that are not filters. */
export function readQuery(request: RestRequest) {
  const filters = new Map<string, readonly string[]>()
  for (const name of new Set(request.query.keys())) filters.set(name, request.query.getAll(name))
  const take = (name: string) => {
    const value = filters.get(name)?.at(-1)
    filters.delete(name)
    return value
  }
  take('format')
  const limit = readNumber(take('limit'), DEFAULT_PAGE_SIZE)
  const view: RestView = {
    ...request,
    depth: Math.min(readNumber(take('depth'), 0), MAX_DEPTH),
    excludeMany: take('exclude_m2m')?.toLowerCase() !== 'false',
    include: take('include')?.split(',') ?? []
  }
  return {
    filters,
    view,
    limit: limit === 0 ? MAX_PAGE_SIZE : Math.min(limit, MAX_PAGE_SIZE),
    offset: readNumber(take('offset'), 0),
    sort: take('sort')?.split(',').filter(Boolean) ?? []
  }
}

/** A number that is none is as good as not given, to Nautobot too. */
function readNumber(written: string | undefined, otherwise: number): number {
  return written !== undefined && /^\d{1,9}$/.test(written) ? Number(written) : otherwise
}

/** An object as the REST API shows it. */
export function showObject(object: SampleObject, view: RestView): Json {
  const model = modelOf(object.objectType)
  const shown: Record<string, unknown> = {
    id: object.id,
    object_type: object.objectType,
    display: object.display,
    url: `${view.origin}${apiPath(object)}`
  }
  for (const [name, field] of Object.entries(model.fields)) {
    const value = showValue(storedValue(object, name, field, view), name, field, view)
    if (value !== undefined) shown[name] = value
  }
  const custom = Object.entries(model.fields).filter(([, { kind }]) => kind === 'custom')
  shown.custom_fields = Object.fromEntries(
    custom.map(([name]) => [name.replace(/^cf_/, ''), object.values[name] ?? null])
  )
  // The sample network has none.
  if (view.include?.includes('relationships')) shown.relationships = {}
  shown.notes_url = `${view.origin}${apiPath(object)}notes/`
  return shown
}

function storedValue(object: SampleObject, name: string, field: SampleField, { store }: RestView) {
  return field.kind === 'reverse' ? store.pluck(object, name) : object.values[name]
}

/** Undefined for what the REST API does not show. */
function showValue(value: unknown, name: string, field: SampleField, view: RestView): unknown {
  switch (field.kind) {
    case 'only':
    case 'custom':
      return undefined
    case 'one':
      return showReference(value, view)
    case 'reverse':
    case 'many':
      if (!isShown(name, field, view)) return undefined
      return (Array.isArray(value) ? value : []).map((id) => showReference(id, view))
    case 'choice': {
      const label = field.labels?.[String(value)]
      return label === undefined ? (value ?? null) : { value, label }
    }
    default:
      return value ?? null
  }
}

/** Lists that Nautobot and the shim show without `exclude_m2m=false`. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set(['tags', 'mcp_servers'])

function isShown(name: string, field: SampleField, { excludeMany }: RestView): boolean {
  if (field.kind === 'reverse' && !field.inRest) return false
  return !excludeMany || ALWAYS_SHOWN.has(name)
}

function showReference(id: unknown, view: RestView): unknown {
  const object = typeof id === 'string' ? view.store.get(id) : undefined
  if (!object) return null
  const url = `${view.origin}${apiPath(object)}`
  const reference = { id: object.id, object_type: object.objectType, url }
  if (view.depth === 0) return reference
  if (!view.user.sees(object)) return { ...reference, display: object.display }
  return showObject(object, { ...view, depth: view.depth - 1 })
}

/** Path of an object in the REST API. */
export function apiPath(object: SampleObject): string {
  return `/api${modelOf(object.objectType).path}${object.id}/`
}

/** @throws SampleRefusal 501 for what Nautobot has there, 404 for what it has not. */
export function refusePath(path: string): never {
  if (isOtherPath(path)) throw notInSample('The sample network does not hold these objects.')
  throw refuse(404, 'Not found.')
}

/** The model of an object type in a path of the shim. @throws SampleRefusal 501 or 404. */
export function modelInPath(objectType: string, isOther: boolean): SampleModel {
  const model = findModel(objectType.toLowerCase())
  if (model) return model
  if (isOther) throw notInSample('The sample network does not hold these objects.')
  throw refuse(404, 'No such model; GET models/ lists them.')
}
