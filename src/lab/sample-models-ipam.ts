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
  text
} from './sample-model.ts'

const status = byRelated('status', 'extras.status')
const role = byRelated('role', 'extras.role')
const tenant = byRelated('tenant', 'tenancy.tenant')
const PREFIX_TYPES = { container: 'Container', network: 'Network', pool: 'Pool' }
const ADDRESS_TYPES = { host: 'Host', dhcp: 'DHCP', slaac: 'SLAAC' }

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
    parent: byRelated('parent', 'ipam.prefix', 'prefix'),
    vlan_id: byRelated('vlan', 'ipam.vlan', 'id'),
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
    interfaces: { ...reverse('dcim.interface', 'ip_addresses'), inRest: true }
  },
  filters: {
    address: { kind: 'address', path: 'address' },
    prefix: { kind: 'network', path: 'address', inclusive: true },
    mask_length: byNumber('mask_length'),
    ip_version: { kind: 'single-number', path: 'ip_version' },
    dns_name: byText('dns_name'),
    type: { kind: 'choice', path: 'type', values: Object.keys(ADDRESS_TYPES) },
    parent: byRelated('parent', 'ipam.prefix', 'prefix'),
    device: byText('interfaces.device.name'),
    device_id: { kind: 'id', path: 'interfaces.device' },
    interfaces: byRelated('interfaces', 'dcim.interface'),
    has_interface_assignments: byPresence('interfaces'),
    status,
    role,
    tenant
  },
  ordering: ['ip_version', 'sort_key', 'mask_length'],
  columns: ['address', 'status', 'type', 'interfaces', 'dns_name']
})

/** Addressing. */
export const IPAM_MODELS: readonly SampleModel[] = [
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
    filters: { q: bySearch('name'), name: byText('name') }
  })
]
