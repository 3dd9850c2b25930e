import { expect, test } from 'vitest'
import { NETWORK } from './oracle.ts'
import { type ContractPeer, connect, errorOf } from './peer.ts'

/** Who changed what. */
export function changesAgree(peer: () => ContractPeer): void {
  test('shows the change log, newest first, to who may see it and to nobody else', async () => {
    const { tools } = connect(peer())
    // The log of a shared Nautobot also has what other tests have configured.
    const kinds = new Set<string>(NETWORK.changes.map(({ objectType }) => objectType))
    const args = { model: 'changes', filters: { action: ['update', 'delete'] }, limit: 200 }
    const seen = await (await tools('everything'))('find', args)
    const rows = (seen.text.rows as string[][]).filter(([, , , type = '']) => kinds.has(type))
    const expected = NETWORK.changes.toSorted((a, b) => a.hoursAgo - b.hoursAgo)

    expect(rows.map(([, user, action, type, name]) => [user, action, type, name])).toEqual(
      expected.map(({ user, action, objectType, name }) => [user, action, objectType, name])
    )
    expect(errorOf(await (await tools('ams01'))('find', args))).toMatchObject({
      isError: true,
      code: 'FORBIDDEN'
    })
  })

  test('filters the change log by time and by object', async () => {
    const { tools } = connect(peer())
    const call = await tools('everything')
    const since = new Date(Date.now() - 100 * 3_600_000).toISOString()
    const recent = await call('find', {
      model: 'extras.objectchange',
      filters: { time__gte: since, changed_object_type: 'dcim.device' }
    })

    expect(recent.text.count).toBe(
      NETWORK.changes.filter(
        ({ hoursAgo, objectType }) => hoursAgo < 100 && objectType === 'dcim.device'
      ).length
    )
  })
}
