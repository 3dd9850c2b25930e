import network from '../../../src/lab/network.json' with { type: 'json' }
import type { SampleNetwork } from '../../../src/lab/network.schema.ts'

/** The one sample network: the embedded sample serves it, the development Nautobot is seeded with it. */
export const NETWORK = network as SampleNetwork

/** A location and everything below it. */
export function below(name: string): Set<string> {
  const found = new Set([name])
  // Parents come before their children.
  for (const { name: child, parent } of NETWORK.locations)
    if (parent !== null && found.has(parent)) found.add(child)
  return found
}

const AMS01 = below('AMS01')
const siteOf = (device: string) => NETWORK.devices.find(({ name }) => name === device)?.location

export interface Facts {
  /** Location, or locations, by which the user of one location sees it; undefined: everybody sees it. */
  places: string[] | undefined
  /** What the tests filter by, under the names that the network uses. */
  [name: string]: unknown
}

const at = (places: (string | null | undefined)[]) => places.filter((place) => place != null)
const addressesOf = (version: number, list: SampleNetwork['interfaces']) =>
  list.flatMap(({ device, address, address6 }) => {
    const found = version === 4 ? address : address6
    return found ? [{ places: at([siteOf(device)]), address: found, version, device }] : []
  })

/** Every object of a model with what there is to know about it. */
export const FACTS: Record<string, Facts[]> = {
  'dcim.device': NETWORK.devices.map((row) => ({ ...row, places: [row.location] })),
  'dcim.location': NETWORK.locations.map((row) => ({ ...row, places: [row.name] })),
  'dcim.rack': NETWORK.racks.map((row) => ({ ...row, places: [row.location] })),
  'dcim.interface': NETWORK.interfaces.map((row) => ({ ...row, places: at([siteOf(row.device)]) })),
  'ipam.vlan': NETWORK.vlans.map((row) => ({ ...row, places: [row.location] })),
  'ipam.prefix': NETWORK.prefixes.map((row) => ({ ...row, places: at([row.location]) })),
  'ipam.ipaddress': [...addressesOf(4, NETWORK.interfaces), ...addressesOf(6, NETWORK.interfaces)],
  'circuits.circuit': NETWORK.circuits.map((row) => ({ ...row, places: at([row.a, row.z]) })),
  'circuits.provider': NETWORK.providers.map((row) => ({ ...row, places: undefined })),
  'tenancy.tenant': NETWORK.tenants.map((row) => ({ ...row, places: undefined }))
}

export type Sight = 'everything' | 'ams01'

/** What a user sees of a model. */
export function visible(objectType: string, sight: Sight): Facts[] {
  const all = FACTS[objectType] ?? []
  if (sight === 'everything') return all
  return all.filter(({ places }) => !places || places.some((place) => AMS01.has(place)))
}
