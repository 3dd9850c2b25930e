import { expect, test } from 'vitest'
import { COUNT_CASES } from './count-cases.ts'
import { visible } from './oracle.ts'
import { type ContractPeer, connect, SHIM_API, SIGHTS, toQuery } from './peer.ts'

/** Numbers: REST, the shim, and both tools against the network itself. */
export function countsAgree(peer: () => ContractPeer): void {
  test.each(COUNT_CASES)(
    'counts $objectType with $filters as the network has them',
    async (row) => {
      const { nautobot, as, tools } = connect(peer())
      const { objectType, list, filters, matches } = row
      for (const sight of SIGHTS) {
        const expected = visible(objectType, sight).filter(matches).length
        const query = toQuery(filters)
        const rest = nautobot.get(list, { ...query, limit: 1 }, as(sight))
        const shim = nautobot.get(`${SHIM_API}/count/${objectType}/`, query, as(sight))
        const call = await tools(sight)
        const counted = await call('count', { model: objectType, filters })
        const found = await call('find', { model: objectType, filters, limit: 1 })
        expect({
          rest: ((await rest) as { count: number }).count,
          shim: ((await shim) as { count: number }).count,
          count: counted.text.count,
          find: found.text.count,
          sight
        }).toEqual({ rest: expected, shim: expected, count: expected, find: expected, sight })
      }
    }
  )

  test.each([
    ['role', 'role'],
    ['status', 'status'],
    ['device_type', 'deviceType'],
    ['cf_site_code', 'siteCode']
  ])('groups devices by %s as the network has them', async (field, fact) => {
    const { tools } = connect(peer())
    for (const sight of SIGHTS) {
      const expected: Record<string, number> = {}
      for (const device of visible('dcim.device', sight)) {
        const value = String(device[fact])
        expected[value] = (expected[value] ?? 0) + 1
      }
      const call = await tools(sight)
      const { text } = await call('count', { model: 'devices', group_by: field, top: 100 })
      const groups = text.groups as { label: string; count: number }[]
      const labels = groups.map(({ label, count }) => [
        label.replace(/^Juniper |^Cisco |^Arista |^Palo Alto |^Fortinet |^Aruba /, ''),
        count
      ])
      expect(Object.fromEntries(labels)).toEqual(expected)
      expect(groups.map(({ count }) => count)).toEqual(
        groups.map(({ count }) => count).toSorted((a, b) => b - a)
      )
    }
  })
}
