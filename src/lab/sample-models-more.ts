import {
  byNumber,
  byPresence,
  byRelated,
  bySearch,
  byText,
  byTree,
  defineModel,
  many,
  number,
  one,
  reverse,
  type SampleModel,
  text,
  time
} from './sample-model.ts'

const status = byRelated('status', 'extras.status')
const role = byRelated('role', 'extras.role')
const tenant = byRelated('tenant', 'tenancy.tenant')
const PREFIX_TYPES = { container: 'Container', network: 'Network', pool: 'Pool' }
const ADDRESS_TYPES = { host: 'Host', dhcp: 'DHCP', slaac: 'SLAAC' }
const ACTIONS = { create: 'Created', update: 'Updated', delete: 'Deleted' }
const CONTEXTS = ['web', 'job', 'job-hook', 'orm', 'unknown']

const vlan = defineModel('ipam.vlan', {
  name: 'VLAN',
  plural: 'VLANs',
  path: '/ipam/vlans/',
  graphqlType: 'VLANType',
  fields: {
    vid: number,
    name: text,
    description: text,
    vlan_group: one('ipam.vlangroup'),
    status: one('extras.status'),
    role: one('extras.role'),
    tenant: one('tenancy.tenant'),
    locations: many('dcim.location'),
    location: { kind: 'only', model: 'dcim.location', of: 'locations' },
    prefixes: reverse('ipam.prefix', 'vlan')
  },
  filters: {
    q: bySearch('name', 'description', 'vid'),
    vid: byNumber('vid'),
    name: byText('name'),
    vlan_group: byRelated('vlan_group', 'ipam.vlangroup'),
    location: byTree('locations'),
    locations: byTree('locations'),
    status,
    role,
    tenant
  },
  ordering: ['vlan_group.name', 'vid'],
  columns: ['vid', 'name', 'vlan_group', 'locations', 'status', 'role']
})

const vlanGroup = defineModel('ipam.vlangroup', {
  name: 'VLAN group',
  plural: 'VLAN groups',
  path: '/ipam/vlan-groups/',
  graphqlType: 'VLANGroupType',
  fields: {
    name: text,
    description: text,
    range: text,
    location: one('dcim.location'),
    vlans: reverse('ipam.vlan', 'vlan_group')
  },
  filters: { q: bySearch('name'), name: byText('name'), location: byTree('location') },
  columns: ['name', 'location', 'range']
})

const prefix = defineModel('ipam.prefix', {
  name: 'prefix',
  plural: 'prefixes',
  path: '/ipam/prefixes/',
  graphqlType: 'PrefixType',
  fields: {
    prefix: text,
    network: text,
    prefix_length: number,
    ip_version: number,
    type: {
      kind: 'choice',
      enumName: 'IpamPrefixTypeChoices',
      values: Object.keys(PREFIX_TYPES),
      labels: PREFIX_TYPES
    },
    description: text,
    status: one('extras.status'),
    role: one('extras.role'),
    tenant: one('tenancy.tenant'),
    vlan: one('ipam.vlan'),
    parent: one('ipam.prefix'),
    namespace: one('ipam.namespace'),
    locations: many('dcim.location'),
    location: { kind: 'only', model: 'dcim.location', of: 'locations' },
    children: reverse('ipam.prefix', 'parent')
  },
  filters: {
    prefix: { kind: 'address', path: 'prefix' },
    prefix_length: byNumber('prefix_length'),
    ip_version: { kind: 'single-number', path: 'ip_version' },
    type: { kind: 'choice', path: 'type', values: Object.keys(PREFIX_TYPES) },
    within: { kind: 'network', path: 'prefix', inclusive: false },
    within_include: { kind: 'network', path: 'prefix', inclusive: true },
    vlan_vid: byNumber('vlan.vid'),
    namespace: byRelated('namespace', 'ipam.namespace'),
    location: byTree('locations'),
    locations: byTree('locations'),
    status,
    role,
    tenant
  },
  ordering: ['ip_version', 'sort_key', 'prefix_length'],
  columns: ['prefix', 'type', 'status', 'role', 'vlan', 'locations', 'description']
})

const ipAddress = defineModel('ipam.ipaddress', {
  name: 'IP address',
  plural: 'IP addresses',
  path: '/ipam/ip-addresses/',
  graphqlType: 'IPAddressType',
  fields: {
    address: text,
    host: text,
    mask_length: number,
    ip_version: number,
    type: {
      kind: 'choice',
      enumName: 'IpamIPAddressTypeChoices',
      values: Object.keys(ADDRESS_TYPES),
      labels: ADDRESS_TYPES
    },
    dns_name: text,
    description: text,
    status: one('extras.status'),
    role: one('extras.role'),
    tenant: one('tenancy.tenant'),
    parent: one('ipam.prefix'),
    interfaces: reverse('dcim.interface', 'ip_addresses')
  },
  filters: {
    address: { kind: 'address', path: 'address' },
    prefix: { kind: 'network', path: 'address', inclusive: true },
    mask_length: byNumber('mask_length'),
    ip_version: { kind: 'single-number', path: 'ip_version' },
    dns_name: byText('dns_name'),
    type: { kind: 'choice', path: 'type', values: Object.keys(ADDRESS_TYPES) },
    device: byText('interfaces.device.name'),
    interfaces: byRelated('interfaces', 'dcim.interface'),
    has_interface_assignments: byPresence('interfaces'),
    status,
    role,
    tenant
  },
  ordering: ['ip_version', 'sort_key', 'mask_length'],
  columns: ['address', 'status', 'type', 'interfaces', 'dns_name']
})

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
    time: { kind: 'time', path: 'time' }
  },
  ordering: ['-time'],
  columns: ['time', 'user_name', 'action', 'changed_object_type', 'object_repr']
})

/** Addressing, circuits, tenants and Nautobot's own vocabulary. */
export const MORE_MODELS: readonly SampleModel[] = [
  vlan,
  vlanGroup,
  prefix,
  ipAddress,
  defineModel('ipam.namespace', {
    name: 'namespace',
    plural: 'namespaces',
    path: '/ipam/namespaces/',
    graphqlType: 'NamespaceType',
    fields: { name: text, description: text, location: one('dcim.location') },
    filters: named
  }),
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
