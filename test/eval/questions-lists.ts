import { NETWORK } from '../contract/support/oracle.ts'
import {
  at,
  CIRCUIT_IDS,
  DEVICE_NAMES,
  devices,
  names,
  namesOf,
  PREFIXES,
  role,
  SITES,
  single,
  status,
  tagged
} from './oracle.ts'
import type { EvalQuestion, Kind, Proof } from './question.ts'

const typesOf = (manufacturer: string) =>
  NETWORK.deviceTypes.filter((type) => type.manufacturer === manufacturer).map(({ model }) => model)

function deviceList(
  kind: Kind,
  ask: string,
  { rows, filters }: { rows: ReturnType<typeof devices>; filters?: Proof['filters'] }
): EvalQuestion {
  return single(kind, ask, {
    expect: names(namesOf(rows), DEVICE_NAMES),
    ...(filters && { proof: { model: 'dcim.device', filters, field: 'name' } })
  })
}

function circuitList(
  kind: Kind,
  ask: string,
  rows: readonly { readonly cid: string }[],
  filters: Proof['filters']
): EvalQuestion {
  const expected = rows.map(({ cid }) => cid)
  const proof = { model: 'circuits.circuit', filters, field: 'cid' }
  return single(kind, ask, { expect: names(expected, CIRCUIT_IDS), proof })
}

export const LISTS: readonly EvalQuestion[] = [
  deviceList('list', 'List the firewalls.', {
    rows: devices(role('firewall')),
    filters: { role: 'firewall' }
  }),
  deviceList('list', 'Which devices have failed?', {
    rows: devices(status('Failed')),
    filters: { status: 'Failed' }
  }),
  deviceList('list', 'Which switches at NYC01 are there?', {
    rows: devices(role('switch'), at('NYC01')),
    filters: { role: 'switch', location: ['NYC01'] }
  }),
  deviceList('list', 'Show me the routers in AMS01 and FRA01.', {
    rows: devices(role('router'), (d) => at('AMS01')(d) || at('FRA01')(d)),
    filters: { role: 'router', location: ['AMS01', 'FRA01'] }
  }),
  deviceList('list', 'Which devices are not active?', {
    rows: devices((device) => device.status !== 'Active'),
    filters: { status__n: ['Active'] }
  }),
  deviceList('list', 'Which devices are in rack AMS01-R1-01?', {
    rows: devices(({ rack }) => rack === 'AMS01-R1-01'),
    filters: { rack: ['AMS01-R1-01'] }
  }),
  deviceList('list', 'Which devices at LON01 are tagged pci?', {
    rows: devices(tagged('pci'), at('LON01')),
    filters: { tags: ['pci'], location: ['LON01'] }
  }),
  single('list', 'Which sites are in EMEA?', {
    expect: names(
      namesOf(SITES.filter(({ name }) => at('EMEA')({ location: name }))),
      namesOf(SITES)
    )
  }),
  circuitList(
    'list',
    'Which circuits does Zayo provide?',
    NETWORK.circuits.filter(({ provider }) => provider === 'Zayo'),
    { provider: ['Zayo'] }
  ),
  single('list', 'List the networks (not containers) at AMS02.', {
    expect: names(
      NETWORK.prefixes
        .filter((prefix) => prefix.type === 'Network' && at('AMS02')(prefix))
        .map(({ prefix }) => prefix),
      PREFIXES
    )
  })
]

export const JOINS: readonly EvalQuestion[] = [
  deviceList('join', 'Which Cisco devices are in the Netherlands?', {
    rows: devices(at('Netherlands'), ({ deviceType }) => typesOf('Cisco').includes(deviceType)),
    filters: { manufacturer: 'Cisco', location: ['Netherlands'] }
  }),
  deviceList('join', 'Which critical devices in EMEA are not active?', {
    rows: devices(tagged('critical'), at('EMEA'), (device) => device.status !== 'Active'),
    filters: { tags: ['critical'], location: ['EMEA'], status__n: ['Active'] }
  }),
  deviceList('join', 'Which switches in the Americas have no primary IP address?', {
    rows: devices(role('switch'), at('AMER'), ({ primaryIp4 }) => primaryIp4 === null),
    filters: { role: 'switch', location: ['AMER'], has_primary_ip: false }
  }),
  circuitList(
    'join',
    'Which circuits end in AMS01?',
    NETWORK.circuits.filter(({ a, z }) => a === 'AMS01' || z === 'AMS01'),
    { location: ['AMS01'] }
  ),
  single('join', 'Which device has the address 10.255.0.1?', {
    expect: names(
      NETWORK.interfaces
        .filter(({ address }) => address === '10.255.0.1/32')
        .map(({ device }) => device),
      DEVICE_NAMES
    )
  }),
  single('join', 'Which sites have firewalls?', {
    expect: names(
      namesOf(SITES.filter(({ name }) => devices(role('firewall'), at(name)).length > 0)),
      namesOf(SITES)
    )
  }),
  single('join', 'Which prefix belongs to VLAN 40 at FRA01?', {
    expect: names(
      NETWORK.prefixes
        .filter((prefix) => prefix.vlan === 40 && at('FRA01')(prefix))
        .map(({ prefix }) => prefix),
      PREFIXES
    )
  }),
  single('join', 'Which sites have no racks?', {
    expect: names(
      namesOf(SITES.filter(({ name }) => NETWORK.racks.filter(at(name)).length === 0)),
      namesOf(SITES)
    )
  }),
  single('join', 'Who is the provider of the circuit that is offline?', {
    expect: names(
      NETWORK.circuits
        .filter((circuit) => circuit.status === 'Offline')
        .map(({ provider }) => provider),
      namesOf(NETWORK.providers)
    )
  })
]
