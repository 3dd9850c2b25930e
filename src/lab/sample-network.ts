import { ipSortKey, parseIp } from './ip.ts'
import vocabulary from './nautobot-vocabulary.json' with { type: 'json' }
import { addDevices, addInterfaces } from './sample-network-devices.ts'
import { type Add, idOf, NETWORK, networkAround } from './sample-source.ts'
import { type SampleStore, sampleId } from './sample-store.ts'

/** Fills the store with the sample network and Nautobot's own statuses and roles. */
export function loadNetwork(store: SampleStore, createdAt: string): void {
  const add: Add = (objectType, key, { display = key, label = display, values }) => {
    const object = {
      id: sampleId(NETWORK.idNamespace, objectType, key),
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
