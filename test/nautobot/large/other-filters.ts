import type { AskedModel } from './models.ts'
import {
  contains,
  customField,
  inPlace,
  named,
  not,
  oneOf,
  some,
  startsWith,
  tagged
} from './sql.ts'

const status = (...names: string[]) => named('t.status_id', 'extras_status', ...names)
const tenant = (...names: string[]) => named('t.tenant_id', 'tenancy_tenant', ...names)
const STATUS = { of: 'extras.status', id: 't.status_id' }
const TENANT = { of: 'tenancy.tenant', id: 't.tenant_id' }
const LOCATION = { of: 'dcim.location', id: 't.location_id' }

const vlanIn = (...names: string[]) =>
  some(
    'ipam_vlanlocationassignment',
    `other.vlan_id = t.id AND ${inPlace('other.location_id', ...names)}`
  )

export const vlans: AskedModel = {
  objectType: 'ipam.vlan',
  table: 'ipam_vlan',
  filters: [
    { kind: 'number', ask: { vid: 110 }, where: 't.vid = 110' },
    { kind: 'number', ask: { vid: ['110', '150'] }, where: 't.vid IN (110, 150)' },
    {
      kind: 'number range',
      ask: { vid__gte: 150, vid__lt: 190 },
      where: 't.vid >= 150 AND t.vid < 190'
    },
    { kind: 'contains', ask: { name__ic: 'NL0' }, where: contains('t.name', 'nl0') },
    { kind: 'tree of places', ask: { location: 'APAC' }, where: vlanIn('APAC') },
    {
      kind: 'tree of places',
      ask: { locations: 'United Kingdom' },
      where: vlanIn('United Kingdom')
    },
    {
      kind: 'related',
      ask: { vlan_group: 'NL03 large' },
      where: named('t.vlan_group_id', 'ipam_vlangroup', 'NL03 large')
    },
    {
      kind: 'role',
      ask: { role: ['voice', 'users'] },
      where: named('t.role_id', 'extras_role', 'voice', 'users')
    },
    { kind: 'null', ask: { role__isnull: true }, where: 't.role_id IS NULL' },
    { kind: 'status', ask: { status: 'Reserved' }, where: status('Reserved') },
    { kind: 'tenant', ask: { tenant: 'Retail' }, where: tenant('Retail') },
    {
      kind: 'several tags',
      ask: { tags: ['audited', 'pci-dss'] },
      where: tagged('ipam.vlan', 'audited', 'pci-dss')
    }
  ],
  columns: { vid: 't.vid', name: 't.name', status: STATUS, tenant: TENANT },
  groups: {
    status: STATUS,
    role: { of: 'extras.role', id: 't.role_id' },
    vlan_group: { of: 'ipam.vlangroup', id: 't.vlan_group_id' }
  }
}

const hasDevices = some('dcim_device', 'other.rack_id = t.id')

export const racks: AskedModel = {
  objectType: 'dcim.rack',
  table: 'dcim_rack',
  filters: [
    { kind: 'name', ask: { name: 'NL03-X1-02' }, where: "t.name = 'NL03-X1-02'" },
    { kind: 'tree of places', ask: { location: 'AMER' }, where: inPlace('t.location_id', 'AMER') },
    {
      kind: 'tree of places',
      ask: { location: 'AMS01' },
      where: inPlace('t.location_id', 'AMS01')
    },
    { kind: 'number range', ask: { u_height__gte: 42 }, where: 't.u_height >= 42' },
    { kind: 'has', ask: { has_devices: true }, where: hasDevices },
    { kind: 'has', ask: { has_devices: false }, where: not(hasDevices) },
    {
      kind: 'status',
      ask: { status: ['Reserved', 'Available'] },
      where: status('Reserved', 'Available')
    },
    { kind: 'null', ask: { tenant__isnull: false }, where: 't.tenant_id IS NOT NULL' },
    { kind: 'boolean', ask: { desc_units: true }, where: 't.desc_units' },
    { kind: 'serial', ask: { serial__ic: 'rk1' }, where: contains('t.serial', 'rk1') }
  ],
  columns: {
    name: 't.name',
    u_height: 't.u_height',
    status: STATUS,
    location: LOCATION,
    tenant: TENANT
  },
  groups: { status: STATUS, tenant: TENANT, location: LOCATION, u_height: 't.u_height::text' }
}

