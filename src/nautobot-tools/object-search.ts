import { nearest } from '../platform/nearest.ts'
import type { Asker } from './asker.ts'
import { type Filter, toArguments } from './filter.ts'
import { askJudged, rowsOf } from './graphql-rows.ts'
import type { Identifier } from './identifier.ts'
import type { ModelDescription, NautobotModel } from './nautobot-model.ts'
import { type Column, type Describe, labelSelection, toColumn } from './selection.ts'

/** A model to look in, with what is known of it. */
export interface Target {
  readonly model: NautobotModel
  readonly description: ModelDescription
}

/** An object that was found, with what tells it from others of its name. */
export interface Found {
  readonly model: NautobotModel
  readonly id: string
  readonly label: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** Candidates shown; one more is asked for, to see whether there are more. */
export const MAX_CANDIDATES = 10
/** Names of one list that are compared with a wrong one. */
const MAX_NAMES = 1_000
/** A shorter name is compared with all, as far as they are read. */
const MIN_HALVED_CHARACTERS = 6
/** Models whose names are read to find near ones. */
const MAX_NAMED_MODELS = 3
const MAX_FACTS = 4
const MAX_FACT_CHARACTERS = 200

const TELLING: Readonly<Record<string, readonly string[]>> = {
  'circuits.circuit': ['provider', 'status', 'description'],
  'dcim.device': ['location', 'role', 'status', 'serial'],
  'dcim.interface': ['device', 'status', 'description'],
  'dcim.location': ['location_type', 'parent', 'status'],
  'ipam.ipaddress': ['parent', 'parent.namespace', 'status', 'dns_name'],
  'ipam.prefix': ['namespace', 'locations', 'status'],
  'ipam.vlan': ['vid', 'vlan_group', 'locations', 'status']
}
/** For every other model: those of these that it has. */
const OFTEN_TELLING = [
  'device',
  'location',
  'parent',
  'tenant',
  'provider',
  'manufacturer',
  'status'
]
/** Fields besides its label by which people name an object. */
const ALSO_NAMES = ['name', 'serial', 'asset_tag', 'dns_name']
const VLAN_ID = /^(?:vlan\s*)?(\d{1,4})$/i
const BARE_MAC = /^[0-9a-f]{12}$/i

const text = (name: string, value: string): Filter => ({ name, kind: 'text', values: [value] })

/** Nautobot compares names by their letters' case; people do not. */
function byName(field: string, value: string, { filters }: ModelDescription): Filter[] {
  const filter = filters.get(field)
  if (!filter) return []
  return [text(filter.lookups?.includes('ie') ? `${field}__ie` : field, value)]
}

function nameFilters(value: string, { model, description }: Target): Filter[] {
  const label = labelSelection(model.objectType)
  // A network's filter takes networks only.
  const isNetwork = label === 'address' || label === 'prefix'
  const fields = new Set(isNetwork ? ALSO_NAMES : [label, ...ALSO_NAMES])
  const vid = description.filters.has('vid') ? VLAN_ID.exec(value)?.[1] : undefined
  const isMac = BARE_MAC.test(value) && description.filters.has('mac_address')
  return [
    ...[...fields].flatMap((field) => byName(field, value, description)),
    ...(vid ? [{ name: 'vid', kind: 'number', values: [String(Number(vid))] } as const] : []),
    ...(isMac ? [text('mac_address', value)] : [])
  ]
}

/** Each finds objects that the identifier may mean; none when such a thing cannot name an object of the model. */
export function filtersFor(identifier: Identifier, target: Target): Filter[] {
  const { filters } = target.description
  const label = labelSelection(target.model.objectType)
  switch (identifier.kind) {
    case 'mac':
      return filters.has('mac_address') ? [text('mac_address', identifier.mac)] : []
    case 'address': {
      // Nautobot takes 10.0.0.1/24 for 10.0.0.0/24, which is not what was named.
      if (label === 'prefix')
        return identifier.isNetwork ? [text('prefix', identifier.address)] : []
      if (label === 'address') return [text('address', identifier.address)]
      return nameFilters(identifier.address, target)
    }
    case 'name':
      return nameFilters(identifier.name, target)
    default:
      return []
  }
}

function columnsFor({ model, description }: Target, describe: Describe): Promise<Column[]> {
  const { objectType } = model
  const label = [labelSelection(objectType), ...ALSO_NAMES].find((name) => {
    return description.fields.has(name)
  })
  const often = OFTEN_TELLING.filter((name) => description.fields.has(name))
  const names = [label ?? 'id', ...(TELLING[objectType] ?? often.slice(0, MAX_FACTS))]
  return Promise.all(names.map((name) => toColumn(name, objectType, describe)))
}

interface Search extends Target {
  readonly columns: readonly Column[]
  readonly filters: readonly Filter[]
}

const shown = (value: unknown) =>
  typeof value === 'string' ? value.slice(0, MAX_FACT_CHARACTERS) : value

function toFound(row: Readonly<Record<string, unknown>>, { model, columns }: Search): Found {
  const [label, ...telling] = columns
  const facts = telling.map(({ name, read }) => [name, shown(read(row))] as const)
  return {
    model,
    id: String(row.id),
    label: String(shown(label?.read(row)) ?? row.id),
    facts: Object.fromEntries(facts.filter(([, value]) => value !== null && value !== ''))
  }
}

/** Of names that differ by the case of their letters alone, the one that was written. */
function exactOnly(found: readonly Found[], written: string): readonly Found[] {
  const exact = found.filter(({ label }) => label === written)
  return exact.length > 0 ? exact : found
}

export interface SearchOptions {
  readonly identifier: Identifier
  readonly written: string
  readonly targets: readonly Target[]
  /** Narrow the search. */
  readonly filters: readonly Filter[]
  readonly asker: Asker
  readonly describe: Describe
}

/** Objects that an identifier may mean; one request. At most one more of each kind than {@link MAX_CANDIDATES}. */
export async function searchObjects(options: SearchOptions): Promise<Found[]> {
  const { identifier, targets, filters, asker, describe, written } = options
  const searches = await Promise.all(
    targets.map(async (target) => {
      const columns = await columnsFor(target, describe)
      return filtersFor(identifier, target).map((filter): Search => {
        return { ...target, columns, filters: [filter, ...filters] }
      })
    })
  )
  const all = searches.flat()
  if (all.length === 0) return []
  const lists = all.map(({ model, columns, filters: own }, index) => {
    const list = [...toArguments(own), `limit: ${MAX_CANDIDATES + 1}`, 'offset: 0'].join(', ')
    const fields = columns.map(({ selection }) => selection).join(' ')
    return `l${index}: ${model.graphqlRoot}(${list}) { id ${fields} }`
  })
  const answer = await asker.graphql(`{ ${lists.join(' ')} }`)
  const found = all.flatMap((search, index) => {
    const rows = rowsOf(answer, `l${index}`).map((row) => toFound(row, search))
    return exactOnly(rows, written)
  })
  return [...new Map(found.map((one) => [one.id, one])).values()]
}

/**
 * Which names are read of thousands: those that begin or end as the wrong one does. Of a name with one mistake one half is
 * right.
 */
function halvesOf(written: string, field: string, { filters }: ModelDescription): Filter[][] {
  const lookups = filters.get(field)?.lookups ?? []
  const isShort = written.length < MIN_HALVED_CHARACTERS
  if (isShort || !lookups.includes('isw') || !lookups.includes('iew')) return [[]]
  const middle = Math.floor(written.length / 2)
  return [
    [text(`${field}__isw`, written.slice(0, middle).trim())],
    [text(`${field}__iew`, written.slice(middle).trim())]
  ]
}

/** Names near to one that nothing has; one request, and none for models whose objects have no name. */
export async function nearNames(
  written: string,
  targets: readonly Target[],
  asker: Asker
): Promise<string[]> {
  const named = targets
    .filter(({ model, description }) => {
      const label = labelSelection(model.objectType)
      return /^(?:name|cid|model|label)$/.test(label) && description.fields.has(label)
    })
    .slice(0, MAX_NAMED_MODELS)
  if (named.length === 0) return []
  const lists = named.flatMap(({ model, description }) => {
    const field = labelSelection(model.objectType)
    return halvesOf(written, field, description).map((filters) => {
      const list = [...toArguments(filters), `limit: ${MAX_NAMES}`, 'offset: 0'].join(', ')
      return `${model.graphqlRoot}(${list}) { name: ${field} }`
    })
  })
  const answer = await askJudged(
    asker,
    `{ ${lists.map((list, index) => `l${index}: ${list}`).join(' ')} }`
  )
  const names = lists.flatMap((_, index) => rowsOf(answer, `l${index}`).map(({ name }) => name))
  return nearest(written, new Set(names.filter((name) => typeof name === 'string')))
}
