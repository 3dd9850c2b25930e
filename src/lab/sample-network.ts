import { ipSortKey, isWithin, parseIp } from './ip.ts'
import vocabulary from './nautobot-vocabulary.json' with { type: 'json' }
import written from './network.json' with { type: 'json' }
import type { SampleInterface, SampleNetwork } from './network.schema.ts'
import { type SampleObject, type SampleStore, sampleId } from './sample-store.ts'

/** The one sample network, as written. */
export const NETWORK = written as SampleNetwork

/** Hours before now at which everything in the sample was created. */
export const CREATED_HOURS_AGO = 720

const namespace = NETWORK.idNamespace

/** Id of an object of the sample network by its key, or null for no key. */
export function idOf(objectType: string, key: string | null | undefined): string | null {
  return key === null || key === undefined ? null : sampleId(namespace, objectType, key)
}

interface Written {
  readonly display?: string
  readonly label?: string
  readonly values: Readonly<Record<string, unknown>>
}

type Add = (objectType: string, key: string, written: Written) => SampleObject

/** Fills the store with the sample network and Nautobot's own statuses and roles. */
export function loadNetwork(store: SampleStore, createdAt: string): void {
  const add: Add = (objectType, key, { display = key, label = display, values }) => {
    const object = {
      id: sampleId(namespace, objectType, key),
      objectType,
      display,
      label,
      values: { created: createdAt, last_updated: createdAt, tags: [], ...values }
    }
    store.put(object)
    return object
  }
  addVocabulary(add)
  addPlaces(add)
  addCatalog(add)
  addVlans(add)
  addPrefixes(add)
  addDevices(add)
  addInterfaces(add)
  addCircuits(add)
}

function addVocabulary(add: Add): void {
  const networkRoles = NETWORK.roles.map(({ contentTypes, ...role }) => ({
    ...role,
    contentTypes: contentTypes.join(' ')
  }))
  const kinds = {
    'extras.status': vocabulary.statuses,
    'extras.role': [...vocabulary.roles, ...networkRoles]
  }
  for (const [objectType, words] of Object.entries(kinds)) {
    for (const { name, color, contentTypes } of words) {
      const types = contentTypes === '' ? [] : contentTypes.split(' ')
      add(objectType, name, {
        values: { name, color, description: '', weight: null, content_types: types }
      })
    }
  }
}

function addPlaces(add: Add): void {
  for (const { name, parent } of NETWORK.locationTypes) {
    add('dcim.locationtype', name, {
      display: displayOf(NETWORK.locationTypes, name),
      label: name,
      values: { name, description: '', parent: idOf('dcim.locationtype', parent) }
    })
  }
  for (const place of NETWORK.locations) {
    const { name, parent } = place
    add('dcim.location', name, {
      display: displayOf(NETWORK.locations, name),
      label: name,
      values: {
        name,
        description: place.description ?? '',
        facility: place.facility ?? '',
        time_zone: place.timeZone ?? null,
        parent: idOf('dcim.location', parent),
        location_type: idOf('dcim.locationtype', place.type),
        status: idOf('extras.status', place.status),
        tenant: null,
        cf_site_code: place.siteCode ?? null
      }
    })
  }
}

/** A location, or a type of them, with all above it, as Nautobot shows it. */
function displayOf(
  tree: readonly { readonly name: string; readonly parent: string | null }[],
  wanted: string
): string {
  const parent = tree.find(({ name }) => name === wanted)?.parent
  return parent ? `${displayOf(tree, parent)} → ${wanted}` : wanted
}

