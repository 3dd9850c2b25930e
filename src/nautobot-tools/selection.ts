import { isRecord } from '../platform/json.ts'
import type { FieldDescription, ModelDescription } from './nautobot-model.ts'
import { withoutSecrets } from './sensitive.ts'
import { ToolRefusal } from './tool-failure.ts'

/** One column of a list: what to ask GraphQL for, and how to read it from a row. */
export interface Column {
  /** As the model asked for it: `location`, `device_type.manufacturer`. */
  readonly name: string
  /** `location { name }`. */
  readonly selection: string
  readonly description: FieldDescription | undefined
  /** A name, a list of names, a plain value, a document, or null; without secrets. */
  read(row: Readonly<Record<string, unknown>>): unknown
}

const PATH = /^[a-z_][a-z0-9_]{0,99}(\.[a-z_][a-z0-9_]{0,99}){0,2}$/i

/** What a person calls an object of a model; most have a `name`. */
const LABELS: Readonly<Record<string, string>> = {
  'circuits.circuit': 'cid',
  'circuits.circuittermination': 'circuit { cid } location { name }',
  'contenttypes.contenttype': 'app_label model',
  'dcim.cable': 'label',
  'dcim.devicetype': 'model',
  'dcim.moduletype': 'model',
  'extras.objectchange': 'object_repr',
  'ipam.ipaddress': 'address',
  'ipam.ipaddressrange': 'start_address end_address',
  'ipam.prefix': 'prefix'
}

/** Relations of which the description does not tell the model, by field. */
const RELATIONS: Readonly<Record<string, string>> = {
  changed_object_type: 'contenttypes.contenttype',
  circuit_termination_a: 'circuits.circuittermination',
  circuit_termination_z: 'circuits.circuittermination',
  content_types: 'contenttypes.contenttype',
  interfaces: 'dcim.interface',
  ip_addresses: 'ipam.ipaddress',
  locations: 'dcim.location',
  primary_ip4: 'ipam.ipaddress',
  primary_ip6: 'ipam.ipaddress',
  related_object_type: 'contenttypes.contenttype',
  tags: 'extras.tag'
}

const DEFAULT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'circuits.circuit': ['cid', 'provider', 'circuit_type', 'status', 'tenant', 'commit_rate'],
  'dcim.device': ['name', 'status', 'role', 'device_type', 'location', 'primary_ip4'],
  'dcim.interface': ['device', 'name', 'type', 'enabled', 'status', 'ip_addresses', 'description'],
  'dcim.location': ['name', 'location_type', 'status', 'parent', 'description'],
  'dcim.rack': ['name', 'status', 'location', 'u_height'],
  'extras.objectchange': ['time', 'user_name', 'action', 'changed_object_type', 'object_repr'],
  'ipam.ipaddress': ['address', 'status', 'dns_name', 'parent', 'description'],
  'ipam.prefix': ['prefix', 'type', 'status', 'role', 'locations', 'vlan', 'description'],
  'ipam.vlan': ['vid', 'name', 'status', 'role', 'vlan_group', 'locations']
}

/** For every other model: those of these that it has, best first. */
const COMMON_FIELDS = [
  'name',
  'cid',
  'model',
  'label',
  'address',
  'prefix',
  'status',
  'role',
  'device',
  'manufacturer',
  'provider',
  'location',
  'tenant',
  'enabled',
  'description'
]
const MAX_DEFAULT_FIELDS = 8
/** An object that is there: a device may have no name. */
const NAMELESS = '(no name)'
/** Models without a REST API: nobody describes them. */
const LABEL_ONLY = { 'contenttypes.contenttype': true }
const RELATED_TYPE = /Related|Nested/
const CUSTOM_PREFIX = 'cf_'
const CUSTOM_DATA = '_custom_field_data'

export const labelSelection = (objectType: string) => LABELS[objectType] ?? 'name'

/** The fields of a list whose asker named none. */
export function defaultFields(objectType: string, { fields }: ModelDescription): readonly string[] {
  const common = COMMON_FIELDS.filter((name) => fields.has(name)).slice(0, MAX_DEFAULT_FIELDS)
  return DEFAULT_FIELDS[objectType] ?? (common.length > 0 ? common : ['id'])
}

function relatedType(objectType: string, field: string, description?: FieldDescription) {
  if (description?.type === 'ContentTypeField') return 'contenttypes.contenttype'
  if (objectType === 'ipam.ipaddress' && field === 'parent') return 'ipam.prefix'
  return description?.related ?? RELATIONS[field]
}

/** A field of a model, with what it leads to when it is a relation. */
interface Step {
  readonly field: string
  readonly description: FieldDescription | undefined
  readonly related: string | undefined
}

