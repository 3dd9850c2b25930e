import { NETWORK } from '../contract/support/oracle.ts'
import { at, devices, groups, number, role, SITES, single, status, tagged } from './oracle.ts'
import type { EvalQuestion, Proof } from './question.ts'

const DEVICE = 'dcim.device'
const byDevice = (filters: Proof['filters']): Proof => ({ model: DEVICE, filters })

const siteOf = ({ location }: { readonly location: string }) =>
  SITES.find(({ name }) => at(name)({ location }))?.name ?? location
const regionOf = ({ location }: { readonly location: string }) =>
  ['EMEA', 'AMER', 'APAC'].find((region) => at(region)({ location })) ?? location

function count(ask: string, expected: number, proof: Proof): EvalQuestion {
  return single('count', ask, { expect: number(expected), proof })
}

export const COUNTS: readonly EvalQuestion[] = [
  count('How many devices are there in total?', devices().length, byDevice({})),
  count(
    'How many devices are in AMS01?',
    devices(at('AMS01')).length,
    byDevice({ location: ['AMS01'] })
  ),
  count(
    'How many switches are at FRA01?',
    devices(role('switch'), at('FRA01')).length,
    byDevice({ role: 'switch', location: ['FRA01'] })
  ),
  count(
    'How many active switches are in the EMEA region?',
    devices(role('switch'), status('Active'), at('EMEA')).length,
    byDevice({ role: 'switch', status: 'Active', location: ['EMEA'] })
  ),
  count(
    'How many routers are in the United Kingdom?',
    devices(role('router'), at('United Kingdom')).length,
    byDevice({ role: 'router', location: ['United Kingdom'] })
  ),
  count(
    'How many devices have no primary IP address?',
    devices(({ primaryIp4 }) => primaryIp4 === null).length,
    byDevice({ has_primary_ip: false })
  ),
  count(
    'How many devices are planned or staged?',
    devices(({ status: state }) => ['Planned', 'Staged'].includes(state)).length,
    byDevice({ status: ['Planned', 'Staged'] })
  ),
  count(
    'How many devices are tagged critical?',
    devices(tagged('critical')).length,
    byDevice({ tags: ['critical'] })
  ),
  count(
    'How many devices belong to the tenant Retail?',
    devices(({ tenant }) => tenant === 'Retail').length,
    byDevice({ tenant: 'Retail' })
  ),
  count(
    'How many devices run Junos?',
    devices(({ platform }) => platform === 'Junos').length,
    byDevice({ platform: 'Junos' })
  ),
  count('How many racks are in AMS01?', NETWORK.racks.filter(at('AMS01')).length, {
    model: 'dcim.rack',
    filters: { location: ['AMS01'] }
  }),
  count(
    'How many circuits are offline?',
    NETWORK.circuits.filter((circuit) => circuit.status === 'Offline').length,
    { model: 'circuits.circuit', filters: { status: 'Offline' } }
  ),
  count(
    'How many VLANs with ID 30 are there?',
    NETWORK.vlans.filter(({ vid }) => vid === 30).length,
    {
      model: 'ipam.vlan',
      filters: { vid: 30 }
    }
  ),
  count(
    'How many interfaces does ams01-rtr-01 have?',
    NETWORK.interfaces.filter(({ device }) => device === 'ams01-rtr-01').length,
    { model: 'dcim.interface', filters: { device: ['ams01-rtr-01'] } }
  )
]

export const GROUPS: readonly EvalQuestion[] = [
  single('groups', 'How many devices are there of each role?', {
    expect: groups(devices(), (device) => device.role)
  }),
  single('groups', 'How many devices are there per site?', { expect: groups(devices(), siteOf) }),
  single('groups', 'How many devices are in each region?', { expect: groups(devices(), regionOf) }),
  single('groups', 'Count the circuits by provider.', {
    expect: groups(NETWORK.circuits, ({ provider }) => provider)
  }),
  single('groups', 'How many devices has each tenant in EMEA?', {
    expect: groups(devices(at('EMEA')), ({ tenant }) => tenant)
  }),
  single('groups', 'How are the devices distributed over statuses?', {
    expect: groups(devices(), (device) => device.status)
  })
]
