import { oneOf, some, tagged } from './sql.ts'

export const USERS = ['alice', 'bob', 'carol', 'dave'] as const
export type User = (typeof USERS)[number]

/** What each user may view of a model: a condition on `t`; null without any right. */
export type Rights = Readonly<Record<User, string | null>>

const ALL = 'true'
/** AMS01 and its rooms, which is two levels of the tree and no more. */
const AMS01 = `(SELECT id FROM dcim_location WHERE name = 'AMS01'
  UNION SELECT id FROM dcim_location WHERE parent_id = (SELECT id FROM dcim_location WHERE name = 'AMS01'))`
const CUSTOMERS = ['Customer 01', 'Customer 02', 'Customer 05', 'Corporate IT']
const ofCustomers = (column: string) =>
  `${column} IN (SELECT id FROM tenancy_tenant WHERE ${oneOf('name', ...CUSTOMERS)})`
const statusIs = (column: string, name: string) =>
  `${column} = (SELECT id FROM extras_status WHERE name = '${name}')`
const everybody: Rights = { alice: ALL, bob: ALL, carol: ALL, dave: ALL }
const placedAt = (table: string, own: string) =>
  some(table, `other.${own} = t.id AND other.location_id IN ${AMS01}`)

/** Written anew from what `seed_rights.py` and `large/rights.py` grant, and not read from there. */
export const RIGHTS: Readonly<Record<string, Rights>> = {
  'circuits.circuit': {
    alice: ALL,
    bob: placedAt('circuits_circuittermination', 'circuit_id'),
    carol: ofCustomers('t.tenant_id'),
    dave: null
  },
  'circuits.circuittype': { ...everybody, dave: null },
  'circuits.provider': { ...everybody, dave: null },
  'dcim.cable': { alice: ALL, bob: null, carol: null, dave: null },
  'dcim.device': {
    alice: ALL,
    bob: `t.location_id IN ${AMS01}`,
    carol: ofCustomers('t.tenant_id'),
    dave: `(${statusIs('t.status_id', 'Planned')} OR ${tagged('dcim.device', 'audited')} OR ${tagged('dcim.device', 'pci-dss')})`
  },
  'dcim.devicetype': everybody,
  'dcim.interface': {
    alice: ALL,
    bob: some('dcim_device', `other.id = t.device_id AND other.location_id IN ${AMS01}`),
    carol: some('dcim_device', `other.id = t.device_id AND ${ofCustomers('other.tenant_id')}`),
    dave: `NOT t.enabled AND ${some('dcim_device', `other.id = t.device_id AND ${statusIs('other.status_id', 'Active')}`)}`
  },
  'dcim.location': {
    alice: ALL,
    bob: `t.id IN ${AMS01}`,
    carol: ALL,
    dave: "t.location_type_id = (SELECT id FROM dcim_locationtype WHERE name = 'Site')"
  },
  'dcim.locationtype': { ...everybody, dave: null },
  'dcim.platform': { ...everybody, dave: null },
  'dcim.rack': {
    alice: ALL,
    bob: `t.location_id IN ${AMS01}`,
    carol: ofCustomers('t.tenant_id'),
    dave: null
  },
  'extras.role': everybody,
  'extras.status': everybody,
  'extras.tag': everybody,
  'ipam.ipaddress': {
    alice: ALL,
    bob: `EXISTS (SELECT 1 FROM ipam_ipaddresstointerface at
      JOIN dcim_interface port ON port.id = at.interface_id JOIN dcim_device device ON device.id = port.device_id
      WHERE at.ip_address_id = t.id AND device.location_id IN ${AMS01})`,
    carol: ofCustomers('t.tenant_id'),
    dave: null
  },
  'ipam.prefix': {
    alice: ALL,
    bob: placedAt('ipam_prefixlocationassignment', 'prefix_id'),
    carol: ofCustomers('t.tenant_id'),
    dave: `t.prefix_length >= 24 AND ${some(
      'ipam_prefixlocationassignment',
      `other.prefix_id = t.id AND other.location_id IN (SELECT site.id FROM dcim_location site
        JOIN dcim_location country ON country.id = site.parent_id WHERE country.name IN ('Germany', 'Japan'))`
    )}`
  },
  'ipam.vlan': {
    alice: ALL,
    bob: placedAt('ipam_vlanlocationassignment', 'vlan_id'),
    carol: ofCustomers('t.tenant_id'),
    dave: null
  },
  'ipam.vlangroup': { alice: ALL, bob: `t.location_id IN ${AMS01}`, carol: null, dave: null },
  'tenancy.tenant': { alice: ALL, bob: ALL, carol: oneOf('t.name', ...CUSTOMERS), dave: null }
}
