import {
  boolean,
  byBoolean,
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
const custom = { kind: 'custom' } as const
const siteCode = { kind: 'custom', key: 'site_code' } as const
const FACES = { front: 'Front', rear: 'Rear' }
const MODES = { access: 'Access', tagged: 'Tagged', 'tagged-all': 'Tagged (All)' }
/** The types that the sample network has, with Nautobot's labels. */
const INTERFACE_TYPES = {
  virtual: 'Virtual',
  '1000base-t': '1000BASE-T (1GE)',
  '10gbase-x-sfpp': 'SFP+ (10GE)',
  'ieee802.11ax': 'IEEE 802.11ax'
}

const location = defineModel('dcim.location', {
  name: 'location',
  plural: 'locations',
  path: '/dcim/locations/',
  graphqlType: 'LocationType',
  fields: {
    name: text,
    description: text,
    facility: text,
    time_zone: text,
    parent: one('dcim.location'),
    location_type: one('dcim.locationtype'),
    status: one('extras.status'),
    tenant: one('tenancy.tenant'),
    cf_site_code: custom,
    children: reverse('dcim.location', 'parent'),
    devices: reverse('dcim.device', 'location'),
    racks: reverse('dcim.rack', 'location'),
    vlans: reverse('ipam.vlan', 'locations'),
    prefixes: reverse('ipam.prefix', 'locations')
  },
  filters: {
    q: bySearch('name', 'facility', 'description'),
    name: byText('name'),
    facility: byText('facility'),
    description: byText('description'),
    parent: byRelated('parent', 'dcim.location'),
    subtree: { ...byTree('id') },
    location_type: byRelated('location_type', 'dcim.locationtype'),
    has_devices: byPresence('devices'),
    has_vlans: byPresence('vlans'),
    has_prefixes: byPresence('prefixes'),
    has_racks: byPresence('racks'),
    status,
    tenant,
    cf_site_code: siteCode
  },
  columns: ['name', 'status', 'location_type', 'parent', 'description']
})

const device = defineModel('dcim.device', {
  name: 'device',
  plural: 'devices',
  path: '/dcim/devices/',
  graphqlType: 'DeviceType',
  fields: {
    name: text,
    serial: text,
    asset_tag: text,
    position: number,
    face: {
      kind: 'choice',
      enumName: 'DcimDeviceFaceChoices',
      values: Object.keys(FACES),
      labels: FACES
    },
    comments: text,
    device_type: one('dcim.devicetype'),
    status: one('extras.status'),
    role: one('extras.role'),
    tenant: one('tenancy.tenant'),
    platform: one('dcim.platform'),
    location: one('dcim.location'),
    rack: one('dcim.rack'),
    primary_ip4: one('ipam.ipaddress'),
    primary_ip6: one('ipam.ipaddress'),
    cf_site_code: custom,
    interfaces: reverse('dcim.interface', 'device')
  },
  filters: {
    q: bySearch('name', 'serial', 'asset_tag', 'device_type.manufacturer.name', 'comments'),
    name: byText('name'),
    serial: { kind: 'text', path: 'serial', ignoreCase: true },
    mac_address: { kind: 'text', path: 'interfaces.mac_address', ignoreCase: true },
    face: { kind: 'choice', path: 'face', values: Object.keys(FACES) },
    asset_tag: byText('asset_tag'),
    position: byNumber('position'),
    location: byTree('location'),
    device_type: byRelated('device_type', 'dcim.devicetype', 'model'),
    manufacturer: byRelated('device_type.manufacturer', 'dcim.manufacturer'),
    platform: byRelated('platform', 'dcim.platform'),
    rack: byRelated('rack', 'dcim.rack'),
    has_primary_ip: byPresence('primary_ip4'),
    has_interfaces: byPresence('interfaces'),
    status,
    role,
    tenant,
    cf_site_code: siteCode
  },
  columns: ['name', 'status', 'tenant', 'location', 'rack', 'role', 'device_type', 'primary_ip4']
})

const dcimInterface = defineModel('dcim.interface', {
  name: 'interface',
  plural: 'interfaces',
  path: '/dcim/interfaces/',
  graphqlType: 'InterfaceType',
  fields: {
    name: text,
    label: text,
    description: text,
    enabled: boolean,
    mgmt_only: boolean,
    mtu: number,
    mac_address: text,
    type: {
      kind: 'choice',
      enumName: 'DcimInterfaceTypeChoices',
      values: Object.keys(INTERFACE_TYPES),
      labels: INTERFACE_TYPES
    },
    mode: {
      kind: 'choice',
      enumName: 'DcimInterfaceModeChoices',
      values: Object.keys(MODES),
      labels: MODES
    },
    device: one('dcim.device'),
    status: one('extras.status'),
    role: one('extras.role'),
    untagged_vlan: one('ipam.vlan'),
    tagged_vlans: many('ipam.vlan'),
    ip_addresses: many('ipam.ipaddress')
  },
  filters: {
    q: bySearch('name', 'label', 'description'),
    name: byText('name'),
    description: byText('description'),
    enabled: byBoolean('enabled'),
    mgmt_only: byBoolean('mgmt_only'),
    mac_address: { kind: 'text', path: 'mac_address', ignoreCase: true },
    type: { kind: 'choice', path: 'type', values: Object.keys(INTERFACE_TYPES) },
    mode: { kind: 'choice', path: 'mode', values: Object.keys(MODES) },
    device: byRelated('device', 'dcim.device'),
    untagged_vlan: byRelated('untagged_vlan', 'ipam.vlan', 'vid'),
    tagged_vlans: byRelated('tagged_vlans', 'ipam.vlan', 'vid'),
    has_ip_addresses: byPresence('ip_addresses'),
    nautobot_ai_ops_location: byTree('device.location'),
    status,
    role
  },
  ordering: ['device', 'sort_key'],
  columns: ['device', 'name', 'status', 'type', 'enabled', 'description']
})

const rack = defineModel('dcim.rack', {
  name: 'rack',
  plural: 'racks',
  path: '/dcim/racks/',
  graphqlType: 'RackType',
  fields: {
    name: text,
    u_height: number,
    location: one('dcim.location'),
    status: one('extras.status'),
    role: one('extras.role'),
    tenant: one('tenancy.tenant'),
    devices: reverse('dcim.device', 'rack')
  },
  filters: {
    name: byText('name'),
    u_height: byNumber('u_height'),
    location: byTree('location'),
    has_devices: byPresence('devices'),
    status,
    role,
    tenant
  },
  ordering: ['location.name', 'name'],
  columns: ['name', 'status', 'location', 'u_height']
})

const deviceType = defineModel('dcim.devicetype', {
  name: 'device type',
  plural: 'device types',
  path: '/dcim/device-types/',
  graphqlType: 'DeviceTypeType',
  fields: {
    model: text,
    u_height: number,
    manufacturer: one('dcim.manufacturer'),
    devices: reverse('dcim.device', 'device_type')
  },
  filters: {
    q: bySearch('manufacturer.name', 'model'),
    model: byText('model'),
    u_height: byNumber('u_height'),
    manufacturer: byRelated('manufacturer', 'dcim.manufacturer'),
    has_devices: byPresence('devices')
  },
  ordering: ['manufacturer.name', 'model'],
  columns: ['model', 'manufacturer', 'u_height']
})

const platform = defineModel('dcim.platform', {
  name: 'platform',
  plural: 'platforms',
  path: '/dcim/platforms/',
  graphqlType: 'PlatformType',
  tagged: false,
  fields: {
    name: text,
    description: text,
    network_driver: text,
    manufacturer: one('dcim.manufacturer'),
    devices: reverse('dcim.device', 'platform')
  },
  filters: {
    q: bySearch('name'),
    name: byText('name'),
    network_driver: byText('network_driver'),
    manufacturer: byRelated('manufacturer', 'dcim.manufacturer')
  },
  columns: ['name', 'manufacturer', 'network_driver']
})

const manufacturer = defineModel('dcim.manufacturer', {
  name: 'manufacturer',
  plural: 'manufacturers',
  path: '/dcim/manufacturers/',
  graphqlType: 'ManufacturerType',
  tagged: false,
  fields: {
    name: text,
    description: text,
    device_types: reverse('dcim.devicetype', 'manufacturer'),
    platforms: reverse('dcim.platform', 'manufacturer')
  },
  filters: { q: bySearch('name'), name: byText('name') }
})

const locationType = defineModel('dcim.locationtype', {
  name: 'location type',
  plural: 'location types',
  path: '/dcim/location-types/',
  graphqlType: 'LocationTypeType',
  tagged: false,
  fields: { name: text, description: text, parent: one('dcim.locationtype') },
  filters: {
    q: bySearch('name'),
    name: byText('name'),
    parent: byRelated('parent', 'dcim.locationtype')
  },
  columns: ['name', 'parent']
})

/** Places and what stands in them. */
export const DCIM_MODELS: readonly SampleModel[] = [
  location,
  locationType,
  device,
  deviceType,
  dcimInterface,
  rack,
  platform,
  manufacturer
]
