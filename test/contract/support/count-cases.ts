import { below, type Facts, NETWORK } from './oracle.ts'

export type Filters = Record<string, string | number | boolean | (string | number)[]>

/** A question about a model, and the network's own answer to it. */
export interface CountCase {
  objectType: string
  /** REST path of the list. */
  list: string
  filters: Filters
  matches: (facts: Facts) => boolean
}

const has = (list: unknown, wanted: string) => (list as string[]).includes(wanted)
const inside =
  (...names: string[]) =>
  ({ places }: Facts) =>
    names.some((name) => places?.some((place) => below(name).has(place)))
const text = (value: unknown) => String(value).toLowerCase()
const manufacturerOf = (model: unknown) =>
  NETWORK.deviceTypes.find((type) => type.model === model)?.manufacturer

const cases =
  (objectType: string, list: string) =>
  (...rows: [Filters, CountCase['matches']][]): CountCase[] =>
    rows.map(([filters, matches]) => ({ objectType, list, filters, matches }))

/** Every kind of filter over every kind of model that people ask about. */
export const COUNT_CASES: CountCase[] = [
  ...cases('dcim.device', '/api/dcim/devices/')(
    [{}, () => true],
    [{ location: 'AMS01' }, inside('AMS01')],
    [{ location: 'EMEA' }, inside('EMEA')],
    [{ location: ['AMS01', 'NYC01'] }, inside('AMS01', 'NYC01')],
    [{ location__n: 'EMEA' }, (facts) => !inside('EMEA')(facts)],
    [{ role: 'switch' }, ({ role }) => role === 'switch'],
    [{ role: ['switch', 'router'] }, ({ role }) => role === 'switch' || role === 'router'],
    [{ status: 'Active' }, ({ status }) => status === 'Active'],
    [{ status__n: 'Active' }, ({ status }) => status !== 'Active'],
    [
      { location: 'AMER', role: 'switch', status: 'Active' },
      (facts) => inside('AMER')(facts) && facts.role === 'switch' && facts.status === 'Active'
    ],
    [{ tags: 'critical' }, ({ tags }) => has(tags, 'critical')],
    [{ tags: ['critical', 'pci'] }, ({ tags }) => has(tags, 'critical') && has(tags, 'pci')],
    [{ has_primary_ip: true }, ({ primaryIp4 }) => primaryIp4 !== null],
    [{ has_primary_ip: false }, ({ primaryIp4 }) => primaryIp4 === null],
    [{ cf_site_code: 'NL-AMS-1' }, ({ siteCode }) => siteCode === 'NL-AMS-1'],
    [{ name: 'ams01-rtr-01' }, ({ name }) => name === 'ams01-rtr-01'],
    [{ name__ic: 'AMS01' }, ({ name }) => text(name).includes('ams01')],
    [{ name__isw: ['ams', 'nyc'] }, ({ name }) => /^(ams|nyc)/.test(text(name))],
    [{ device_type: 'MX204' }, ({ deviceType }) => deviceType === 'MX204'],
    [{ manufacturer: 'Juniper' }, ({ deviceType }) => manufacturerOf(deviceType) === 'Juniper'],
    [{ platform: 'Junos' }, ({ platform }) => platform === 'Junos'],
    [{ tenant: 'Corporate IT' }, ({ tenant }) => tenant === 'Corporate IT'],
    [{ rack: 'AMS01-R1-01' }, ({ rack }) => rack === 'AMS01-R1-01'],
    [{ q: 'rtr' }, ({ name }) => text(name).includes('rtr')]
  ),
  ...cases('dcim.location', '/api/dcim/locations/')(
    [{}, () => true],
    [{ location_type: 'Site' }, ({ type }) => type === 'Site'],
    [{ status: 'Planned' }, ({ status }) => status === 'Planned'],
    [{ name: ['AMS01', 'FRA01'] }, ({ name }) => name === 'AMS01' || name === 'FRA01']
  ),
  ...cases('dcim.rack', '/api/dcim/racks/')([{ location: 'AMS01' }, inside('AMS01')]),
  ...cases('dcim.interface', '/api/dcim/interfaces/')(
    [{ device: 'ams01-rtr-01' }, ({ device }) => device === 'ams01-rtr-01'],
    [{ enabled: false }, ({ enabled }) => enabled === false],
    [{ mgmt_only: true }, ({ mgmtOnly }) => mgmtOnly === true],
    [{ type: 'virtual' }, ({ type }) => type === 'virtual']
  ),
  ...cases('ipam.vlan', '/api/ipam/vlans/')(
    [{ location: 'AMS01' }, inside('AMS01')],
    [{ vid: [10, 20] }, ({ vid }) => vid === 10 || vid === 20],
    [{ vid__gte: 100 }, ({ vid }) => Number(vid) >= 100],
    [{ role: 'management' }, ({ role }) => role === 'management'],
    [{ vlan_group: 'AMS01' }, ({ group }) => group === 'AMS01']
  ),
  ...cases('ipam.prefix', '/api/ipam/prefixes/')(
    [{ location: 'AMS01' }, inside('AMS01')],
    [{ type: 'container' }, ({ type }) => type === 'Container'],
    [{ role: 'management' }, ({ role }) => role === 'management']
  ),
  ...cases('ipam.ipaddress', '/api/ipam/ip-addresses/')(
    [{}, () => true],
    [{ ip_version: 6 }, ({ version }) => version === 6]
  ),
  ...cases('circuits.circuit', '/api/circuits/circuits/')(
    [{ provider: 'Colt' }, ({ provider }) => provider === 'Colt'],
    [{ circuit_type: 'MPLS' }, ({ type }) => type === 'MPLS'],
    [{ location: 'AMS01' }, inside('AMS01')],
    [{ status: 'Active' }, ({ status }) => status === 'Active']
  ),
  ...cases('tenancy.tenant', '/api/tenancy/tenants/')([{}, () => true])
]
