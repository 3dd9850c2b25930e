import { expect, test } from 'vitest'
import { type Facts, NETWORK, visible } from './oracle.ts'
import { type ContractPeer, connect, errorOf, SIGHTS } from './peer.ts'

/** One in so many devices is read: each takes a real Nautobot a third of a second. */
const EVERY = 6
const ROUTER = 'ams01-rtr-01'
const MAC = '02:00:5E:10:00:11'
const NO_ID = '00000000-0000-4000-8000-000000000000'

/** A device as `get` shows it. */
function shownDevice({ name, status, role, platform, tenant, location, serial, ...more }: Facts) {
  const { deviceType, assetTag, siteCode, tags, rack, position, primaryIp4 } = more
  return {
    name,
    status,
    role,
    device_type: deviceType,
    platform,
    tenant,
    location,
    tags,
    serial,
    asset_tag: assetTag,
    cf_site_code: siteCode,
    rack: rack ?? null,
    position: position ?? null,
    primary_ip4: primaryIp4
  }
}

/** Single objects, by everything that names one. */
export function objectsAgree(peer: () => ContractPeer): void {
  devicesShown(peer)
  namesFind(peer)
  relationsShown(peer)
  candidatesListed(peer)
  hiddenWithheld(peer)
  nearestNamed(peer)
}

function devicesShown(peer: () => ContractPeer): void {
  test.each(SIGHTS)(
    'shows single devices as the network has them to who sees %s',
    async (sight) => {
      const call = await connect(peer()).tools(sight)
      const devices = visible('dcim.device', sight).filter((_, index) => index % EVERY === 0)
      for (const device of devices) {
        const { text } = await call('get', { object: String(device.name).toUpperCase() })
        const { fields, not_set } = text as { fields: Record<string, unknown>; not_set: string[] }
        const none = Object.fromEntries(not_set.map((name) => [name, name === 'tags' ? [] : null]))
        expect({ ...none, ...fields }).toMatchObject(shownDevice(device))
      }
    }
  )
}

function namesFind(peer: () => ContractPeer): void {
  test('finds the same object by each of its names', async () => {
    const { tools } = connect(peer())
    const call = await tools('everything')
    const { text, facts } = await call('get', { model: 'device', object: ROUTER })
    const page = facts.links[0]?.url ?? ''
    const names = [
      { object: ROUTER },
      { object: ROUTER.toUpperCase() },
      { object: 'ju4137' },
      { object: 'A1001' },
      { object: page },
      { object: `${page}?tab=main` },
      { object: page.replace('/dcim/', '/api/dcim/') },
      { object: new URL(page).pathname },
      { object: String(text.id), model: 'device' },
      { object: MAC, model: 'device' }
    ]
    for (const name of names) expect([name, (await call('get', name)).text]).toEqual([name, text])
  })

  test.each([
    [{ object: MAC }, 'dcim.interface', `${ROUTER} mgmt0`],
    [{ object: '0200.5e10.0011' }, 'dcim.interface', `${ROUTER} mgmt0`],
    [{ object: '10.10.0.11' }, 'ipam.ipaddress', '10.10.0.11/24'],
    [{ object: '10.10.0.11/24' }, 'ipam.ipaddress', '10.10.0.11/24'],
    [{ object: '2001:db8:10::1' }, 'ipam.ipaddress', '2001:db8:10::1/128'],
    [{ object: '10.10.0.0/24' }, 'ipam.prefix', '10.10.0.0/24'],
    [{ object: '10.10.0.0/24', model: 'prefix' }, 'ipam.prefix', '10.10.0.0/24'],
    [{ object: 'AMS01', model: 'location' }, 'dcim.location', 'AMS01'],
    [{ object: 'corporate it' }, 'tenancy.tenant', 'Corporate IT'],
    [{ object: 'AMS01-R1-01' }, 'dcim.rack', 'AMS01-R1-01'],
    [{ object: 'ams01-users' }, 'ipam.vlan', '20 ams01-users'],
    [
      { object: 'mgmt0', model: 'interface', filters: { device: ROUTER } },
      'dcim.interface',
      `${ROUTER} mgmt0`
    ],
    [
      { object: 'VLAN 20', model: 'VLAN', filters: { location: 'AMS01' } },
      'ipam.vlan',
      '20 ams01-users'
    ],
    [{ object: 'Active', model: 'status' }, 'extras.status', 'Active']
  ])('takes %j for one object', async (asked, model, object) => {
    const { tools } = connect(peer())
    for (const sight of SIGHTS) {
      const { text } = await (await tools(sight))('get', asked)
      expect({ model: text.model, object: text.object, sight }).toEqual({ model, object, sight })
    }
  })
}

