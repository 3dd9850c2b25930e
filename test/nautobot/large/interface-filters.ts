import type { AskedModel, Ids } from './models.ts'
import {
  bytes,
  contains,
  endsWith,
  inPlace,
  named,
  not,
  oneOf,
  some,
  startsWith,
  tagged
} from './sql.ts'

const onDevice = (condition: string) =>
  some('dcim_device', `other.id = t.device_id AND ${condition}`)
const hasCable = some('dcim_cabletocabletermination', 'other.interface_id = t.id')
const hasAddress = some('ipam_ipaddresstointerface', 'other.interface_id = t.id')
const hasTaggedVlan = some('dcim_interface_tagged_vlans', 'other.interface_id = t.id')
const status = (...names: string[]) => named('t.status_id', 'extras_status', ...names)
/** A device without a name is called by its type and its id. */
const GROUPED_DEVICE = `COALESCE(r.name, (SELECT maker.name || ' ' || type.model FROM dcim_devicetype type
  JOIN dcim_manufacturer maker ON maker.id = type.manufacturer_id WHERE type.id = r.device_type_id) || ' (' || r.id || ')')`
const FAST = ['100gbase-x-qsfp28', '10gbase-t']

const INTERFACES: AskedModel = {
  objectType: 'dcim.interface',
  table: 'dcim_interface',
  filters: [
    { kind: 'name', ask: { name: 'lo0' }, where: "t.name = 'lo0'" },
    {
      kind: 'several names',
      ask: { name: ['lo0', 'mgmt0'] },
      where: oneOf('t.name', 'lo0', 'mgmt0')
    },
    { kind: 'contains', ask: { name__ic: 'NET1' }, where: contains('t.name', 'net1') },
    { kind: 'ends', ask: { name__iew: 't3' }, where: endsWith('t.name', 't3') },
    { kind: 'not', ask: { name__n: 'mgmt0' }, where: not("t.name = 'mgmt0'") },
    { kind: 'boolean', ask: { enabled: false }, where: 'NOT t.enabled' },
    { kind: 'boolean', ask: { enabled: true }, where: 't.enabled' },
    { kind: 'boolean', ask: { mgmt_only: true }, where: 't.mgmt_only' },
    { kind: 'choice', ask: { type: '10gbase-t' }, where: "t.type = '10gbase-t'" },
    { kind: 'choice', ask: { type: FAST }, where: oneOf('t.type', ...FAST) },
    { kind: 'not', ask: { type__n: '10gbase-t' }, where: not("t.type = '10gbase-t'") },
    { kind: 'choice', ask: { mode: 'tagged' }, where: "t.mode = 'tagged'" },
    {
      kind: 'choice',
      ask: { kind: 'virtual' },
      where: "t.type IN ('virtual', 'bridge', 'lag', 'tunnel')"
    },
    { kind: 'number', ask: { mtu: 9000 }, where: 't.mtu = 9000' },
    { kind: 'number range', ask: { mtu__gte: 1501 }, where: 't.mtu >= 1501' },
    { kind: 'not', ask: { mtu__n: 9000 }, where: not('t.mtu = 9000') },
    { kind: 'null', ask: { mtu__isnull: true }, where: 't.mtu IS NULL' },
    {
      kind: 'null',
      ask: { untagged_vlan__isnull: false },
      where: 't.untagged_vlan_id IS NOT NULL'
    },
    { kind: 'text', ask: { description: 'uplink' }, where: "t.description = 'uplink'" },
    {
      kind: 'contains',
      ask: { description__ic: 'UPLINK' },
      where: contains('t.description', 'uplink')
    },
    { kind: 'contains', ask: { description__ic: '0%' }, where: contains('t.description', '0%') },
    { kind: 'contains', ask: { description__ic: 'r_s' }, where: contains('t.description', 'r_s') },
    {
      kind: 'contains',
      ask: { description__ic: 'k\\s' },
      where: contains('t.description', 'k\\s')
    },
    {
      kind: 'contains',
      ask: { description__ic: 'd=e?f+g' },
      where: contains('t.description', 'd=e?f+g')
    },
    {
      kind: 'text',
      ask: { description: 'said "no", isn\'t it' },
      where: "t.description = 'said \"no\", isn''t it'"
    },
    {
      kind: 'begins',
      ask: { description__isw: 'Zürich' },
      where: startsWith('t.description', 'Zürich')
    },
    {
      kind: 'device',
      ask: { device: 'ams01-rtr-01' },
      where: onDevice("other.name = 'ams01-rtr-01'")
    },
    {
      kind: 'device',
      ask: { device: 'oob-console' },
      where: onDevice("other.name = 'oob-console'")
    },
    {
      kind: 'tree of places',
      ask: { location: 'NL03' },
      where: onDevice(inPlace('other.location_id', 'NL03'))
    },
    {
      kind: 'tree of places',
      ask: { location: 'EMEA' },
      where: onDevice(inPlace('other.location_id', 'EMEA'))
    },
    {
      kind: 'tree of places',
      ask: { location: ['AMS01', 'Japan'] },
      where: onDevice(inPlace('other.location_id', 'AMS01', 'Japan'))
    },
    {
      kind: 'not in a tree of places',
      ask: { location__n: 'EMEA' },
      where: not(onDevice(inPlace('other.location_id', 'EMEA')))
    },
    { kind: 'has', ask: { has_cable: true }, where: hasCable },
    { kind: 'has', ask: { has_cable: false }, where: not(hasCable) },
    { kind: 'has', ask: { has_ip_addresses: true }, where: hasAddress },
    { kind: 'has', ask: { has_tagged_vlans: true }, where: hasTaggedVlan },
    { kind: 'has', ask: { has_tagged_vlans: false }, where: not(hasTaggedVlan) },
    { kind: 'status', ask: { status: ['Planned', 'Failed'] }, where: status('Planned', 'Failed') },
    { kind: 'tag', ask: { tags: 'metered' }, where: tagged('dcim.interface', 'metered') },
    {
      kind: 'several tags',
      ask: { tags: ['metered', 'pci-dss'] },
      where: tagged('dcim.interface', 'metered', 'pci-dss')
    },
    {
      kind: 'VLAN',
      ask: { untagged_vlan: '110' },
      where: 't.untagged_vlan_id IN (SELECT id FROM ipam_vlan WHERE vid = 110)'
    },
    {
      kind: 'VLAN',
      ask: { tagged_vlans: '120' },
      where: some(
        'dcim_interface_tagged_vlans',
        'other.interface_id = t.id AND other.vlan_id IN (SELECT id FROM ipam_vlan WHERE vid = 120)'
      )
    },
    {
      kind: 'MAC address',
      ask: { mac_address: '02:0a:05:00:00:01' },
      where: "upper(t.mac_address) = '02:0A:05:00:00:01'"
    },
    {
      kind: 'MAC address, part',
      ask: { mac_address__ic: '02:0A:05' },
      where: contains('t.mac_address', '02:0a:05')
    },
    { kind: 'search', ask: { q: 'uplink to' }, where: contains('t.description', 'uplink to') }
  ],
  columns: {
    name: 't.name',
    enabled: 't.enabled',
    mtu: 't.mtu',
    description: 't.description',
    device: { of: 'dcim.device', id: 't.device_id', label: "COALESCE(r.name, '(no name)')" },
    status: { of: 'extras.status', id: 't.status_id' }
  },
  groups: {
    status: { of: 'extras.status', id: 't.status_id' },
    mtu: 't.mtu::text',
    mode: "CASE t.mode WHEN 'access' THEN 'Access' WHEN 'tagged' THEN 'Tagged' WHEN 'tagged-all' THEN 'Tagged (All)' ELSE t.mode END",
    enabled: "CASE WHEN t.enabled THEN 'True' ELSE 'False' END",
    device: { of: 'dcim.device', id: 't.device_id', label: GROUPED_DEVICE }
  }
}

export const interfaces = ({ address }: Ids): AskedModel => ({
  ...INTERFACES,
  filters: [
    ...INTERFACES.filters,
    {
      kind: 'address',
      ask: { ip_addresses: address },
      where: `EXISTS (SELECT 1 FROM ipam_ipaddresstointerface at JOIN ipam_ipaddress address ON address.id = at.ip_address_id
        WHERE at.interface_id = t.id AND address.host = ${bytes(address.split('/')[0] ?? '')})`
    }
  ]
})
