import type { AskedFilter, AskedModel, Ids } from './models.ts'
import {
  below,
  bytes,
  contains,
  customField,
  endsWith,
  inPlace,
  named,
  not,
  oneOf,
  some,
  startsWith,
  tagged
} from './sql.ts'

const owner = customField('asset_owner')
const watts = `${customField('power_watts')}::int`
const surveyed = customField('surveyed_at')
const remark = customField('remark')
const status = (...names: string[]) => named('t.status_id', 'extras_status', ...names)
const tenant = (...names: string[]) => named('t.tenant_id', 'tenancy_tenant', ...names)
const role = (...names: string[]) => named('t.role_id', 'extras_role', ...names)

const hasInterfaceWith = (condition: string) =>
  some('dcim_interface', `other.device_id = t.id AND ${condition}`)
const hasAddress = hasInterfaceWith(
  'EXISTS (SELECT 1 FROM ipam_ipaddresstointerface at WHERE at.interface_id = other.id)'
)

const FILTERS: readonly AskedFilter[] = [
  { kind: 'name', ask: { name: 'ams01-rtr-01' }, where: "t.name = 'ams01-rtr-01'" },
  {
    kind: 'several names',
    ask: { name: ['ams01-rtr-01', 'oob-console'] },
    where: oneOf('t.name', 'ams01-rtr-01', 'oob-console')
  },
  { kind: 'not', ask: { name__n: 'oob-console' }, where: not("t.name = 'oob-console'") },
  { kind: 'contains', ask: { name__ic: 'NL03-SWI' }, where: contains('t.name', 'nl03-swi') },
  { kind: 'contains not', ask: { name__nic: 'swi' }, where: not(contains('t.name', 'swi')) },
  { kind: 'begins', ask: { name__isw: 'gb0' }, where: startsWith('t.name', 'gb0') },
  { kind: 'ends', ask: { name__iew: '-L01' }, where: endsWith('t.name', '-l01') },
  { kind: 'any case', ask: { name__ie: 'OOB-Console' }, where: "t.name = 'oob-console'" },
  {
    kind: 'pattern',
    ask: { name__re: '^(de|jp)0[1-3]-rou' },
    where: "t.name ~ '^(de|jp)0[1-3]-rou'"
  },
  { kind: 'null', ask: { asset_tag__isnull: true }, where: 't.asset_tag IS NULL' },
  { kind: 'null', ask: { asset_tag__isnull: false }, where: 't.asset_tag IS NOT NULL' },
  { kind: 'null', ask: { tenant__isnull: true }, where: 't.tenant_id IS NULL' },
  { kind: 'null', ask: { rack__isnull: false }, where: 't.rack_id IS NOT NULL' },
  { kind: 'status', ask: { status: 'Active' }, where: status('Active') },
  {
    kind: 'status',
    ask: { status: ['Planned', 'Failed'] },
    where: status('Planned', 'Failed')
  },
  { kind: 'not', ask: { status__n: 'Active' }, where: not(status('Active')) },
  { kind: 'role', ask: { role: 'switch' }, where: role('switch') },
  { kind: 'role', ask: { role: ['router', 'firewall'] }, where: role('router', 'firewall') },
  { kind: 'not', ask: { role__n: 'switch' }, where: not(role('switch')) },
  { kind: 'tree of places', ask: { location: 'EMEA' }, where: inPlace('t.location_id', 'EMEA') },
  {
    kind: 'tree of places',
    ask: { location: 'Netherlands' },
    where: inPlace('t.location_id', 'Netherlands')
  },
  {
    kind: 'tree of places',
    ask: { location: ['NL03', 'Japan'] },
    where: inPlace('t.location_id', 'NL03', 'Japan')
  },
  {
    kind: 'tree of places',
    ask: { location: 'AMS01-X1' },
    where: inPlace('t.location_id', 'AMS01-X1')
  },
  {
    kind: 'not in a tree of places',
    ask: { location__n: 'EMEA' },
    where: not(inPlace('t.location_id', 'EMEA'))
  },
  { kind: 'tenant', ask: { tenant: 'Customer 03' }, where: tenant('Customer 03') },
  { kind: 'not', ask: { tenant__n: 'Customer 05' }, where: not(tenant('Customer 05')) },
  {
    kind: 'tree of tenants',
    ask: { tenant_group: 'Customers' },
    where: `t.tenant_id IN (SELECT id FROM tenancy_tenant x WHERE ${below('x.tenant_group_id', 'tenancy_tenantgroup', 'Customers')})`
  },
  {
    kind: 'tree of tenants',
    ask: { tenant_group: 'Customers North' },
    where: `t.tenant_id IN (SELECT id FROM tenancy_tenant x WHERE ${below('x.tenant_group_id', 'tenancy_tenantgroup', 'Customers North')})`
  },
  {
    kind: 'related',
    ask: { device_type: 'MX204' },
    where: "t.device_type_id IN (SELECT id FROM dcim_devicetype WHERE model = 'MX204')"
  },
  {
    kind: 'related',
    ask: { manufacturer: 'Cisco' },
    where: `t.device_type_id IN (SELECT type.id FROM dcim_devicetype type
        JOIN dcim_manufacturer maker ON maker.id = type.manufacturer_id WHERE maker.name = 'Cisco')`
  },
  { kind: 'tag', ask: { tags: 'audited' }, where: tagged('dcim.device', 'audited') },
  {
    kind: 'several tags',
    ask: { tags: ['audited', 'metered'] },
    where: tagged('dcim.device', 'audited', 'metered')
  },
  { kind: 'not', ask: { tags__n: 'pci-dss' }, where: not(tagged('dcim.device', 'pci-dss')) },
  { kind: 'custom choice', ask: { cf_asset_owner: 'R&D' }, where: `${owner} = 'R&D'` },
  {
    kind: 'custom choice, not',
    ask: { cf_asset_owner__n: 'Network' },
    where: not(`${owner} = 'Network'`)
  },
  {
    kind: 'custom boolean',
    ask: { cf_is_managed: true },
    where: `${customField('is_managed')} = 'true'`
  },
  {
    kind: 'custom boolean',
    ask: { cf_is_managed: false },
    where: `${customField('is_managed')} = 'false'`
  },
  { kind: 'custom number', ask: { cf_power_watts: 350 }, where: `${watts} = 350` },
  { kind: 'custom number range', ask: { cf_power_watts__gte: 350 }, where: `${watts} >= 350` },
  { kind: 'custom number range', ask: { cf_power_watts__lt: 750 }, where: `${watts} < 750` },
  {
    kind: 'custom date range',
    ask: { cf_support_ends__gte: '2027-03-01' },
    where: `${customField('support_ends')} >= '2027-03-01'`
  },
  {
    kind: 'custom date range',
    ask: { cf_support_ends__lt: '2026-01-01' },
    where: `${customField('support_ends')} < '2026-01-01'`
  },
  {
    kind: 'custom time range',
    ask: { cf_surveyed_at__gte: '2025-01-01T00:00:00Z' },
    where: `(${surveyed})::timestamptz >= '2025-01-01 00:00Z'`
  },
  {
    kind: 'custom time range',
    ask: { cf_surveyed_at__lt: '2025-01-01T00:00:00Z' },
    where: `(${surveyed})::timestamptz < '2025-01-01 00:00Z'`
  },
  {
    kind: 'custom list',
    ask: { cf_zones: ['core', 'guest'] },
    where: "(t._custom_field_data -> 'zones') ?| array['core', 'guest']"
  },
  {
    kind: 'custom list',
    ask: { cf_zones: 'core' },
    where: "(t._custom_field_data -> 'zones') ? 'core'"
  },
  { kind: 'custom text', ask: { cf_remark: '100% uplink' }, where: `${remark} = '100% uplink'` },
  {
    kind: 'custom text, contains',
    ask: { cf_remark__ic: 'under_' },
    where: contains(remark, 'under_')
  },
  { kind: 'custom text, contains', ask: { cf_remark__ic: '0%' }, where: contains(remark, '0%') },
  {
    kind: 'has',
    ask: { has_primary_ip: true },
    where: 't.primary_ip4_id IS NOT NULL OR t.primary_ip6_id IS NOT NULL'
  },
  {
    kind: 'has',
    ask: { has_primary_ip: false },
    where: 't.primary_ip4_id IS NULL AND t.primary_ip6_id IS NULL'
  },
  { kind: 'has', ask: { has_ip_addresses: true }, where: hasAddress },
  { kind: 'has', ask: { has_ip_addresses: false }, where: not(hasAddress) },
  { kind: 'has', ask: { has_console_ports: true }, where: 'false' },
  { kind: 'serial', ask: { serial: 'lp001nl03' }, where: "upper(t.serial) = 'LP001NL03'" },
  {
    kind: 'MAC address',
    ask: { mac_address: '02:0a:05:00:00:01' },
    where: hasInterfaceWith("upper(other.mac_address) = '02:0A:05:00:00:01'")
  },
  {
    kind: 'date',
    ask: { created__gte: '2024-06-01' },
    where: "t.created >= '2024-06-01 00:00Z'"
  },
  {
    kind: 'date',
    ask: { created__lt: '2024-06-01T08:30:00Z' },
    where: "t.created < '2024-06-01 08:30Z'"
  },
  {
    kind: 'date',
    ask: { last_updated__gte: '2025-10-01', last_updated__lte: '2025-10-31' },
    where: "t.last_updated >= '2025-10-01 00:00Z' AND t.last_updated <= '2025-10-31 00:00Z'"
  },
  { kind: 'search', ask: { q: 'nl03-fir' }, where: contains('t.name', 'nl03-fir') }
]

