import { expect, test } from 'vitest'
import { NETWORK, visible } from './oracle.ts'
import { type ContractPeer, connect, errorOf, SIGHTS } from './peer.ts'

type Row = Record<string, unknown>
const named = (rows: unknown) => (rows as Row[]).map(({ name }) => String(name)).toSorted()

/** GraphQL, as the tool query asks it. */
export function queriesAgree(peer: () => ContractPeer): void {
  test('answers a query with what each user may see, and with the numbers', async () => {
    const { tools } = connect(peer())
    const query = `query ($places: [String], $n: Int = 200) {
      routers: devices(role: "router", limit: $n) { ...Place role { name } }
      devices(location: $places, limit: 2) { name }
    }
    fragment Place on DeviceType { name location { name } }`
    for (const sight of SIGHTS) {
      const devices = visible('dcim.device', sight)
      const call = await tools(sight)
      const { text } = await call('query', { query, variables: { places: ['AMS01'] } })
      const data = text.data as Record<string, Row[]>
      const routers = devices.filter(({ role }) => role === 'router')
      const here = visible('dcim.device', 'ams01')

      expect(text.counts).toEqual({ routers: routers.length, devices: here.length })
      expect(named(data.routers)).toEqual(routers.map(({ name }) => name).toSorted())
      expect(data.devices).toHaveLength(2)
      expect(text.gaps).toEqual([`"devices" was cut at 2 of ${here.length}.`])
    }
  })

  test('answers nested lists with their filters', async () => {
    const { tools } = connect(peer())
    const query =
      '{ devices(name: ["ams01-rtr-01"]) { interfaces(mgmt_only: false) { name ip_addresses { address } } } }'
    const { text } = await (await tools('everything'))('query', { query })
    const [device] = (text.data as { devices: { interfaces: unknown }[] }).devices
    const expected = NETWORK.interfaces.filter(
      (row) => row.device === 'ams01-rtr-01' && !row.mgmtOnly
    )

    expect(expected.length).toBeGreaterThan(1)
    expect(named(device?.interfaces)).toEqual(expected.map(({ name }) => name).toSorted())
  })
}

/** What is not asked of Nautobot. */
export function wrongQueriesAgree(peer: () => ContractPeer): void {
  test.each<[string, string, string | undefined]>([
    ['a root', '{ devces { name } }', 'devices'],
    ['a field', '{ devices { nmae } }', 'name'],
    ['a field below', '{ devices { location { nmae } } }', 'name'],
    ['a filter', '{ devices(locaton: "AMS01") { name } }', 'location'],
    ['a value', '{ devices(location: "AMS1") { name } }', 'AMS01'],
    ['a nested filter', '{ devices { interfaces(enabld: true) { name } } }', 'enabled'],
    ['a nested value', '{ devices { interfaces(status: "Activ") { name } } }', 'Active'],
    ['an enum for a text', '{ devices(location: AMS01x) { name } }', 'AMS01'],
    ['a type', '{ devices { ... on Zebra { name } } }', undefined],
    ['a nested limit', '{ devices { interfaces(limit: 1) { name } } }', undefined],
    ['what is no relation', '{ devices { name { name } } }', undefined],
    ['a relation without fields', '{ devices { location } }', undefined],
    ['an argument of a field', '{ devices { name(x: 1) } }', undefined]
  ])('refuses %s that is wrong', async (_what, query, near) => {
    const { tools } = connect(peer())
    const error = errorOf(await (await tools('everything'))('query', { query }))

    expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
    if (near) expect(error.nearest).toContain(near)
  })

  test('refuses a query that multiplies, with advice', async () => {
    const { tools } = connect(peer())
    const query = '{ devices(limit: 200) { interfaces { device { interfaces { name } } } } }'
    const error = errorOf(await (await tools('everything'))('query', { query }))

    expect(error.message).toMatch(/as much as about \d{4,} objects; 5000 are allowed/)
  })

  test('says what the rights of a user do not show', async () => {
    const { tools } = connect(peer())
    const call = await tools('ams01')
    const changes = errorOf(await call('query', { query: '{ object_changes { action } }' }))
    const elsewhere = await call('query', { query: '{ devices(location: "NYC01") { name } }' })

    expect(changes).toMatchObject({ code: 'FORBIDDEN' })
    expect(changes.message).toContain('your rights do not show')
    expect(elsewhere.text).toEqual({
      counts: { devices: 0 },
      data: { devices: [] },
      gaps: ['Your rights do not show the location "NYC01", so nothing there is seen.']
    })
  })
}
