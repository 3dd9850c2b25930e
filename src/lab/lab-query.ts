import { isNamesCall, placeFilter, type Resolution } from './lab-names.ts'
import type { LabConversation, LabStep } from './lab-request.ts'
import { type LabKind, type Understanding, understand } from './lab-understanding.ts'
import { type Filters, splitWords } from './lab-words.ts'

/** One question to Nautobot, as the tools take it. */
export interface LabQuery {
  readonly tool: 'count' | 'find'
  readonly model: string
  readonly filters: Filters
  readonly groupBy: readonly string[]
  /** Fields that a list is sorted by, `-field` descending. */
  readonly sort?: readonly string[]
  /** Names of locations, with what the question called them. */
  readonly saidAs?: Readonly<Record<string, string>>
}

/** Kinds of questions that are put to Nautobot as one query. */
const PUT: ReadonlySet<LabKind | undefined> = new Set<LabKind | undefined>([
  'count',
  'list',
  undefined
])
const MAX_FRAGMENT_WORDS = 2
const OWNED = new Set(['dcim.interface', 'ipam.ipaddress'])
const VLAN_LIKE = new Set(['ipam.vlan', 'ipam.prefix'])

/** Groups over kinds of places are added up from single locations. */
export const PLACE_TYPES: Readonly<Record<string, string>> = {
  site: 'Site',
  region: 'Region',
  country: 'Country'
}
const WHOLE_NETWORK =
  /\b(?:in total|altogether|overall|everywhere|all (?:sites|locations|regions))\b/i

/** The one object that was last told about, by its name or id. */
export function previousObject({ earlier }: LabConversation): string | undefined {
  const step = earlier.findLast((candidate) => isLookUp(candidate) && isAnswered(candidate))
  const { name__ie, id } = step ? filtersOf(step) : {}
  return (name__ie ?? id)?.[0]
}

/** The place that the last question was about. */
export function previousPlace(conversation: LabConversation): readonly string[] | undefined {
  const previous = previousQuery(conversation)
  const filter = previous && placeFilter(previous.model)
  return filter ? previous.filters[filter] : undefined
}

/** Looking for one object by its name, possibly among the wrong kind. */
function isLookUp(step: LabStep): boolean {
  return (
    step.tool === 'get' || ['name__ie', 'cid__ie', 'id'].some((name) => name in filtersOf(step))
  )
}

/** What a call selects, as a list would be filtered. */
function filtersOf({ tool, args, result }: LabStep): Filters {
  if (tool === 'get')
    return result?.object === undefined ? {} : { name__ie: [String(result.object)] }
  if (tool !== 'changes') return readFilters(args.filters)
  const { user, object, location, action, since, until } = args
  const said = { user, object, location, action, since, until }
  return readFilters(Object.fromEntries(Object.entries(said).filter(([, value]) => value)))
}

function modelOf({ tool, args, result }: LabStep): unknown {
  if (tool === 'changes') return 'extras.objectchange'
  return tool === 'get' ? result?.model : args.model
}

/**
 * The question before: as it was put to Nautobot or, when a name in it kept it from being put, as it was understood.
 * Undefined also where a part of it would be lost.
 */
export function previousQuery({ question, turns }: LabConversation): LabQuery | undefined {
  for (const turn of turns.toReversed()) {
    const step = turn.steps.findLast(isAnswered)
    if (step) return queryOf(step)
    const asked = understand(turn.question)
    if (asked.model === undefined || asked.names.length === 0 || !PUT.has(asked.kind)) continue
    // The one name that nobody knew gives way to that of the follow-up; of several nobody knows which.
    const isReplaced = asked.names.length === 1 && understand(question).names.length > 0
    const { model, filters, groupBy } = asked
    return isReplaced
      ? { tool: toolFor(asked, model, groupBy), model, filters, groupBy }
      : undefined
  }
  return undefined
}

function queryOf(step: LabStep): LabQuery | undefined {
  const model = modelOf(step)
  if (typeof model !== 'string') return undefined
  const { group_by: groupBy = [], sort } = step.args
  return {
    tool: step.tool === 'count' ? 'count' : 'find',
    model,
    filters: filtersOf(step),
    groupBy: [groupBy].flat().map(String),
    ...(sort !== undefined && { sort: [sort].flat().map(String) })
  }
}

function isAnswered(step: LabStep): boolean {
  if (isNamesCall(step) || step.result === undefined || 'error' in step.result) return false
  if (step.tool === 'describe') return false
  return step.tool === 'get' || !isLookUp(step) || Number(step.result.count) > 0
}

function readFilters(given: unknown): Filters {
  if (typeof given !== 'object' || given === null) return {}
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      (Array.isArray(value) ? value : [value]).map(String)
    ])
  )
}

/** Which model is asked about, before any name is known; undefined when nothing tells. */
export function modelAskedFor(
  understanding: Understanding,
  previous: LabQuery | undefined
): string | undefined {
  return understanding.model ?? previous?.model
}

/** Puts together what the question says, what its names mean, and what it takes from the question before. */
export function makeQuery(
  question: string,
  understanding: Understanding,
  { filters: named, saidAs }: Pick<Resolution, 'filters' | 'saidAs'>,
  conversation: LabConversation
): LabQuery | undefined {
  const previous = previousQuery(conversation)
  const model = modelAskedFor(understanding, previous)
  if (!model) return undefined
  const own = adaptFilters(model, { ...understanding.filters, ...named })
  const inherited = inheritFilters(question, understanding, model, conversation)
  const groupBy = understanding.groupBy.map((field) => groupField(model, field))
  const carriesOn = understanding.elliptic && understanding.kind === undefined
  const groups = groupBy.length === 0 && carriesOn ? (previous?.groupBy ?? []) : groupBy
  return {
    tool: toolFor(understanding, model, groups, previous),
    model,
    filters: { ...withoutOpposites(inherited, own), ...own },
    groupBy: groups,
    ...(understanding.sort.length > 0 && { sort: understanding.sort.map(sortField(model)) }),
    saidAs
  }
}

