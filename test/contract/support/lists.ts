import { expect, test } from 'vitest'
import { NETWORK, visible } from './oracle.ts'
import { type ContractPeer, connect, SIGHTS } from './peer.ts'

/** Every field of every device. */
export function devicesAgree(peer: () => ContractPeer): void {
  test('lists devices with the fields that the network has', async () => {
    const { tools } = connect(peer())
    const fields = [
      'name',
      'status',
      'role',
      'device_type',
      'device_type.manufacturer',
      'platform',
      'tenant',
      'location',
      'rack',
      'position',
      'primary_ip4',
      'tags',
      'serial',
      'asset_tag',
      'cf_site_code'
    ]
    for (const sight of SIGHTS) {
      const call = await tools(sight)
      const { text } = await call('find', { model: 'devices', fields, limit: 200 })
      const rows = (text.rows as unknown[][]).map((row) =>
        Object.fromEntries(fields.map((name, index) => [name, row[index]]))
      )
      const byName = (a: { name?: unknown }, b: { name?: unknown }) =>
        String(a.name).localeCompare(String(b.name))
      const expected = NETWORK.devices
        .filter(({ name }) => visible('dcim.device', sight).some((seen) => seen.name === name))
        .map((device) => ({
          name: device.name,
          status: device.status,
          role: device.role,
          device_type: device.deviceType,
          'device_type.manufacturer': NETWORK.deviceTypes.find(
            ({ model }) => model === device.deviceType
          )?.manufacturer,
          platform: device.platform,
          tenant: device.tenant,
          location: device.location,
          rack: device.rack ?? null,
          position: device.position ?? null,
          primary_ip4: device.primaryIp4,
          tags: device.tags.toSorted(),
          serial: device.serial,
          asset_tag: device.assetTag,
          cf_site_code: device.siteCode
        }))
      const sorted = rows.map((row) => ({ ...row, tags: (row.tags as string[]).toSorted() }))
      expect(sorted.toSorted(byName as never)).toEqual(expected.toSorted(byName))
    }
  })
}

/** Lists of the other models. */
export function listsAgree(peer: () => ContractPeer): void {
  test.each([
    ['locations', 'dcim.location', (row: unknown[]) => row[0], 'name'],
    ['racks', 'dcim.rack', (row: unknown[]) => row[0], 'name'],
    ['VLANs', 'ipam.vlan', (row: unknown[]) => row[1], 'name'],
    ['prefixes', 'ipam.prefix', (row: unknown[]) => row[0], 'prefix'],
    ['IP addresses', 'ipam.ipaddress', (row: unknown[]) => row[0], 'address'],
    ['circuits', 'circuits.circuit', (row: unknown[]) => row[0], 'cid'],
    ['interfaces', 'dcim.interface', (row: unknown[]) => `${row[0]} ${row[1]}`, undefined],
    ['providers', 'circuits.provider', (row: unknown[]) => row[0], 'name'],
    ['tenants', 'tenancy.tenant', (row: unknown[]) => row[0], 'name']
  ])('lists %s with the usual fields', async (model, objectType, read, fact) => {
    const { tools } = connect(peer())
    for (const sight of SIGHTS) {
      const call = await tools(sight)
      const { text, isError } = await call('find', { model, limit: 200 })
      expect({ isError, text: isError && text }).toEqual({ isError: false, text: false })
      const expected = visible(objectType, sight).map((seen) =>
        fact ? seen[fact] : `${seen.device} ${seen.name}`
      )
      expect((text.rows as unknown[][]).map(read).toSorted()).toEqual(expected.toSorted())
    }
  })

  test('writes choices as the REST API does', async () => {
    const { tools } = connect(peer())
    const call = await tools('everything')
    const prefixes = await call('find', { model: 'prefixes', fields: ['type'], limit: 200 })
    const interfaces = await call('find', { model: 'interfaces', fields: ['type'], limit: 200 })

    expect(new Set((prefixes.text.rows as string[][]).flat())).toEqual(
      new Set(NETWORK.prefixes.map(({ type }) => type.toLowerCase()))
    )
    expect(new Set((interfaces.text.rows as string[][]).flat())).toEqual(
      new Set(NETWORK.interfaces.map(({ type }) => type))
    )
  })

  test('pages through a list without a gap or a repetition', async () => {
    const { tools } = connect(peer())
    const call = await tools('everything')
    const names: unknown[] = []
    for (const offset of [0, 20, 40, 60]) {
      const { text } = await call('find', { model: 'devices', fields: ['name'], limit: 20, offset })
      expect(text.count).toBe(NETWORK.devices.length)
      names.push(...(text.rows as unknown[][]).flat())
    }

    expect(names.toSorted()).toEqual(NETWORK.devices.map(({ name }) => name).toSorted())
  })
}
