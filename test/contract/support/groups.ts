import { expect, test } from 'vitest'
import { visible } from './oracle.ts'
import { type ContractPeer, connect, SHIM_API, SIGHTS } from './peer.ts'

/** Distributions over two fields. */
export function groupsAgree(peer: () => ContractPeer): void {
  test.each([
    [
      ['role', 'status'],
      ['role', 'status']
    ],
    [
      ['device_type', 'location'],
      ['deviceType', 'location']
    ],
    [
      ['status', 'cf_site_code'],
      ['status', 'siteCode']
    ]
  ])('groups devices by %j as the network has them, largest first', async (fields, facts) => {
    const { tools } = connect(peer())
    for (const sight of SIGHTS) {
      const devices = visible('dcim.device', sight)
      const sizes = new Map<string, number>()
      for (const device of devices) {
        const key = facts.map((fact) => device[fact]).join('|')
        sizes.set(key, (sizes.get(key) ?? 0) + 1)
      }
      const call = await tools(sight)
      const all = await call('count', { model: 'devices', group_by: fields, top: 100 })
      const largest = await call('count', { model: 'devices', group_by: fields, top: 2 })
      const groups = all.text.groups as { labels: string[]; count: number }[]

      expect(groups.map(({ count }) => count)).toEqual(
        [...sizes.values()].toSorted((a, b) => b - a)
      )
      expect(all.text.more).toBeUndefined()
      const counts = (largest.text.groups as typeof groups).map(({ count }) => count)
      const more = (largest.text.more ?? { groups: 0, objects: 0 }) as Record<string, number>
      expect(counts.reduce((sum, count) => sum + count, more.objects ?? 0)).toBe(devices.length)
      expect(counts.length + Number(more.groups)).toBe(sizes.size)
    }
  })
}

/** What leads from a group to its list. */
export function groupFiltersAgree(peer: () => ContractPeer): void {
  test('gives each group of a count the filters that show it, and no wrong ones', async () => {
    const { nautobot, as } = connect(peer())
    const fields = [
      'role',
      'status',
      'location',
      'platform',
      'tenant',
      'rack',
      'device_type',
      'tags'
    ]
    for (const field of fields) {
      const path = `${SHIM_API}/count/dcim.device/`
      const query = { group_by: field, top: 100 }
      const { groups } = (await nautobot.get(path, query, as('everything'))) as {
        groups: { count: number; filters: Record<string, string> | null }[]
      }
      const shown = groups.filter(({ filters }) => filters !== null)
      expect(shown.length).toBeGreaterThan(0)
      for (const { count, filters } of shown)
        expect(await nautobot.get(path, filters ?? {}, as('everything'))).toEqual({ count })
    }
  })
}
