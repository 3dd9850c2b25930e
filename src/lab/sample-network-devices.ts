import { ipSortKey, parseIp } from './ip.ts'
import type { SampleInterface } from './network.schema.ts'
import { type Add, idOf, NETWORK, networkAround } from './sample-source.ts'

/** Racks and devices. */
export function addDevices(add: Add): void {
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

/** Interfaces and the addresses on them. */
export function addInterfaces(add: Add): void {
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
        mac_address: row.mac ?? null,
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