function toolFor(
  { kind }: Understanding,
  model: string,
  groups: readonly string[],
  previous?: LabQuery
): LabQuery['tool'] {
  const isListed = kind === 'list' && VLAN_LIKE.has(model)
  if (groups.length > 0) return isListed ? 'find' : 'count'
  if (kind === undefined) return previous?.tool ?? 'find'
  return kind === 'count' ? 'count' : 'find'
}

/** What a follow-up takes over. */
function inheritFilters(
  question: string,
  understanding: Understanding,
  model: string,
  conversation: LabConversation
): Filters {
  const page = pagePlace(understanding, model, conversation)
  const previous = previousQuery(conversation)
  if (page || !previous) return page ?? {}
  const { those } = understanding
  const elliptic = understanding.elliptic || isFragment(question, understanding)
  const follows = those || elliptic || understanding.model === undefined
  if (follows && model === previous.model) return previous.filters
  const owner = ownerMeant(question, understanding, model, conversation)
  if (owner) return owner
  return wantsPlace(question, understanding, follows) ? placeOf(previous, model) : {}
}

/** "VLANs?" after another question: the same place, another kind. */
function isFragment(question: string, { kind, names, groupBy }: Understanding): boolean {
  const isShort = splitWords(question).length <= MAX_FRAGMENT_WORDS
  return kind === undefined && isShort && names.length === 0 && groupBy.length === 0
}

function wantsPlace(
  question: string,
  { there, groupBy }: Understanding,
  follows: boolean
): boolean {
  return (there || follows) && groupBy.length === 0 && !WHOLE_NETWORK.test(question)
}

/** "Its interfaces": those of the device that was told about. */
function ownerOf(model: string, conversation: LabConversation): Filters | undefined {
  const object = OWNED.has(model) ? previousObject(conversation) : undefined
  return object ? { device: [object] } : undefined
}

function ownerMeant(
  question: string,
  understanding: Understanding,
  model: string,
  conversation: LabConversation
): Filters | undefined {
  if (understanding.those) return ownerOf(model, conversation)
  const previous = isFragment(question, understanding) ? previousQuery(conversation) : undefined
  return previous && ownerBefore(model, previous)
}

/** "Interfaces?" right after a device, or after other things of it. */
function ownerBefore(model: string, { model: before, filters }: LabQuery): Filters | undefined {
  const device = before === 'dcim.device' ? filters.name__ie : filters.device
  return device && OWNED.has(model) ? { device } : undefined
}

/** The place that the question before was about, as this model's filter has it. */
function placeOf({ model, filters }: LabQuery, target: string): Filters {
  const filter = placeFilter(target)
  const from = placeFilter(model)
  const places =
    (from && filters[from]) ?? (model === 'dcim.location' ? filters.name__ie : undefined)
  return filter && places ? { [filter]: places } : {}
}

/** "Here" on the page of a location. */
function pagePlace(
  { here }: Understanding,
  model: string,
  { context }: LabConversation
): Filters | undefined {
  const page = readPage(context)
  if (!here || !page) return undefined
  const filter = page.model === 'dcim.location' ? placeFilter(model) : undefined
  if (filter) return { [filter]: [page.id] }
  const isItsOwn =
    page.model === 'dcim.device' && ['dcim.interface', 'ipam.ipaddress'].includes(model)
  return isItsOwn && model === 'dcim.interface' ? { device: [page.id] } : undefined
}

/** The page of Nautobot that the question was asked from. */
export function readPage(
  context: ReadonlyMap<string, string>
): { readonly model: string; readonly id: string } | undefined {
  const [, model = '', id = ''] =
    /\b([a-z_]+\.[a-z]+):([0-9a-f-]{36})\b/i.exec(context.get('page') ?? '') ?? []
  return model ? { model, id } : undefined
}

/** A new status takes the place of the old one, also the other way round. */
function withoutOpposites(inherited: Filters, own: Filters): Filters {
  const bases = new Set(Object.keys(own).map((name) => name.split('__')[0]))
  return Object.fromEntries(
    Object.entries(inherited).filter(([name]) => !bases.has(name.split('__')[0]))
  )
}

/** Filters that each model calls otherwise. */
function adaptFilters(model: string, { network, ...filters }: Filters): Filters {
  const isSingle = model !== 'ipam.vlan' && filters.vid !== undefined
  const { vid, ...others } = filters
  const adapted = isSingle
    ? { ...others, ...(model === 'ipam.prefix' && { vlan_vid: vid ?? [] }) }
    : filters
  if (!network) return adapted
  return { ...adapted, [model === 'ipam.ipaddress' ? 'prefix' : 'within_include']: network }
}

/** `name` is called otherwise with some models. */
function sortField(model: string) {
  const label = { 'circuits.circuit': 'cid', 'ipam.prefix': 'prefix', 'ipam.ipaddress': 'address' }[
    model
  ]
  return (written: string) => {
    const minus = written.startsWith('-') ? '-' : ''
    const name = written.slice(minus.length)
    return minus + (name === 'name' && label ? label : groupField(model, name))
  }
}

function groupField(model: string, field: string): string {
  if (field === 'type' && model === 'dcim.device') return 'device_type'
  if (field === 'type' && model === 'circuits.circuit') return 'circuit_type'
  if (field === 'type' && model === 'dcim.location') return 'location_type'
  if (field === 'location' && ['ipam.vlan', 'ipam.prefix'].includes(model)) return 'locations'
  return field
}