function addCatalog(add: Add): void {
  for (const { name, description } of NETWORK.tenants) {
    add('tenancy.tenant', name, { values: { name, description } })
  }
  for (const { name, color, description } of NETWORK.tags) {
    add('extras.tag', name, {
      values: { name, color, description, content_types: ['dcim.device'] }
    })
  }
  for (const name of NETWORK.manufacturers) {
    add('dcim.manufacturer', name, { values: { name, description: '' } })
  }
  for (const { name, manufacturer, networkDriver } of NETWORK.platforms) {
    const maker = idOf('dcim.manufacturer', manufacturer)
    add('dcim.platform', name, {
      values: { name, description: '', network_driver: networkDriver, manufacturer: maker }
    })
  }
  for (const { manufacturer, model, height } of NETWORK.deviceTypes) {
    const maker = idOf('dcim.manufacturer', manufacturer)
    add('dcim.devicetype', model, {
      display: `${manufacturer} ${model}`,
      label: model,
      values: { model, u_height: height, manufacturer: maker }
    })
  }
  add('ipam.namespace', 'Global', { values: { name: 'Global', description: '', location: null } })
}

function addVlans(add: Add): void {
  for (const { name, location, range } of NETWORK.vlanGroups) {
    add('ipam.vlangroup', name, {
      values: { name, description: '', range, location: idOf('dcim.location', location) }
    })
  }
  for (const { vid, name, group, location, role, status, tenant } of NETWORK.vlans) {
    add('ipam.vlan', `${group}/${vid}`, {
      display: `${name} (${vid})`,
      values: {
        vid,
        name,
        description: '',
        vlan_group: idOf('ipam.vlangroup', group),
        status: idOf('extras.status', status),
        role: idOf('extras.role', role),
        tenant: idOf('tenancy.tenant', tenant),
        locations: [idOf('dcim.location', location)]
      }
    })
  }
}

/** The smallest network of the sample around an address or network. */
function networkAround(address: string, inclusive: boolean): string | null {
  const inner = parseIp(address)
  if (!inner) return null
  const around = NETWORK.prefixes
    .map(({ prefix }) => ({ prefix, range: parseIp(prefix) }))
    .filter(({ range }) => range !== undefined && isWithin(inner, range, inclusive))
    .toSorted((left, right) => (right.range?.length ?? 0) - (left.range?.length ?? 0))
  return around[0]?.prefix ?? null
}

function addPrefixes(add: Add): void {
  for (const row of NETWORK.prefixes) {
    const range = parseIp(row.prefix)
    if (!range) throw new Error(`${row.prefix} is not a prefix`)
    const vlan = row.vlan === null ? null : `${row.location}/${row.vlan}`
    add('ipam.prefix', row.prefix, {
      display: `${row.prefix}: Global`,
      label: row.prefix,
      values: {
        prefix: row.prefix,
        network: row.prefix.split('/')[0],
        prefix_length: range.length,
        ip_version: range.version,
        sort_key: ipSortKey(range),
        type: row.type.toLowerCase(),
        description: row.description,
        status: idOf('extras.status', row.status),
        role: idOf('extras.role', row.role),
        tenant: null,
        vlan: idOf('ipam.vlan', vlan),
        parent: idOf('ipam.prefix', networkAround(row.prefix, false)),
        namespace: idOf('ipam.namespace', 'Global'),
        locations: row.location === null ? [] : [idOf('dcim.location', row.location)]
      }
    })
  }
}

function addDevices(add: Add): void {
  for (const { name, location, height, status } of NETWORK.racks) {
    add('dcim.rack', name, {
      values: {
        name,
        u_height: height,
        location: idOf('dcim.location', location),
        status: idOf('extras.status', status),
        role: null,
        tenant: null
      }
    })
  }
  for (const row of NETWORK.devices) {
    add('dcim.device', row.name, {
      values: {
        name: row.name,
        serial: row.serial,
        asset_tag: row.assetTag,
        position: row.position ?? null,
        face: row.rack ? 'front' : null,
        comments: '',
        device_type: idOf('dcim.devicetype', row.deviceType),
        status: idOf('extras.status', row.status),
        role: idOf('extras.role', row.role),
        tenant: idOf('tenancy.tenant', row.tenant),
        platform: idOf('dcim.platform', row.platform),
        location: idOf('dcim.location', row.location),
        rack: idOf('dcim.rack', row.rack),
        primary_ip4: idOf('ipam.ipaddress', row.primaryIp4),
        primary_ip6: null,
        cf_site_code: row.siteCode,
        tags: row.tags.map((tag) => idOf('extras.tag', tag))
      }
    })
  }
}