function relationsShown(peer: () => ContractPeer): void {
  test('tells whose an address is, and what an interface and a circuit lead to', async () => {
    const call = await connect(peer()).tools('everything')
    const read = async (args: Record<string, unknown>) => (await call('get', args)).text.fields
    const circuit = NETWORK.circuits[0]

    expect(await read({ object: '10.10.0.11' })).toMatchObject({
      parent: '10.10.0.0/24',
      interfaces: [`${ROUTER} mgmt0`]
    })
    expect(await read({ object: MAC })).toMatchObject({
      device: ROUTER,
      mac_address: MAC,
      ip_addresses: ['10.10.0.11/24']
    })
    expect(await read({ object: circuit?.cid })).toMatchObject({
      provider: circuit?.provider,
      circuit_termination_a: `${circuit?.cid} A ${circuit?.a}`
    })
  })
}

function candidatesListed(peer: () => ContractPeer): void {
  test('lists the candidates of an ambiguous name', async () => {
    const call = await connect(peer()).tools('everything')
    const { text } = await call('get', { model: 'VLAN', object: '20' })
    const { code, candidates } = text.error as {
      code: string
      candidates: Record<string, unknown>[]
    }
    const vlans = visible('ipam.vlan', 'everything').filter(({ vid }) => vid === 20)

    expect(code).toBe('INVALID_REQUEST')
    expect(vlans.length).toBeGreaterThan(2)
    expect(candidates.map(({ object, vid, vlan_group }) => [object, vid, vlan_group])).toEqual(
      expect.arrayContaining(vlans.map(({ name, vid, group }) => [name, vid, group]))
    )
    const [first] = candidates
    const chosen = await call('get', { model: first?.model, object: first?.id })
    expect(chosen.text.object).toBe(`20 ${first?.object}`)
  })

  test('takes a name for one object where the user sees only one of its name', async () => {
    const call = await connect(peer()).tools('ams01')
    const { text } = await call('get', { model: 'VLAN', object: '20' })

    expect(text.object).toBe('20 ams01-users')
  })
}

function hiddenWithheld(peer: () => ContractPeer): void {
  test('withholds the names of what the user may not view', async () => {
    const { tools } = connect(peer())
    const asked = { model: 'location', object: 'AMS01' }
    const seen = await (await tools('everything'))('get', asked)
    const withheld = await (await tools('ams01'))('get', asked)
    const parent = NETWORK.locations.find(({ name }) => name === 'AMS01')?.parent ?? ''

    expect((seen.text.fields as Record<string, unknown>).parent).toBe(parent)
    expect(withheld.text).toMatchObject({
      fields: { name: 'AMS01', parent: '(hidden)' },
      gaps: ['"parent" is hidden: your rights do not show it.']
    })
    expect(JSON.stringify(withheld)).not.toContain(parent)
  })

  test('says the same of what is hidden as of what does not exist', async () => {
    const { tools } = connect(peer())
    const call = await tools('ams01')
    const elsewhere = await (await tools('everything'))('get', { object: 'nyc01-rtr-01' })
    const { url } = elsewhere.facts.links[0] ?? { url: '' }
    const names = [
      { object: 'nyc01-rtr-01' },
      { object: url },
      { object: '10.20.0.11' },
      { object: '02:00:5E:20:00:11' },
      { object: NO_ID, model: 'device' },
      // Near an address and a network that are there.
      { object: '10.10.0.11/25' },
      { object: '10.10.0.0/25' }
    ]
    for (const name of names) {
      const { code, message } = errorOf(await call('get', name))
      expect({ name, code }).toEqual({ name, code: 'OBJECT_NOT_FOUND' })
      expect(message).toContain('or your rights do not show it')
    }
    for (const object of [NO_ID, 'x'])
      expect(errorOf(await call('get', { model: 'changes', object })).code).toBe('FORBIDDEN')
  })
}