/** Devices, with each kind of filter that Nautobot has. */
export const devices = ({ address, vlan, device }: Ids): AskedModel => ({
  objectType: 'dcim.device',
  table: 'dcim_device',
  filters: [
    ...FILTERS,
    {
      kind: 'address',
      ask: { ip_addresses: address },
      where: hasInterfaceWith(`EXISTS (SELECT 1 FROM ipam_ipaddresstointerface at
        JOIN ipam_ipaddress address ON address.id = at.ip_address_id
        WHERE at.interface_id = other.id AND address.host = ${bytes(address.split('/')[0] ?? '')})`)
    },
    { kind: 'id', ask: { id: device }, where: `t.id = '${device}'` },
    {
      kind: 'relationship',
      ask: { cr_monitored_in__destination: vlan },
      where: some(
        'extras_relationshipassociation',
        `other.source_id = t.id AND other.destination_id = '${vlan}'`
      )
    }
  ],
  columns: {
    name: 't.name',
    serial: 't.serial',
    asset_tag: 't.asset_tag',
    status: { of: 'extras.status', id: 't.status_id' },
    role: { of: 'extras.role', id: 't.role_id' },
    location: { of: 'dcim.location', id: 't.location_id' },
    tenant: { of: 'tenancy.tenant', id: 't.tenant_id' },
    device_type: { of: 'dcim.devicetype', id: 't.device_type_id', label: 'r.model' },
    cf_asset_owner: owner
  },
  groups: {
    status: { of: 'extras.status', id: 't.status_id' },
    role: { of: 'extras.role', id: 't.role_id' },
    location: { of: 'dcim.location', id: 't.location_id' },
    tenant: { of: 'tenancy.tenant', id: 't.tenant_id' },
    platform: { of: 'dcim.platform', id: 't.platform_id' },
    device_type: { of: 'dcim.devicetype', id: 't.device_type_id', label: 'r.model' },
    cf_asset_owner: owner,
    cf_is_managed: customField('is_managed')
  }
})