function addInterfaces(add: Add): void {
  for (const row of NETWORK.interfaces) {
    const addresses = [row.address, row.address6].filter((address) => address !== undefined)
    for (const address of addresses) addAddress(add, address)
    add('dcim.interface', `${row.device}/${row.name}`, {
      display: row.name,
      values: {
        name: row.name,
        sort_key: interfaceSortKey(row.name),
        label: '',
        description: row.description ?? '',
        enabled: row.enabled ?? true,
        mgmt_only: row.mgmtOnly ?? false,
        mtu: null,
        type: row.type,
        device: idOf('dcim.device', row.device),
        status: idOf('extras.status', 'Active'),
        role: null,
        ...vlanValues(row),
        ip_addresses: addresses.map((address) => idOf('ipam.ipaddress', address))
      }
    })
  }
}

/** Interfaces with a slot in their name come first, as in Nautobot. */
function interfaceSortKey(name: string): string {
  const [, type = '', slots = '', id] = /^([^\d.:]*)((?:\d+\/){0,4})(\d*)/.exec(name) ?? []
  const numbers = slots.split('/').filter(Boolean)
  const places = ['', '', '', ''].map((_, index) => numbers[index]?.padStart(4, '0') ?? '9999')
  return `${places.join('')}${type}${id ? id.padStart(6, '0') : '......'}`
}

function vlanValues({ device, vlans }: SampleInterface): Record<string, unknown> {
  const group = device.split('-')[0]?.toUpperCase()
  const vlanId = (vid: number) => idOf('ipam.vlan', `${group}/${vid}`)
  const access = vlans?.mode === 'access' ? vlanId(vlans.untagged) : null
  const tagged = vlans?.mode === 'tagged' ? vlans.tagged.map(vlanId) : []
  return { mode: vlans?.mode ?? null, untagged_vlan: access, tagged_vlans: tagged }
}

function addAddress(add: Add, address: string): void {
  const range = parseIp(address)
  if (!range) throw new Error(`${address} is not an address`)
  add('ipam.ipaddress', address, {
    values: {
      address,
      host: address.split('/')[0],
      mask_length: range.length,
      ip_version: range.version,
      sort_key: ipSortKey(range),
      type: 'host',
      dns_name: '',
      description: '',
      status: idOf('extras.status', 'Active'),
      role: null,
      tenant: null,
      parent: idOf('ipam.prefix', networkAround(address.split('/')[0] ?? '', true))
    }
  })
}

function addCircuits(add: Add): void {
  for (const { name, asn, account } of NETWORK.providers) {
    add('circuits.provider', name, { values: { name, asn, account } })
  }
  for (const name of NETWORK.circuitTypes) {
    add('circuits.circuittype', name, { values: { name, description: '' } })
  }
  for (const row of NETWORK.circuits) {
    const ends = { A: row.a, Z: row.z }
    add('circuits.circuit', row.cid, {
      values: {
        cid: row.cid,
        description: row.description,
        commit_rate: row.commitRateKbps,
        install_date: row.installDate,
        status: idOf('extras.status', row.status),
        provider: idOf('circuits.provider', row.provider),
        circuit_type: idOf('circuits.circuittype', row.type),
        tenant: idOf('tenancy.tenant', row.tenant),
        circuit_termination_a: idOf('circuits.circuittermination', `${row.cid}/A`),
        circuit_termination_z: row.z && idOf('circuits.circuittermination', `${row.cid}/Z`)
      }
    })
    for (const [side, location] of Object.entries(ends)) {
      if (location === null) continue
      add('circuits.circuittermination', `${row.cid}/${side}`, {
        display: `Termination ${side}: ${location}`,
        values: {
          term_side: side,
          description: '',
          circuit: idOf('circuits.circuit', row.cid),
          location: idOf('dcim.location', location)
        }
      })
    }
  }
}
