import { expect, test } from 'vitest'
import type { ToolAnswer } from '../../support/tool-client.ts'
import { below, NETWORK } from './oracle.ts'
import { type ContractPeer, connect, errorOf } from './peer.ts'

/** Of changes as the tool lists them. */
const shown = ({ text }: ToolAnswer) =>
  (text.changes as { user: string; action: string; model: string; object: string }[])
    .filter(({ model }) => KINDS.has(model))
    .map(({ user, action, object }) => [user, action, object])
const written = (matches: (change: (typeof NETWORK.changes)[number]) => boolean) =>
  NETWORK.changes
    .filter(matches)
    .toSorted((a, b) => a.hoursAgo - b.hoursAgo)
    .map(({ user, action, name }) => [user, action, name])
// The log of a shared Nautobot also has what other tests have configured.
const KINDS = new Set<string>(NETWORK.changes.map(({ objectType }) => objectType))
// Those are younger, and there may be more of them than a list holds: the network's youngest is an hour old.
const BEFORE_OTHER_TESTS = { until: '50 minutes ago' }
/** Devices are called after their site; circuits are where they end. */
const inside =
  (...places: string[]) =>
  ({ name }: { name: string }) => {
    const sites = new Set(places.flatMap((place) => [...below(place)]))
    const circuit = NETWORK.circuits.find(({ cid }) => cid === name)
    const at = circuit ? [circuit.a, circuit.z] : [name.split('-')[0]?.toUpperCase() ?? '']
    return at.some((site) => site !== null && sites.has(site))
  }

/** The tool for the change log. */
export function changesToolAgrees(peer: () => ContractPeer): void {
  test.each<[Record<string, unknown>, Parameters<typeof written>[0]]>([
    [
      { since: '100 hours', model: 'dcim.device' },
      ({ hoursAgo, objectType }) => hoursAgo < 100 && objectType === 'dcim.device'
    ],
    [{ since: '30d', until: '28 hours ago' }, ({ hoursAgo }) => hoursAgo > 28],
    [{ since: '29 days', user: 'ALICE' }, ({ user }) => user === 'alice'],
    [{ action: 'delete' }, ({ action }) => action === 'delete'],
    [{ since: '29 days', object: 'AMS01-rtr-01' }, ({ name }) => name === 'ams01-rtr-01'],
    [{ since: '29 days', location: 'AMS01' }, inside('AMS01')],
    [
      { since: '29 days', location: 'EMEA', action: 'update' },
      (change) => inside('EMEA')(change) && change.action === 'update'
    ],
    [{ since: '29 days', location: ['NYC01', 'AMS01'] }, inside('NYC01', 'AMS01')]
  ])('tells the changes of %j as the network has them, newest first', async (args, matches) => {
    const call = await connect(peer()).tools('everything')
    const answer = await call('changes', { limit: 50, ...BEFORE_OTHER_TESTS, ...args })

    expect(shown(answer)).toEqual(written(matches))
    expect(answer.text.range).toMatch(/^from .+ until .+$/)
  })

  test('tells what was before and after', async () => {
    const call = await connect(peer()).tools('everything')
    for (const { name, field, before, after, objectType } of NETWORK.changes) {
      if (field === null) continue
      const { text } = await call('changes', { object: name, model: objectType, limit: 1 })
      expect(text.changes).toEqual([
        expect.objectContaining({ fields: expect.arrayContaining([{ field, before, after }]) })
      ])
    }
  })

  test('cuts the changes, and says how many more there are', async () => {
    const call = await connect(peer()).tools('everything')
    const { text, facts } = await call('changes', { limit: 2, model: 'dcim.device' })
    const count = Number(text.count)

    expect(text.changes).toHaveLength(2)
    expect(text.more).toBe(count - 2)
    expect(facts.gaps).toEqual([
      `The newest 2 of ${count} changes are shown; there are more: ${count - 2}.`
    ])
  })
}

/** What the tool says when there is nothing to tell. */
export function missingChangesAgree(peer: () => ContractPeer): void {
  test('says that the change log may not be seen, and of a wrong place what is near', async () => {
    const { tools } = connect(peer())
    const refused = errorOf(await (await tools('ams01'))('changes', { since: 'yesterday' }))
    const wrong = errorOf(await (await tools('everything'))('changes', { location: 'AMS1' }))

    expect(refused).toMatchObject({ isError: true, code: 'FORBIDDEN' })
    expect(refused.message).toMatch(/change log/)
    expect(wrong).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
    expect(wrong.nearest).toContain('AMS01')
  })

  test('explains why there is nothing', async () => {
    const call = await connect(peer()).tools('everything')
    const { text } = await call('changes', { user: 'alicia', since: '2 minutes' })

    expect(text.count).toBe(0)
    expect(text.gaps).toEqual([
      expect.stringMatching(/no user "alicia".*alice/),
      'At all times there are 0 such changes.'
    ])
  })
}
