import { expect, test } from 'vitest'
import { below, FACTS, visible } from './oracle.ts'
import { type ContractPeer, connect, SIGHTS } from './peer.ts'

type Related = Record<string, { count: number; first?: string[] }>

const ROUTER = 'ams01-rtr-01'

/** What points at an object. */
export function relatedAgrees(peer: () => ContractPeer): void {
  countsAgree(peer)
  listsAgree(peer)
  factsTold(peer)
}

async function relatedTo(peer: ContractPeer, sight: (typeof SIGHTS)[number], args: object) {
  const { text } = await (await connect(peer).tools(sight))('get', { ...args })
  expect([args, text.error]).toEqual([args, undefined])
  return (text.related ?? {}) as Related
}

/** By the object that is asked for: lists of it, with what is in them. */
const EXPECTED: [
  asked: Record<string, unknown>,
  lists: Record<string, [string, (fact: (typeof FACTS)[string][number]) => boolean]>
][] = [
  [
    { object: ROUTER },
    {
      interfaces: ['dcim.interface', ({ device }) => device === ROUTER],
      ip_addresses: ['ipam.ipaddress', ({ device }) => device === ROUTER]
    }
  ],
  [
    { model: 'location', object: 'AMS01' },
    {
      devices: ['dcim.device', ({ places }) => isBelow(places, 'AMS01')],
      racks: ['dcim.rack', ({ places }) => isBelow(places, 'AMS01')],
      vlans: ['ipam.vlan', ({ places }) => isBelow(places, 'AMS01')],
      prefixes: ['ipam.prefix', ({ places }) => isBelow(places, 'AMS01')],
      circuits: ['circuits.circuit', ({ places }) => isBelow(places, 'AMS01')]
    }
  ],
  [
    { model: 'rack', object: 'AMS01-R1-01' },
    { devices: ['dcim.device', ({ rack }) => rack === 'AMS01-R1-01'] }
  ],
  [
    { model: 'VLAN', object: 'ams01-users' },
    {
      prefixes: ['ipam.prefix', ({ vlan, location }) => vlan === 20 && location === 'AMS01'],
      interfaces_as_untagged: [
        'dcim.interface',
        ({ vlans, places }) => has(vlans, 'untagged', 20) && isBelow(places, 'AMS01')
      ],
      interfaces_as_tagged: [
        'dcim.interface',
        ({ vlans, places }) => has(vlans, 'tagged', 20) && isBelow(places, 'AMS01')
      ]
    }
  ]
]

const isBelow = (places: string[] | undefined, name: string) =>
  (places ?? []).some((place) => below(name).has(place))

function has(vlans: unknown, kind: 'tagged' | 'untagged', vid: number): boolean {
  const known = (vlans as Record<string, unknown> | undefined)?.[kind]
  return [known].flat().includes(vid)
}

function countsAgree(peer: () => ContractPeer): void {
  test.each(EXPECTED)('counts what points at %j as the network has it', async (asked, lists) => {
    for (const sight of SIGHTS) {
      const related = await relatedTo(peer(), sight, asked)
      for (const [name, [objectType, fits]] of Object.entries(lists)) {
        const expected = visible(objectType, sight).filter(fits).length
        expect([sight, name, related[name]?.count ?? 0]).toEqual([sight, name, expected])
      }
    }
  })
}

/** How many objects the REST list of a link has. */
async function countOf(peer: ContractPeer, sight: (typeof SIGHTS)[number], url: string) {
  const { pathname, searchParams } = new URL(url)
  searchParams.delete('clear_view')
  const query = { ...Object.fromEntries(searchParams), limit: 1 }
  const { nautobot, as } = connect(peer)
  const answer = await nautobot.get(`/api${pathname}`, query, as(sight))
  return (answer as { count: number }).count
}

async function listsOf(peer: ContractPeer, sight: (typeof SIGHTS)[number], asked: object) {
  const call = await connect(peer).tools(sight)
  const { isError, facts } = await call('get', { ...asked })
  return isError ? [] : facts.links.filter(({ url }) => url.includes('clear_view'))
}

/** The lists that are linked have the numbers that were told. */
function listsAgree(peer: () => ContractPeer): void {
  test.each([
    { object: ROUTER },
    { model: 'location', object: 'EMEA' },
    { object: '10.10.0.0/24', model: 'prefix' },
    { model: 'tenant', object: 'Retail' },
    { model: 'role', object: 'switch' },
    { model: 'device type', object: String(FACTS['dcim.device']?.[0]?.deviceType) },
    { model: 'provider', object: 'Colt' }
  ])('links lists of what points at %j that have the number', async (asked) => {
    expect(await listsOf(peer(), 'everything', asked)).not.toEqual([])
    for (const sight of SIGHTS) {
      for (const { label, url } of await listsOf(peer(), sight, asked))
        expect([label, await countOf(peer(), sight, url)]).toEqual([
          label,
          Number(label.split(': ').at(-1))
        ])
    }
  })
}

function factsTold(peer: () => ContractPeer): void {
  test('names the first objects, with their addresses and what they are on', async () => {
    const device = await relatedTo(peer(), 'everything', { object: ROUTER })
    expect(device.ip_addresses?.first).toContain(`10.10.0.11/24 (on: ${ROUTER} mgmt0)`)
    expect(device.interfaces?.first).toHaveLength(Math.min(5, device.interfaces?.count ?? 0))
    const address = await relatedTo(peer(), 'everything', { object: '10.10.0.11' })
    expect(address.interfaces?.first).toEqual(['mgmt0 (addresses: 10.10.0.11/24)'])
    const primary = FACTS['dcim.device']?.find(({ name }) => name === ROUTER)?.primaryIp4
    const own = await relatedTo(peer(), 'everything', { object: primary })
    expect(own.primary_ip4_for?.first).toEqual([ROUTER])
    const network = await relatedTo(peer(), 'everything', {
      object: '10.10.0.0/16',
      model: 'prefix'
    })
    expect(network.children?.first).toContain('10.10.0.0/20')
  })
}