function nearestNamed(peer: () => ContractPeer): void {
  test('names the nearest for what is not there', async () => {
    const call = await connect(peer()).tools('everything')
    const nearOf = async (args: Record<string, unknown>) => errorOf(await call('get', args)).nearest

    expect(await nearOf({ object: 'ams01-rtr-1' })).toContain(ROUTER)
    expect(await nearOf({ object: 'AMS1', model: 'location' })).toContain('AMS01')
    expect(await nearOf({ object: 'x', model: 'devise' })).toContain('dcim.device')
    expect(
      await nearOf({ object: 'mgmt0', model: 'interface', filters: { devce: ROUTER } })
    ).toContain('device')
    expect(
      await nearOf({ object: ROUTER, model: 'device', filters: { location: 'AMS1' } })
    ).toContain('AMS01')
  })
}

/** What can be asked. */
export function descriptionsAgree(peer: () => ContractPeer): void {
  test('describes models with what the tools take', async () => {
    const { tools } = connect(peer())
    for (const sight of SIGHTS) {
      const call = await tools(sight)
      const { text } = await call('describe', { model: 'devices' })
      const { fields, filters, values } = text as {
        fields: { related: Record<string, string> }
        filters: { takes: string; names: string }[]
        values: Record<string, string[]>
      }
      const takes = (name: string) =>
        filters.find(({ names }) => names.split(' ').includes(name))?.takes
      expect(fields.related).toMatchObject({ status: 'extras.status', location: 'dcim.location' })
      expect(takes('location')).toBe('name or id, with everything below it')
      expect(takes('has_primary_ip')).toBe('true or false')
      expect(takes('position')).toBe('number')
      expect(takes('created')).toBe('time')
      expect(takes('cf_site_code')).toBe('text')
      expect(values.face).toEqual(['front', 'rear'])
      expect(values.status).toEqual(expect.arrayContaining(['Active', 'Planned', 'Staged']))
      expect(values.status).not.toContain('Reserved')
      expect(values.role).toEqual(expect.arrayContaining(['access-point', 'firewall', 'router']))
      expect(values.role).not.toContain('management')
      expect(values.tenant?.toSorted()).toEqual(NETWORK.tenants.map(({ name }) => name).toSorted())
    }
  })

  test('lists the models that the user may view', async () => {
    const { tools } = connect(peer())
    const { text } = await (await tools('ams01'))('describe', {})
    const { dcim, extras } = text.models as Record<string, string>

    expect(dcim?.split(', ')).toEqual(expect.arrayContaining(['device', 'location', 'interface']))
    expect(extras).not.toContain('objectchange')
  })

  test('refuses what it cannot describe, with the nearest names', async () => {
    const call = await connect(peer()).tools('everything')
    const nearOf = async (args: Record<string, unknown>) =>
      errorOf(await call('describe', args)).nearest

    expect(await nearOf({ model: 'devise' })).toContain('dcim.device')
    expect(await nearOf({ model: 'device', name: 'statuss' })).toContain('status')
    expect(await nearOf({ model: 'device', name: 'has_primary_ips' })).toContain('has_primary_ip')
  })
}