/** Undefined for a model that Nautobot does not describe. */
export type Describe = (objectType: string) => Promise<ModelDescription | undefined>

/** Follows a path from model to model, as far as they are described. */
async function follow(path: readonly string[], from: string, describe: Describe): Promise<Step[]> {
  const steps: Step[] = []
  let objectType: string | undefined = from
  for (const field of path) {
    const described: ModelDescription | undefined =
      objectType === undefined || objectType in LABEL_ONLY ? undefined : await describe(objectType)
    const description = described?.fields.get(field)
    objectType = relatedType(objectType ?? '', field, description)
    steps.push({ field, description, related: objectType })
  }
  return steps
}

function leafSelection({ field, description, related }: Step): string {
  if (related) return `${field} { ${labelSelection(related)} }`
  return description && RELATED_TYPE.test(description.type) ? `${field} { name }` : field
}

/** An object as its label: the texts in it, joined. */
function label(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(label)
  if (!isRecord(value)) return value
  if ('app_label' in value) return `${String(value.app_label)}.${String(value.model)}`
  const parts = Object.values(value)
    .map(label)
    .filter((part) => part !== null && part !== '')
  if (parts.length === 0) return NAMELESS
  return parts.length === 1 ? parts[0] : parts.join(' ')
}

const constant = (text: string) =>
  text
    .replace(/\W+/g, '_')
    .toUpperCase()
    .replace(/^(?=\d)/, 'A_')

/** A constant spelt back; the choices of interfaces are too many to be described, and some have dots. */
function spell(value: string): string {
  const text = value
    .replace(/^A_(?=\d)/, '')
    .replaceAll('_', '-')
    .toLowerCase()
  if (text.startsWith('ieee802')) return text.replaceAll('-', '.')
  return text.replace(/^2-5g/, '2.5g')
}

/** GraphQL says `A_10GBASE_T` where everything else in Nautobot says `10gbase-t`. */
function choice(value: unknown, { choices = [] }: FieldDescription): unknown {
  if (typeof value !== 'string' || !/^[A-Z][A-Z0-9_]*$/.test(value)) return value
  return choices.find((candidate) => constant(candidate) === value) ?? spell(value)
}

type Read = (value: unknown) => unknown

function dive(value: unknown, path: readonly string[], read: Read): unknown {
  const [head, ...rest] = path
  if (head === undefined) return read(value)
  if (Array.isArray(value)) return value.map((item) => dive(item, path, read))
  return isRecord(value) ? dive(value[head], rest, read) : null
}

/**
 * A custom field that Nautobot's lists know. Out of the data of all of them: the type of GraphQL has a field for each
 * that was there when Nautobot started, and for no later one.
 */
async function toCustomColumn(name: string, objectType: string, describe: Describe) {
  if (!name.startsWith(CUSTOM_PREFIX) || objectType in LABEL_ONLY) return undefined
  const described = await describe(objectType)
  if (!described?.filters.has(name)) return undefined
  const key = name.slice(CUSTOM_PREFIX.length)
  return {
    name,
    selection: CUSTOM_DATA,
    description: undefined,
    read(row: Readonly<Record<string, unknown>>) {
      const data = row[CUSTOM_DATA]
      return isRecord(data) ? withoutSecrets(key, data[key] ?? null) : null
    }
  }
}

/**
 * A column for a field, `cf_<key>`, or a path such as `device_type.manufacturer`. Throws {@link ToolRefusal} for a name
 * that cannot be one; whether a field exists is for Nautobot to say.
 */
export async function toColumn(
  name: string,
  objectType: string,
  describe: Describe
): Promise<Column> {
  if (!PATH.test(name)) throw new ToolRefusal(`"${name.slice(0, 100)}" is not a field.`)
  const custom = await toCustomColumn(name, objectType, describe)
  if (custom) return custom
  const path = name === 'display' ? [labelSelection(objectType)] : name.split('.')
  const steps = await follow(path, objectType, describe)
  const leaf = steps.at(-1)
  // A name of its own for a longer path: GraphQL would merge it with a column of its first step.
  const key = path.length > 1 ? path.join('__') : name
  const alias = key === path[0] ? '' : `${key}: `
  const last = leaf ? leafSelection(leaf) : 'id'
  const selection = path.slice(0, -1).reduceRight((inside, step) => `${step} { ${inside} }`, last)
  const isObject = last.includes('{')
  const readLeaf: Read = isObject ? label : (value) => withoutSecrets(leaf?.field ?? name, value)
  const isChoice = leaf?.description?.type.includes('Choice')
  return {
    name,
    selection: alias + selection,
    description: steps[0]?.description,
    read(row) {
      const value = dive(row, [key, ...path.slice(1)], readLeaf) ?? null
      return isChoice && leaf?.description ? choice(value, leaf.description) : value
    }
  }
}