const hasAt = (table: string) => some(table, 'other.location_id = t.id')

export const locations: AskedModel = {
  objectType: 'dcim.location',
  table: 'dcim_location',
  filters: [
    {
      kind: 'related',
      ask: { location_type: 'Room' },
      where: named('t.location_type_id', 'dcim_locationtype', 'Room')
    },
    {
      kind: 'parent',
      ask: { parent: 'Germany' },
      where: named('t.parent_id', 'dcim_location', 'Germany')
    },
    { kind: 'tree of places', ask: { subtree: 'EMEA' }, where: inPlace('t.id', 'EMEA') },
    {
      kind: 'tree of places',
      ask: { subtree: ['Japan', 'NL03'] },
      where: inPlace('t.id', 'Japan', 'NL03')
    },
    { kind: 'begins', ask: { name__isw: 'nl' }, where: startsWith('t.name', 'nl') },
    { kind: 'status', ask: { status: 'Retired' }, where: status('Retired') },
    { kind: 'has', ask: { has_devices: false }, where: not(hasAt('dcim_device')) },
    { kind: 'has', ask: { has_racks: true }, where: hasAt('dcim_rack') },
    {
      kind: 'text',
      ask: { facility: ['DC-1', 'DC-3'] },
      where: oneOf('t.facility', 'DC-1', 'DC-3')
    },
    {
      kind: 'custom text, contains',
      ask: { cf_site_code__ic: 'nl-' },
      where: contains(customField('site_code'), 'nl-')
    },
    { kind: 'null', ask: { parent__isnull: true }, where: 't.parent_id IS NULL' }
  ],
  columns: {
    name: 't.name',
    facility: 't.facility',
    status: STATUS,
    parent: { of: 'dcim.location', id: 't.parent_id' }
  },
  groups: {
    status: STATUS,
    location_type: { of: 'dcim.locationtype', id: 't.location_type_id' },
    parent: { of: 'dcim.location', id: 't.parent_id' }
  }
}

const endsIn = (...names: string[]) =>
  some(
    'circuits_circuittermination',
    `other.circuit_id = t.id AND ${inPlace('other.location_id', ...names)}`
  )

export const circuits: AskedModel = {
  objectType: 'circuits.circuit',
  table: 'circuits_circuit',
  filters: [
    { kind: 'name', ask: { cid: 'LP-0017' }, where: "t.cid = 'LP-0017'" },
    { kind: 'contains', ask: { cid__ic: 'lp-01' }, where: contains('t.cid', 'lp-01') },
    {
      kind: 'related',
      ask: { provider: 'Colt' },
      where: named('t.provider_id', 'circuits_provider', 'Colt')
    },
    {
      kind: 'related',
      ask: { circuit_type: ['MPLS', 'Internet'] },
      where: named('t.circuit_type_id', 'circuits_circuittype', 'MPLS', 'Internet')
    },
    { kind: 'status', ask: { status: 'Planned' }, where: status('Planned') },
    { kind: 'tree of places', ask: { location: 'EMEA' }, where: endsIn('EMEA') },
    { kind: 'not in a tree of places', ask: { location__n: 'EMEA' }, where: not(endsIn('EMEA')) },
    {
      kind: 'number range',
      ask: { commit_rate__gte: 1_000_000 },
      where: 't.commit_rate >= 1000000'
    },
    { kind: 'null', ask: { commit_rate__isnull: true }, where: 't.commit_rate IS NULL' },
    {
      kind: 'date',
      ask: { install_date__gte: '2024-06-01' },
      where: "t.install_date >= '2024-06-01'"
    },
    {
      kind: 'date',
      ask: { install_date__lt: '2024-01-01' },
      where: "t.install_date < '2024-01-01'"
    },
    { kind: 'tenant', ask: { tenant: 'Corporate IT' }, where: tenant('Corporate IT') }
  ],
  columns: {
    cid: 't.cid',
    commit_rate: 't.commit_rate',
    status: STATUS,
    tenant: TENANT,
    provider: { of: 'circuits.provider', id: 't.provider_id' }
  },
  groups: {
    status: STATUS,
    provider: { of: 'circuits.provider', id: 't.provider_id' },
    circuit_type: { of: 'circuits.circuittype', id: 't.circuit_type_id' },
    tenant: TENANT
  }
}
