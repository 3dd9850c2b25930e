import { expect, test } from 'vitest'
import { at, below, devices, network } from './support/network.ts'
import { startSample } from './support/sample.ts'

const { changes, circuits, interfaces, locations, prefixes, vlans } = network
const typeOf = (model: string) => network.deviceTypes.find((type) => type.model === model)

test.each<[list: string, filters: string, expected: number]>([
  ['dcim/devices', '', devices().length],
  ['dcim/devices', 'location=EMEA', devices(at('EMEA')).length],
  [
    'dcim/devices',
    'location=AMS01&location=FRA01',
    devices((d) => at('AMS01')(d) || at('FRA01')(d)).length
  ],
  ['dcim/devices', 'location__n=EMEA', devices((d) => !at('EMEA')(d)).length],
  [
    'dcim/devices',
    'status=Active&status=Failed',
    devices((d) => ['Active', 'Failed'].includes(d.status)).length
  ],
  ['dcim/devices', 'status__n=Active', devices((d) => d.status !== 'Active').length],
  [
    'dcim/devices',
    'role=switch&location=AMS01',
    devices((d) => d.role === 'switch' && at('AMS01')(d)).length
  ],
  ['dcim/devices', 'tags=critical', devices((d) => d.tags.includes('critical')).length],
  [
    'dcim/devices',
    'tags=critical&tags=pci',
    devices((d) => d.tags.includes('critical') && d.tags.includes('pci')).length
  ],
  ['dcim/devices', 'has_primary_ip=false', devices((d) => d.primaryIp4 === null).length],
  ['dcim/devices', 'has_primary_ip=true', devices((d) => d.primaryIp4 !== null).length],
  ['dcim/devices', 'cf_site_code=NL-AMS-1', devices((d) => d.siteCode === 'NL-AMS-1').length],
  [
    'dcim/devices',
    'cf_site_code__ic=ams',
    devices((d) => d.siteCode.toLowerCase().includes('ams')).length
  ],
  [
    'dcim/devices',
    'manufacturer=Cisco',
    devices((d) => typeOf(d.deviceType)?.manufacturer === 'Cisco').length
  ],
  ['dcim/devices', 'name__ic=SW&name__ic=rtr', devices((d) => /sw|rtr/.test(d.name)).length],
  ['dcim/devices', 'name__nic=sw', devices((d) => !d.name.includes('sw')).length],
  ['dcim/devices', 'q=JU4137', devices((d) => d.serial === 'JU4137').length],
  ['dcim/devices', 'tenant=Retail', devices((d) => d.tenant === 'Retail').length],
  ['dcim/devices', 'rack=null', devices((d) => d.rack === undefined).length],
  ['dcim/devices', 'position__gte=30', devices((d) => (d.position ?? 0) >= 30).length],
  ['dcim/devices', 'last_updated__gte=2999-01-01T00:00:00Z', 0],
  ['dcim/locations', 'location_type=Site', locations.filter((l) => l.type === 'Site').length],
  ['dcim/locations', 'subtree=EMEA', below('EMEA').length],
  ['dcim/locations', 'parent=EMEA', locations.filter((l) => l.parent === 'EMEA').length],
  [
    'dcim/interfaces',
    'device=ams01-rtr-01',
    interfaces.filter((i) => i.device === 'ams01-rtr-01').length
  ],
  ['dcim/interfaces', 'enabled=false', interfaces.filter((i) => i.enabled === false).length],
  ['ipam/vlans', 'location=AMS01', vlans.filter(at('AMS01')).length],
  ['ipam/vlans', 'vid=10&vid=20', vlans.filter((v) => v.vid <= 20).length],
  ['ipam/vlans', 'role=voice', vlans.filter((v) => v.role === 'voice').length],
  ['ipam/prefixes', 'location=EMEA', prefixes.filter(at('EMEA')).length],
  ['ipam/prefixes', 'type=container', prefixes.filter((p) => p.type === 'Container').length],
  [
    'ipam/prefixes',
    'within_include=10.10.0.0/16',
    prefixes.filter((p) => p.prefix.startsWith('10.10.')).length
  ],
  [
    'ipam/prefixes',
    'within=10.10.0.0/16',
    prefixes.filter((p) => p.prefix.startsWith('10.10.')).length - 1
  ],
  ['ipam/prefixes', 'ip_version=6', prefixes.filter((p) => p.prefix.includes(':')).length],
  [
    'ipam/ip-addresses',
    'device=ams01-rtr-01',
    interfaces
      .filter((i) => i.device === 'ams01-rtr-01')
      .flatMap((i) => [i.address, i.address6].filter(Boolean)).length
  ],
  ['circuits/circuits', 'provider=Zayo', circuits.filter((c) => c.provider === 'Zayo').length],
  [
    'circuits/circuits',
    'location=AMS01',
    circuits.filter((c) => c.a === 'AMS01' || c.z === 'AMS01').length
  ],
  ['extras/object-changes', 'action=delete', changes.filter((c) => c.action === 'delete').length],
  ['extras/object-changes', 'user_name=alice', changes.filter((c) => c.user === 'alice').length]
])('lists %s with "%s" as the network has them', async (list, filters, expected) => {
  const { count } = await startSample()
  expect(await count(`/api/${list}/?${filters}`)).toBe(expected)
})

test('shows the change log of the last day relative to now', async () => {
  const nowMs = Date.parse('2031-05-06T07:08:09Z')
  const { count } = await startSample({ now: () => nowMs })
  const expected = changes.filter(({ hoursAgo }) => hoursAgo <= 24).length
  expect(await count('/api/extras/object-changes/?time__gte=2031-05-05T07:08:09Z')).toBe(expected)
})

test('pages through a list in a stable order', async () => {
  const { ask, url } = await startSample()
  const names: string[] = []
  let next: string | null = `${url}/api/dcim/devices/?limit=20`
  while (next) {
    const { body }: Awaited<ReturnType<typeof ask>> = await ask(next.slice(url.length))
    names.push(...body.results.map(({ name }: { name: string }) => name))
    next = body.next
  }
  expect(names).toEqual(
    devices()
      .map(({ name }) => name)
      .toSorted()
  )
})

test('shows references by id, and in full with depth', async () => {
  const { ask, url } = await startSample()
  const shallow = await ask('/api/dcim/devices/?name=ams01-rtr-01')
  const [device] = shallow.body.results
  expect(device.location).toEqual({
    id: expect.any(String),
    object_type: 'dcim.location',
    url: `${url}/api/dcim/locations/${device.location.id}/`
  })
  const deep = await ask(`/api/dcim/devices/${device.id}/?depth=1`)
  expect(deep.body.location.name).toBe('AMS01-R1')
  expect(deep.body.custom_fields).toEqual({ site_code: 'NL-AMS-1' })
})

test('shows the restricted user one location and what is in it', async () => {
  const { ask, count } = await startSample()
  expect(await count('/api/dcim/devices/', 'restricted')).toBe(devices(at('AMS01')).length)
  expect(await count('/api/ipam/vlans/', 'restricted')).toBe(vlans.filter(at('AMS01')).length)
  expect(await count('/api/dcim/locations/', 'restricted')).toBe(below('AMS01').length)
  const { body } = await ask('/api/dcim/devices/?name=fra01-rtr-01')
  const hidden = await ask(`/api/dcim/devices/${body.results[0].id}/`, { who: 'restricted' })
  expect(hidden.status).toBe(404)
  expect((await ask('/api/extras/object-changes/', { who: 'restricted' })).status).toBe(403)
})
