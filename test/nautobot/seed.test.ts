import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { SampleNetwork } from '../../src/lab/network.schema.ts'
import { countAs, restAs } from './support/rest.ts'

const network = JSON.parse(
  readFileSync(new URL('../../src/lab/network.json', import.meta.url), 'utf8')
) as SampleNetwork

const rooms = network.locations.filter(({ parent }) => parent === 'AMS01').map(({ name }) => name)
const atAmsterdam = new Set(['AMS01', ...rooms])
const devices = network.devices.filter(({ location }) => atAmsterdam.has(location))
const deviceNames = new Set(devices.map(({ name }) => name))
const interfaces = network.interfaces.filter(({ device }) => deviceNames.has(device))
const addressesOf = (list: SampleNetwork['interfaces']) =>
  list.flatMap(({ address, address6 }) => [address, address6]).filter(Boolean).length

// List, what everybody with full sight sees, what the user of one location sees.
const LISTS: [list: string, all: number, amsterdam: number][] = [
  ['dcim/locations/', network.locations.length, atAmsterdam.size],
  ['dcim/devices/', network.devices.length, devices.length],
  ['dcim/interfaces/', network.interfaces.length, interfaces.length],
  ['dcim/racks/', network.racks.length, countAt(network.racks)],
  ['ipam/vlans/', network.vlans.length, countAt(network.vlans)],
  ['ipam/vlan-groups/', network.vlanGroups.length, countAt(network.vlanGroups)],
  ['ipam/prefixes/', network.prefixes.length, countAt(network.prefixes)],
  ['ipam/ip-addresses/', addressesOf(network.interfaces), addressesOf(interfaces)],
  [
    'circuits/circuits/',
    network.circuits.length,
    network.circuits.filter(({ a, z }) => a === 'AMS01' || z === 'AMS01').length
  ]
]

function countAt(objects: { location: string | null }[]): number {
  return objects.filter(({ location }) => location !== null && atAmsterdam.has(location)).length
}

interface Entry {
  readonly action: { readonly value: string }
  readonly object_repr: string
  readonly time: string
}

// Version 5 of RFC 9562: SHA-1 of namespace and name, with version and variant set.
function uuidOf(name: string): string {
  const namespace = Buffer.from(network.idNamespace.replaceAll('-', ''), 'hex')
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

test.each(LISTS)('%s shows each user what the seed grants', async (list, all, amsterdam) => {
  expect(amsterdam).toBeGreaterThan(0)
  expect(amsterdam).toBeLessThan(all)
  const seen = {
    admin: await countAs('admin', list),
    alice: await countAs('alice', list),
    bob: await countAs('bob', list),
    service: await countAs('service', list),
    mallory: await countAs('mallory', list)
  }
  const nothing = undefined
  expect(seen).toEqual({
    admin: all,
    alice: all,
    bob: amsterdam,
    service: nothing,
    mallory: nothing
  })
})

test('a region includes what is below it', async () => {
  const expected = network.devices.filter(({ name }) => /^(ams|fra|lon)/.test(name)).length
  expect(await countAs('alice', 'dcim/devices/?location=EMEA')).toBe(expected)
})

test('devices without a primary address are those of the sample', async () => {
  const expected = network.devices.filter(({ primaryIp4 }) => primaryIp4 === null).length
  expect(await countAs('alice', 'dcim/devices/?has_primary_ip=false')).toBe(expected)
})

test('objects have the ids that the sample gives them', async () => {
  const { body } = await restAs('alice', '/api/dcim/devices/?name=ams01-rtr-01')
  const [device] = body.results as { id: string; custom_fields: Record<string, unknown> }[]
  expect(device?.id).toBe(uuidOf('dcim.device:ams01-rtr-01'))
  expect(device?.custom_fields).toEqual({ site_code: 'NL-AMS-1' })
})

test('the change log has the history of the sample and is closed to the user of one location', async () => {
  // Other tests of the shared Nautobot change its configuration.
  const kinds = new Set<unknown>(network.changes.map(({ objectType }) => objectType))
  const logged = async (action: string) => {
    const path = `/api/extras/object-changes/?action=${action}&limit=1000`
    const { body } = await restAs('alice', path)
    const entries = body.results as Record<string, unknown>[]
    return entries.filter(({ changed_object_type }) => kinds.has(changed_object_type))
  }
  const updates = network.changes.filter(({ action }) => action === 'update')
  expect(await logged('update')).toHaveLength(updates.length)
  expect(await logged('delete')).toMatchObject([{ object_repr: 'ams01-sw-06', user_name: 'admin' }])
  expect(await countAs('bob', 'extras/object-changes/')).toBeUndefined()
})

test('the service account may read configuration and nothing of the network', async () => {
  expect(await countAs('service', 'plugins/ai-ops/llm-models/')).toBe(0)
  expect(await countAs('service', 'plugins/ai-ops/mcp-servers/')).toBe(0)
  expect(await countAs('service', 'extras/secrets/')).toBeUndefined()
  expect(await countAs('mallory', 'plugins/ai-ops/llm-models/')).toBeUndefined()
})

test('changes are as old as the sample says, however old the copied database is', async () => {
  const { body } = await restAs('alice', '/api/extras/object-changes/?limit=1000')
  const entries = body.results as Entry[]
  for (const { name, action, hoursAgo } of network.changes) {
    const entry = entries.find((one) => one.object_repr === name && one.action.value === action)
    const ageHours = (Date.now() - Date.parse(entry?.time ?? '')) / 3_600_000

    // The shared Nautobot has been running for a while.
    expect(ageHours, name).toBeGreaterThanOrEqual(hoursAgo)
    expect(ageHours, name).toBeLessThan(hoursAgo + 1)
  }
  const since = new Date(Date.now() - 48 * 3_600_000).toISOString()
  const touched = await restAs(
    'alice',
    `/api/dcim/devices/?last_updated__gte=${since}&name=ams01-ap-02`
  )
  expect(touched.body.results).toMatchObject([{ name: 'ams01-ap-02' }])
})
