import type { AskedModel, Ids } from './models.ts'
import {
  below,
  bytes,
  contains,
  endsWith,
  inPlace,
  named,
  not,
  oneOf,
  rangeOf,
  some,
  startsWith
} from './sql.ts'

const status = (...names: string[]) => named('t.status_id', 'extras_status', ...names)
const tenant = (...names: string[]) => named('t.tenant_id', 'tenancy_tenant', ...names)
const ofTenants = (name: string) =>
  `t.tenant_id IN (SELECT x.id FROM tenancy_tenant x WHERE ${below('x.tenant_group_id', 'tenancy_tenantgroup', name)})`
const assigned = some('ipam_ipaddresstointerface', 'other.ip_address_id = t.id')
const onInterface = (condition: string) => `EXISTS (SELECT 1 FROM ipam_ipaddresstointerface at
  JOIN dcim_interface port ON port.id = at.interface_id JOIN dcim_device device ON device.id = port.device_id
  WHERE at.ip_address_id = t.id AND ${condition})`

function hostWithin(prefix: string): string {
  const [first, last] = rangeOf(prefix)
  return `t.ip_version = 4 AND t.host BETWEEN ${first} AND ${last}`
}

/** Networks within another one: longer, or as long. */
function within(prefix: string, shortest: number): string {
  const [first, last] = rangeOf(prefix)
  return `t.ip_version = 4 AND t.network >= ${first} AND t.broadcast <= ${last} AND t.prefix_length >= ${shortest}`
}

const around = (address: string) =>
  `t.ip_version = 4 AND t.network <= ${bytes(address)} AND t.broadcast >= ${bytes(address)}`

export const addresses = ({ prefix }: Ids): AskedModel => ({
  objectType: 'ipam.ipaddress',
  table: 'ipam_ipaddress',
  filters: [
    { kind: 'address', ask: { address: '100.64.5.1' }, where: `t.host = ${bytes('100.64.5.1')}` },
    {
      kind: 'address',
      ask: { address: ['100.64.5.1', '100.64.5.2'] },
      where: `t.host IN (${bytes('100.64.5.1')}, ${bytes('100.64.5.2')})`
    },
    {
      kind: 'within a network',
      ask: { prefix: '100.64.5.0/24' },
      where: hostWithin('100.64.5.0/24')
    },
    {
      kind: 'within a network',
      ask: { prefix: '100.64.0.0/12' },
      where: hostWithin('100.64.0.0/12')
    },
    {
      kind: 'within a network',
      ask: { prefix: ['100.64.5.0/28', '10.0.0.0/8'] },
      where: `(${hostWithin('100.64.5.0/28')}) OR (${hostWithin('10.0.0.0/8')})`
    },
    { kind: 'parent', ask: { parent: prefix }, where: `t.parent_id = '${prefix}'` },
    { kind: 'number', ask: { mask_length: 32 }, where: 't.mask_length = 32' },
    { kind: 'number range', ask: { mask_length__lte: 24 }, where: 't.mask_length <= 24' },
    { kind: 'number', ask: { ip_version: 6 }, where: 't.ip_version = 6' },
    {
      kind: 'status',
      ask: { status: ['Reserved', 'Deprecated'] },
      where: status('Reserved', 'Deprecated')
    },
    { kind: 'tenant', ask: { tenant: 'Customer 05' }, where: tenant('Customer 05') },
    { kind: 'null', ask: { tenant__isnull: true }, where: 't.tenant_id IS NULL' },
    { kind: 'tree of tenants', ask: { tenant_group: 'Customers' }, where: ofTenants('Customers') },
    { kind: 'contains', ask: { dns_name__ic: 'nl03' }, where: contains('t.dns_name', 'nl03') },
    { kind: 'begins', ask: { dns_name__isw: 'de0' }, where: startsWith('t.dns_name', 'de0') },
    {
      kind: 'ends',
      ask: { dns_name__iew: '1.example.com' },
      where: endsWith('t.dns_name', '1.example.com')
    },
    { kind: 'has', ask: { has_interface_assignments: true }, where: assigned },
    { kind: 'has', ask: { has_interface_assignments: false }, where: not(assigned) },
    {
      kind: 'related',
      ask: { interfaces: 'xe-0/0/0' },
      where: onInterface("port.name = 'xe-0/0/0'")
    },
    {
      kind: 'device',
      ask: { device: 'ams01-rtr-01' },
      where: onInterface("device.name = 'ams01-rtr-01'")
    },
    { kind: 'contains', ask: { description__ic: 'é' }, where: contains('t.description', 'é') },
    { kind: 'date', ask: { created__lt: '2024-03-01' }, where: "t.created < '2024-03-01 00:00Z'" }
  ],
  columns: {
    dns_name: 't.dns_name',
    mask_length: 't.mask_length',
    description: 't.description',
    status: { of: 'extras.status', id: 't.status_id' },
    tenant: { of: 'tenancy.tenant', id: 't.tenant_id' }
  },
  groups: {
    status: { of: 'extras.status', id: 't.status_id' },
    tenant: { of: 'tenancy.tenant', id: 't.tenant_id' },
    mask_length: 't.mask_length::text'
  }
})

