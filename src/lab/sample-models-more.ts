import {
  byNumber,
  byPresence,
  byRelated,
  bySearch,
  byText,
  byTree,
  defineModel,
  number,
  one,
  reverse,
  type SampleModel,
  text,
  time
} from './sample-model.ts'

const status = byRelated('status', 'extras.status')
const tenant = byRelated('tenant', 'tenancy.tenant')
const ACTIONS = { create: 'Created', update: 'Updated', delete: 'Deleted' }
const CONTEXTS = ['web', 'job', 'job-hook', 'orm', 'unknown']

const circuit = defineModel('circuits.circuit', {
  name: 'circuit',
  plural: 'circuits',
  path: '/circuits/circuits/',
  graphqlType: 'CircuitType',
  fields: {
    cid: text,
    description: text,
    commit_rate: number,
    install_date: { kind: 'date' },
    status: one('extras.status'),
    provider: one('circuits.provider'),
    circuit_type: one('circuits.circuittype'),
    tenant: one('tenancy.tenant'),
    circuit_termination_a: one('circuits.circuittermination'),
    circuit_termination_z: one('circuits.circuittermination'),
    circuit_terminations: reverse('circuits.circuittermination', 'circuit')
  },
  filters: {
    q: bySearch('cid', 'description'),
    cid: byText('cid'),
    description: byText('description'),
    commit_rate: byNumber('commit_rate'),
    provider: byRelated('provider', 'circuits.provider'),
    circuit_type: byRelated('circuit_type', 'circuits.circuittype'),
    location: byTree('circuit_terminations.location'),
    status,
    tenant
  },
  ordering: ['provider.name', 'cid'],
  columns: ['cid', 'provider', 'circuit_type', 'status', 'commit_rate', 'description']
})

const termination = defineModel('circuits.circuittermination', {
  name: 'circuit termination',
  plural: 'circuit terminations',
  path: '/circuits/circuit-terminations/',
  graphqlType: 'CircuitTerminationType',
  fields: {
    term_side: {
      kind: 'choice',
      enumName: 'CircuitsCircuitTerminationTermSideChoices',
      values: ['A', 'Z']
    },
    description: text,
    circuit: one('circuits.circuit'),
    location: one('dcim.location')
  },
  filters: {
    term_side: { kind: 'choice', path: 'term_side', values: ['A', 'Z'] },
    circuit: byRelated('circuit', 'circuits.circuit', 'cid'),
    location: byTree('location')
  },
  ordering: ['circuit.cid', 'term_side'],
  columns: ['circuit', 'term_side', 'location']
})

const named = { q: bySearch('name'), name: byText('name') }
const coloured = {
  name: text,
  color: text,
  description: text,
  content_types: { kind: 'content-types' }
} as const

const objectChange = defineModel('extras.objectchange', {
  name: 'object change',
  plural: 'object changes',
  path: '/extras/object-changes/',
  graphqlType: 'ObjectChangeType',
  tagged: false,
  timed: false,
  fields: {
    time,
    user_name: text,
    request_id: text,
    action: {
      kind: 'choice',
      enumName: 'ExtrasObjectChangeActionChoices',
      values: Object.keys(ACTIONS),
      labels: ACTIONS
    },
    changed_object_type: { kind: 'content-type' },
    changed_object_id: text,
    object_repr: text,
    change_context: {
      kind: 'choice',
      enumName: 'ExtrasObjectChangeChangeContextChoices',
      values: CONTEXTS
    },
    change_context_detail: text,
    object_data: { kind: 'json' }
  },
  filters: {
    q: bySearch('user_name', 'object_repr'),
    user_name: byText('user_name'),
    action: { kind: 'choice', path: 'action', values: Object.keys(ACTIONS) },
    changed_object_type: { kind: 'content-type', path: 'changed_object_type' },
    changed_object_id: { kind: 'id', path: 'changed_object_id' },
    object_repr: byText('object_repr'),
    request_id: { kind: 'id', path: 'request_id' },
    time: { kind: 'time', path: 'time' },
    nautobot_ai_ops_location: byTree('places'),
    nautobot_ai_ops_object: { kind: 'text', path: 'objects', ignoreCase: true }
  },
  ordering: ['-time'],
  columns: ['time', 'user_name', 'action', 'changed_object_type', 'object_repr']
})

/** Circuits, tenants, the change log and Nautobot's own vocabulary. */
export const MORE_MODELS: readonly SampleModel[] = [
  circuit,
  termination,
  defineModel('circuits.circuittype', {
    name: 'circuit type',
    plural: 'circuit types',
    path: '/circuits/circuit-types/',
    graphqlType: 'CircuitTypeType',
    tagged: false,
    fields: {
      name: text,
      description: text,
      circuits: reverse('circuits.circuit', 'circuit_type')
    },
    filters: named
  }),
  defineModel('circuits.provider', {
    name: 'provider',
    plural: 'providers',
    path: '/circuits/providers/',
    graphqlType: 'ProviderType',
    fields: {
      name: text,
      asn: number,
      account: text,
      circuits: reverse('circuits.circuit', 'provider')
    },
    filters: {
      ...named,
      asn: byNumber('asn'),
      account: byText('account'),
      has_circuits: byPresence('circuits')
    },
    columns: ['name', 'asn', 'account']
  }),
  defineModel('tenancy.tenant', {
    name: 'tenant',
    plural: 'tenants',
    path: '/tenancy/tenants/',
    graphqlType: 'TenantType',
    fields: { name: text, description: text, devices: reverse('dcim.device', 'tenant') },
    filters: { ...named, has_devices: byPresence('devices') }
  }),
  defineModel('extras.tag', {
    name: 'tag',
    plural: 'tags',
    path: '/extras/tags/',
    graphqlType: 'TagType',
    tagged: false,
    fields: coloured,
    filters: named
  }),
  defineModel('extras.role', {
    name: 'role',
    plural: 'roles',
    path: '/extras/roles/',
    graphqlType: 'RoleType',
    tagged: false,
    fields: { ...coloured, weight: number },
    filters: { ...named, content_types: { kind: 'content-type', path: 'content_types' } }
  }),
  defineModel('extras.status', {
    name: 'status',
    plural: 'statuses',
    path: '/extras/statuses/',
    graphqlType: 'StatusType',
    tagged: false,
    fields: coloured,
    filters: { ...named, content_types: { kind: 'content-type', path: 'content_types' } }
  }),
  objectChange
]
