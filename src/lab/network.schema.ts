/**
 * Shape of `network.json`, the one sample network: the embedded sample serves it, and the development Nautobot is seeded with it,
 * so that the same question has the same answer in both.
 *
 * Conventions that both sides follow:
 * - Objects refer to each other by name (VLANs by group and id, interfaces by device and name); names are unique in their list.
 * - The id of an object is the UUID version 5 of `idNamespace` and `<app>.<model>:<key>`, for example `dcim.device:ams01-rtr-01`;
 *   keys with several parts are joined by `/`, see {@link NETWORK_KEYS}.
 * - `null` and an absent optional field both mean "not set".
 */
export type SampleNetwork = {
  /** Namespace of all UUIDs. */
  idNamespace: string
  /** Parents come before their children. `Region` is the root. */
  locationTypes: SampleLocationType[]
  /** Parents come before their children: regions, countries, sites, rooms. */
  locations: SampleLocation[]
  tenants: { name: string; description: string }[]
  /** Tags apply to devices. `color` is six hexadecimal digits. */
  tags: { name: string; color: string; description: string }[]
  customFields: SampleCustomField[]
  manufacturers: string[]
  platforms: { name: string; manufacturer: string; networkDriver: string }[]
  /** `height` in rack units; access points have none. */
  deviceTypes: { manufacturer: string; model: string; height: number }[]
  roles: { name: string; color: string; contentTypes: string[] }[]
  /** `height` in rack units. */
  racks: { name: string; location: string; height: number; status: string }[]
  devices: SampleDevice[]
  interfaces: SampleInterface[]
  vlanGroups: { name: string; location: string; range: string }[]
  vlans: SampleVlan[]
  /** All in the namespace Global; parents come before their children or do not exist. */
  prefixes: SamplePrefix[]
  /** `account` is the provider's account number. */
  providers: { name: string; asn: number; account: string }[]
  circuitTypes: string[]
  circuits: SampleCircuit[]
  /** Entries of the change log, oldest first. */
  changes: SampleChange[]
}

/** `parent` is null for the root type. */
export type SampleLocationType = { name: string; parent: string | null }

/** A place; the last four fields are set on sites only. `siteCode` is the custom field `site_code`. */
export type SampleLocation = {
  name: string
  type: string
  parent: string | null
  status: string
  facility?: string
  /** IANA name of the time zone. */
  timeZone?: string
  description?: string
  siteCode?: string
}

export type SampleCustomField = {
  key: string
  label: string
  type: string
  contentTypes: string[]
}

/** A device; `location` is the rack's location where there is a rack. */
export type SampleDevice = {
  name: string
  role: string
  /** Model of a device type; models are unique over all manufacturers. */
  deviceType: string
  platform: string
  status: string
  location: string
  rack?: string
  /** Lowest rack unit, on the front. */
  position?: number
  tenant: string
  serial: string
  assetTag: string
  /** Custom field `site_code`. */
  siteCode: string
  tags: string[]
  /** An address with its mask, one of the device's own interfaces. */
  primaryIp4: string | null
}

/** An interface; all have the status Active. Absent `enabled` means true, absent `mgmtOnly` false. */
export type SampleInterface = {
  device: string
  name: string
  /** Nautobot's interface type, for example `10gbase-x-sfpp`. */
  type: string
  description?: string
  enabled?: boolean
  mgmtOnly?: boolean
  /** IPv4 address with mask; an IP address object, Active, in the namespace Global. */
  address?: string
  /** The same for IPv6. */
  address6?: string
  /** As Nautobot writes it: `AA:BB:CC:DD:EE:FF`. */
  mac?: string
  vlans?: SampleInterfaceVlans
}

/** VLAN ids, all of the VLAN group of the device's site (the first part of its name in upper case). */
export type SampleInterfaceVlans =
  | { mode: 'access'; untagged: number }
  | { mode: 'tagged'; tagged: number[] }

export type SampleVlan = {
  vid: number
  name: string
  group: string
  location: string
  role: string
  status: string
  tenant: string
}

export type SamplePrefix = {
  prefix: string
  /** Nautobot's label; the API's value is the same in lower case. */
  type: string
  status: string
  location: string | null
  role: string | null
  /** VLAN id in the VLAN group of the prefix' location. */
  vlan: number | null
  description: string
}

/** A circuit with its ends; `a` and `z` are locations. `installDate` is an ISO date. */
export type SampleCircuit = {
  cid: string
  provider: string
  type: string
  status: string
  commitRateKbps: number
  tenant: string
  installDate: string | null
  description: string
  a: string
  z: string | null
}

/**
 * One entry of the change log. Each object named here also has a `create` entry by `admin`, 720 hours ago. The objects' own
 * lists hold the newest state; an object with a `delete` entry is in no list.
 */
export type SampleChange = {
  /** Hours before the sample was loaded, or a development Nautobot started. */
  hoursAgo: number
  user: string
  action: 'update' | 'delete'
  objectType: string
  /** The object's key, as in its id. */
  name: string
  field: string | null
  before: string | null
  after: string | null
}

/** What identifies an object of each list of the network, in the order in which the parts are joined by `/`. */
export const NETWORK_KEYS = {
  'circuits.circuit': ['cid'],
  'circuits.circuittype': ['name'],
  'circuits.provider': ['name'],
  'dcim.device': ['name'],
  'dcim.devicetype': ['model'],
  'dcim.interface': ['device', 'name'],
  'dcim.location': ['name'],
  'dcim.locationtype': ['name'],
  'dcim.manufacturer': ['name'],
  'dcim.platform': ['name'],
  'dcim.rack': ['name'],
  'extras.customfield': ['key'],
  'extras.role': ['name'],
  'extras.tag': ['name'],
  'ipam.ipaddress': ['address'],
  'ipam.prefix': ['prefix'],
  'ipam.vlan': ['group', 'vid'],
  'ipam.vlangroup': ['name'],
  'tenancy.tenant': ['name']
} as const