const placed = (...names: string[]) =>
  some(
    'ipam_prefixlocationassignment',
    `other.prefix_id = t.id AND ${inPlace('other.location_id', ...names)}`
  )

export const prefixes = ({ prefix }: Ids): AskedModel => ({
  objectType: 'ipam.prefix',
  table: 'ipam_prefix',
  filters: [
    {
      kind: 'network',
      ask: { prefix: '172.20.1.0/24' },
      where: `t.network = ${bytes('172.20.1.0')} AND t.prefix_length = 24`
    },
    {
      kind: 'within a network',
      ask: { within: '172.16.0.0/12' },
      where: within('172.16.0.0/12', 13)
    },
    {
      kind: 'within a network',
      ask: { within_include: '172.20.0.0/20' },
      where: within('172.20.0.0/20', 20)
    },
    { kind: 'around an address', ask: { contains: '172.20.1.5' }, where: around('172.20.1.5') },
    {
      kind: 'around an address',
      ask: { contains: ['172.20.1.5', '10.10.1.7'] },
      where: `(${around('172.20.1.5')}) OR (${around('10.10.1.7')})`
    },
    { kind: 'number', ask: { prefix_length: 24 }, where: 't.prefix_length = 24' },
    {
      kind: 'number range',
      ask: { prefix_length__gte: 21, prefix_length__lte: 28 },
      where: 't.prefix_length BETWEEN 21 AND 28'
    },
    { kind: 'number', ask: { ip_version: 4 }, where: 't.ip_version = 4' },
    { kind: 'choice', ask: { type: 'container' }, where: "t.type = 'container'" },
    {
      kind: 'choice',
      ask: { type: ['container', 'pool'] },
      where: oneOf('t.type', 'container', 'pool')
    },
    { kind: 'not', ask: { type__n: 'network' }, where: not("t.type = 'network'") },
    { kind: 'tree of places', ask: { location: 'EMEA' }, where: placed('EMEA') },
    {
      kind: 'tree of places',
      ask: { locations: ['Germany', 'AMS01'] },
      where: placed('Germany', 'AMS01')
    },
    { kind: 'not in a tree of places', ask: { locations__n: 'EMEA' }, where: not(placed('EMEA')) },
    {
      kind: 'VLAN',
      ask: { vlan_vid: 110 },
      where: 't.vlan_id IN (SELECT id FROM ipam_vlan WHERE vid = 110)'
    },
    { kind: 'parent', ask: { parent: prefix }, where: `t.parent_id = '${prefix}'` },
    { kind: 'status', ask: { status: 'Deprecated' }, where: status('Deprecated') },
    {
      kind: 'not',
      ask: { status__n: ['Active', 'Reserved'] },
      where: not(status('Active', 'Reserved'))
    },
    { kind: 'null', ask: { role__isnull: true }, where: 't.role_id IS NULL' },
    {
      kind: 'role',
      ask: { role: 'management' },
      where: named('t.role_id', 'extras_role', 'management')
    },
    {
      kind: 'tenant',
      ask: { tenant: ['Customer 01', 'Customer 04'] },
      where: tenant('Customer 01', 'Customer 04')
    },
    { kind: 'has', ask: { has_rir: false }, where: 't.rir_id IS NULL' },
    {
      kind: 'related',
      ask: { namespace: 'Global' },
      where: named('t.namespace_id', 'ipam_namespace', 'Global')
    }
  ],
  columns: {
    prefix_length: 't.prefix_length',
    description: 't.description',
    status: { of: 'extras.status', id: 't.status_id' },
    tenant: { of: 'tenancy.tenant', id: 't.tenant_id' }
  },
  groups: {
    status: { of: 'extras.status', id: 't.status_id' },
    tenant: { of: 'tenancy.tenant', id: 't.tenant_id' },
    type: 'initcap(t.type)',
    prefix_length: 't.prefix_length::text'
  }
})
