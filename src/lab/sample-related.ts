import { readFilters } from './sample-filters.ts'
import type { ObjectType, SampleModel } from './sample-model.ts'
import { modelOf, SAMPLE_MODELS } from './sample-models.ts'
import { getObject, type RestRequest, readQuery, showObject } from './sample-rest.ts'
import type { SampleObject } from './sample-store.ts'

const MAX_OBJECTS = 5
const MAX_FACTS = 3
const HIDDEN = '(hidden)'
const NAMES = ['name', 'cid', 'model', 'address', 'prefix', 'label', 'title']
/** By model and field, where Nautobot does not name the list after the model; null where it has none. */
const LIST_NAMES: Readonly<Record<string, string | null>> = {
  'circuits.circuit.circuit_termination_a': null,
  'circuits.circuit.circuit_termination_z': null,
  'dcim.device.primary_ip4': 'primary_ip4_for',
  'dcim.device.primary_ip6': 'primary_ip6_for',
  'dcim.interface.tagged_vlans': 'interfaces_as_tagged',
  'dcim.interface.untagged_vlan': 'interfaces_as_untagged',
  'dcim.location.parent': 'children',
  'dcim.locationtype.parent': 'children',
  'ipam.prefix.parent': 'children'
}
/** Lists that an object is in without being named by their objects. */
const INDIRECT: Readonly<Record<ObjectType, readonly (readonly [ObjectType, string])[]>> = {
  'dcim.device': [['ipam.ipaddress', 'device_id']],
  'dcim.location': [['circuits.circuit', 'location']]
}
/** What tells the most of an object of a list: other objects, by a word for them. */
const FACTS: Readonly<Record<ObjectType, readonly (readonly [word: string, path: string])[]>> = {
  'dcim.interface': [['addresses', 'ip_addresses']],
  'ipam.ipaddress': [['on', 'interfaces']],
  'circuits.circuittermination': [['at', 'location']]
}

interface Relation {
  readonly name: string
  readonly model: SampleModel
  /** The filter of its list; undefined when it has none. */
  readonly filter: string | undefined
  readonly field: string | undefined
}

function direct(model: SampleModel, target: ObjectType): Relation[] {
  return Object.entries(model.fields).flatMap(([field, definition]) => {
    const points = definition.kind === 'one' || definition.kind === 'many'
    if (!points || definition.model !== target || field === 'tags') return []
    const special = LIST_NAMES[`${model.objectType}.${field}`]
    if (special === null) return []
    const filter = [field, `${field}_id`].find((name) => {
      const known = model.filters[name]
      return known?.kind === 'related' && known.path === field
    })
    return [{ name: special ?? model.graphql.list, model, filter, field }]
  })
}

function relationsOf(target: ObjectType): readonly Relation[] {
  const indirect = (INDIRECT[target] ?? []).map(([objectType, filter]) => {
    const model = modelOf(objectType)
    return { name: model.graphql.list, model, filter, field: undefined }
  })
  return [...indirect, ...SAMPLE_MODELS.flatMap((model) => direct(model, target))]
}

function objectsOf({ model, filter, field }: Relation, object: SampleObject, rest: RestRequest) {
  const { store, user } = rest
  const isIn = filter
    ? readFilters(store, model, new Map([[filter, [object.id]]]))
    : (other: SampleObject) => store.pluck(other, field ?? '').includes(object.id)
  return store.list(model.objectType).filter((other) => user.sees(other) && isIn(other))
}

function labelOf({ objectType, values, id }: SampleObject): string {
  const name = NAMES.map((key) => values[key]).find((value) => value !== undefined && value !== '')
  if (objectType === 'ipam.vlan') return `${String(values.vid)} ${String(name)}`
  return String(name ?? `${modelOf(objectType).name} ${id.slice(0, 8)}`)
}

function visibleLabel(object: SampleObject, { store, user }: RestRequest): string {
  const owner = store.get(String(object.values.device))
  const parts = owner ? [owner, object] : [object]
  return parts.every((part) => user.sees(part)) ? parts.map(labelOf).join(' ') : HIDDEN
}

function describe(object: SampleObject, rest: RestRequest) {
  const facts = (FACTS[object.objectType] ?? []).flatMap(([word, path]) => {
    const others = rest.store.pluck(object, path).flatMap((id) => rest.store.get(String(id)) ?? [])
    const labels = others.slice(0, MAX_FACTS).map((other) => visibleLabel(other, rest))
    return labels.length > 0 ? [[word, labels] as const] : []
  })
  return { id: object.id, label: labelOf(object), facts: Object.fromEntries(facts) }
}

/** One object with what points at it, as the shim shows it. @throws SampleRefusal as {@link getObject}. */
export function showWithRelated(rest: RestRequest, model: SampleModel, id: string) {
  const object = getObject(rest, model, id)
  const all = relationsOf(model.objectType).map((relation) => {
    const isHidden = !rest.user.mayView(relation.model.objectType)
    return { relation, isHidden, objects: isHidden ? [] : objectsOf(relation, object, rest) }
  })
  const namesOf = (which: typeof all) => which.map(({ relation: { name } }) => name)
  return {
    object: showObject(object, readQuery(rest).view),
    related: all
      .filter(({ objects }) => objects.length > 0)
      .map(({ relation: { name, model: other, filter }, objects }) => ({
        name,
        object_type: other.objectType,
        count: objects.length,
        filters: filter ? { [filter]: id } : null,
        objects: objects.slice(0, MAX_OBJECTS).map((one) => describe(one, rest))
      })),
    none: namesOf(all.filter(({ isHidden, objects }) => !isHidden && objects.length === 0)),
    hidden: namesOf(all.filter(({ isHidden }) => isHidden))
  }
}
