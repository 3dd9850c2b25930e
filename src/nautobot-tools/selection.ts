import type { FieldDescription, ModelDescription } from './model-directory.ts'
import { ToolRefusal } from './tool-failure.ts'

/** One column of a list: what to ask GraphQL for, and how to read it from a row. */
export interface Column {
  /** As the model asked for it: `location`, `device_type.manufacturer`. */
  readonly name: string
  /** `location { name }`. */
  readonly selection: string
  readonly description: FieldDescription | undefined
  /** A name, a list of names, a plain value, or null. */
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
const RELATED_TYPE = /Related|Nested|Serializer$/

export const labelSelection = (objectType: string) => LABELS[objectType] ?? 'name'

/** The fields of a list whose asker named none. */
export function defaultFields(objectType: string, { fields }: ModelDescription): readonly string[] {
  const common = COMMON_FIELDS.filter((name) => fields.has(name)).slice(0, MAX_DEFAULT_FIELDS)
  return DEFAULT_FIELDS[objectType] ?? (common.length > 0 ? common : ['id'])
}

function relatedLabel(objectType: string, field: string, description?: FieldDescription) {
  const related = description?.related ?? RELATIONS[field]
  if (related) return labelSelection(related)
  if (objectType === 'ipam.ipaddress' && field === 'parent') return 'prefix'
  if (description?.type === 'ContentTypeField') return labelSelection('contenttypes.contenttype')
  return description && RELATED_TYPE.test(description.type) ? 'name' : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object as its label: the texts in it, joined. */
function label(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(label)
  if (!isRecord(value)) return value
  if ('app_label' in value) return `${String(value.app_label)}.${String(value.model)}`
  const parts = Object.values(value)
    .map(label)
    .filter((part) => part !== null && part !== '')
  return parts.length === 1 ? parts[0] : parts.join(' ')
}

/** GraphQL says `A_10GBASE_T` where everything else in Nautobot says `10gbase-t`. */
function choice(value: unknown, { choices = [] }: FieldDescription): unknown {
  if (typeof value !== 'string' || !/^[A-Z][A-Z0-9_]*$/.test(value)) return value
  const constant = (text: string) =>
    text
      .replace(/\W+/g, '_')
      .toUpperCase()
      .replace(/^(?=\d)/, 'A_')
  const known = choices.find((candidate) => constant(candidate) === value)
  return (
    known ??
    value
      .replace(/^A_(?=\d)/, '')
      .replaceAll('_', '-')
      .toLowerCase()
  )
}

function dive(value: unknown, path: readonly string[]): unknown {
  const [head, ...rest] = path
  if (head === undefined) return label(value)
  if (Array.isArray(value)) return value.map((item) => dive(item, path))
  return isRecord(value) ? dive(value[head], rest) : null
}

/** A column for a field, `cf_<key>`, or a path such as `device_type.manufacturer.name`. Throws {@link ToolRefusal}. */
export function toColumn(objectType: string, name: string, model: ModelDescription): Column {
  if (!PATH.test(name)) throw new ToolRefusal(`"${name.slice(0, 100)}" is not a field.`)
  const path = name === 'display' ? [labelSelection(objectType)] : name.split('.')
  const [head = '', ...inner] = path
  const description = model.fields.get(head)
  const leaf = path.at(-1) ?? ''
  const ofLeaf =
    inner.length === 0 ? relatedLabel(objectType, head, description) : relatedLabel('', leaf)
  const nested = ofLeaf ? `${leaf} { ${ofLeaf} }` : leaf
  const selection = path.slice(0, -1).reduceRight((inside, step) => `${step} { ${inside} }`, nested)
  const isChoice = inner.length === 0 && description?.type.includes('Choice')
  return {
    name,
    selection,
    description,
    read(row) {
      const value = dive(row, path) ?? null
      return isChoice && description ? choice(value, description) : value
    }
  }
}
