import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type RunningNautobot,
  startNautobot
} from '../../../nautobot-plugin-shim/development/nautobot.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { type CallTool, openTools } from '../../support/tool-client.ts'
import { type BrowserSession, logInAt } from '../support/browser-session.ts'
import { nautobotAt } from '../support/client.ts'

interface Person {
  call: CallTool
  session: BrowserSession
}

const USERS = ['alice', 'bob'] as const
/** The same for all calls, so that relative times are. */
const now = Date.now()
const people = new Map<(typeof USERS)[number], Person>()
const closing: (() => Promise<void>)[] = []
let nautobot: RunningNautobot

const shownBy = async (session: BrowserSession, url: string) =>
  Number(/Showing\s+\d+-\d+\s+of\s+(\d+)/.exec(await session.table(url))?.[1] ?? 0)
const personOf = (user: (typeof USERS)[number]) => people.get(user) ?? expect.fail(user)

async function rest(path: string, init?: RequestInit) {
  const { url, users } = nautobot
  const authorization = `Token ${users.admin.token}`
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(url + path, { ...init, headers })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function add(path: string, body: unknown): Promise<string> {
  const answer = await rest(path, { method: 'POST', body: JSON.stringify(body) })
  expect([path, answer.status, answer.body]).toEqual([path, 201, expect.anything()])
  return String(answer.body.id)
}

const idOf = async (list: string) =>
  ((await rest(list)).body.results as { id: string }[])[0]?.id ?? expect.fail(list)

/** One relationship between devices: the routers of two sites stand in for that of a third. */
async function addRelationship(): Promise<void> {
  const device = 'dcim.device'
  const relationship = await add('/api/extras/relationships/', {
    label: 'Covers for',
    key: 'covers_for',
    type: 'many-to-many',
    source_type: device,
    destination_type: device
  })
  const source_id = await idOf('/api/dcim/devices/?name=ams01-rtr-01')
  for (const name of ['ams01-rtr-02', 'nyc01-rtr-01'])
    await add('/api/extras/relationship-associations/', {
      relationship,
      source_type: device,
      source_id,
      destination_type: device,
      destination_id: await idOf(`/api/dcim/devices/?name=${name}`)
    })
}

// A Nautobot of its own: lists by a relationship work in workers that began after it was made.
beforeAll(async () => {
  nautobot = await startNautobot()
  closing.push(nautobot.stop)
  await addRelationship()
  const client = nautobotAt(nautobot.url)
  for (const user of USERS) {
    const { token } = nautobot.users[user]
    const directory = createModelDirectory()
    const asking = { userId: user, token, directory, now: () => now }
    const { call, close } = await openTools(client, asking)
    closing.push(close)
    people.set(user, { call, session: await logInAt(nautobot, user) })
  }
})
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

/** The kinds of filters that the tools take, each at least once. */
const FILTERS: [kind: string, model: string, filters: Record<string, unknown>][] = [
  ['none', 'devices', {}],
  ['a text', 'devices', { name: 'ams01-rtr-01' }],
  ['a text in other letters', 'devices', { name: 'AMS01-RTR-01' }],
  ['several texts', 'devices', { name: ['ams01-rtr-01', 'nyc01-rtr-01'] }],
  ['a name', 'devices', { role: 'switch' }],
  ['a name in other letters', 'devices', { status: 'active', role: 'SWITCH' }],
  ['several names', 'devices', { status: ['Planned', 'Staged'] }],
  ['a tree', 'devices', { location: 'EMEA' }],
  ['several trees', 'devices', { location: ['AMS01', 'AMER'] }],
  ['not in a tree', 'devices', { location__n: 'EMEA' }],
  ['a tree of other models', 'VLANs', { location: 'EMEA' }],
  ['a tag', 'devices', { tags: 'critical' }],
  ['several tags, all of them', 'devices', { tags: ['critical', 'pci'] }],
  ['a custom field', 'devices', { cf_site_code: 'NL-AMS-1' }],
  ['a part of a custom field', 'devices', { cf_site_code__ic: 'ams' }],
  ['a boolean', 'devices', { has_primary_ip: false }],
  ['a boolean of a field', 'interfaces', { enabled: false }],
  ['contains', 'devices', { name__ic: 'RTR' }],
  ['several that contain', 'devices', { name__ic: ['rtr', 'fw'] }],
  ['starts with', 'devices', { name__isw: 'ams01' }],
  ['a regular expression', 'devices', { name__re: '^(ams|nyc)01-rtr' }],
  ['not a text', 'devices', { name__n: 'ams01-rtr-01' }],
  ['not a name', 'devices', { status__n: 'Active' }],
  ['a number', 'VLANs', { vid: 20 }],
  ['at least a number', 'VLANs', { vid__gte: 30 }],
  ['a range of numbers', 'VLANs', { vid__gte: 20, vid__lt: 40 }],
  ['less than a number', 'racks', { u_height__lte: 42 }],
  ['no value', 'devices', { rack__isnull: true }],
  ['some value', 'devices', { rack__isnull: false }],
  ['no text', 'devices', { position__isnull: true }],
  ['a relationship by name', 'devices', { cr_covers_for__source: 'ams01-rtr-01' }],
  ['a choice', 'interfaces', { type: '1000base-t' }],
  ['a choice of prefixes', 'prefixes', { type: 'container' }],
  ['within a network', 'prefixes', { within: '10.10.0.0/16' }],
  ['addresses of a network', 'IP addresses', { prefix: '10.10.0.0/24' }],
  ['what belongs to a device', 'interfaces', { device: ['ams01-rtr-01', 'nyc01-rtr-01'] }],
  ['a search', 'devices', { q: 'ams01' }],
  ['a relative time', 'devices', { last_updated__gte: '2 days ago' }],
  ['a day', 'devices', { last_updated__gte: 'yesterday' }],
  ['the end of a day', 'devices', { created__lte: 'today' }],
  ['a day after which', 'devices', { created__gt: '2 years ago' }],
  ['a date', 'circuits', { install_date__gte: '2022-01-01' }],
  ['a relative date', 'circuits', { install_date__lt: '3 years ago' }],
  ['a date that is not set', 'circuits', { install_date__isnull: true }],
  ['a model above', 'devices', { manufacturer: 'Cisco' }],
  ['an id', 'devices', { id: '2cb7d2cd-6839-5289-b685-a5b2b2787482' }],
  [
    'several kinds at once',
    'devices',
    { location: 'EMEA', role: ['switch', 'router'], status: 'Active', name__ic: '-0' }
  ]
]

test.each(FILTERS)(
  '[T16] a link shows the number that was counted and listed, with %s: %s %j',
  async (_kind, model, filters) => {
    for (const user of USERS) {
      const { call, session } = personOf(user)
      const counted = await call('count', { model, filters })
      const found = await call('find', { model, filters, limit: 1 })
      expect([user, counted.text.error, found.text.error]).toEqual([user, undefined, undefined])
      const [link] = counted.facts.links
      expect([user, link?.url, await shownBy(session, link?.url ?? '')]).toEqual([
        user,
        found.facts.links[0]?.url,
        counted.text.count
      ])
      expect([user, found.text.count]).toEqual([user, counted.text.count])
    }
  }
)

test('most kinds of filters find something, so that the numbers above tell', async () => {
  const { call } = personOf('alice')
  const counts = await Promise.all(
    FILTERS.map(async ([kind, model, filters]) => {
      const { text } = await call('count', { model, filters })
      return text.count === 0 ? [kind] : []
    })
  )

  expect(counts.flat()).toEqual([])
})

const GROUPINGS: [model: string, fields: string[], filters: Record<string, unknown>][] = [
  ['devices', ['role'], {}],
  ['devices', ['location'], { status: 'Active' }],
  ['devices', ['role', 'status'], { location: 'EMEA' }],
  ['devices', ['tenant', 'platform'], {}],
  ['devices', ['rack'], {}],
  ['devices', ['tags'], {}],
  ['devices', ['cf_site_code'], {}],
  ['interfaces', ['type', 'enabled'], {}],
  ['VLANs', ['vid', 'status'], {}],
  ['prefixes', ['type', 'role'], {}],
  ['circuits', ['provider', 'circuit_type'], {}]
]

test.each(GROUPINGS)(
  '[T16] links of the groups of %s by %j %j show their numbers',
  async (model, fields, filters) => {
    for (const user of USERS) {
      const { call, session } = personOf(user)
      const { text, facts } = await call('count', { model, filters, group_by: fields, top: 100 })
      expect([user, text.error]).toEqual([user, undefined])
      const [first, ...links] = facts.links
      expect(await shownBy(session, first?.url ?? '')).toBe(text.count)
      for (const { label, url } of links.slice(0, 6))
        expect([user, label, await shownBy(session, url)]).toEqual([
          user,
          label,
          Number(label.split(': ').at(-1))
        ])
    }
  }
)

test.each([
  { object: 'ams01-rtr-01' },
  { model: 'location', object: 'AMS01' },
  { model: 'prefix', object: '10.10.0.0/24' },
  { model: 'VLAN', object: 'ams01-users' },
  { model: 'tenant', object: 'Retail' },
  { model: 'role', object: 'switch' },
  { model: 'rack', object: 'AMS01-R1-01' }
])('[T16] links of the lists that %j is in show their numbers', async (asked) => {
  for (const user of USERS) {
    const { call, session } = personOf(user)
    const { facts, text } = await call('get', asked)
    expect([user, text.error]).toEqual([user, undefined])
    const lists = facts.links.filter(({ url }) => url.includes('clear_view'))
    if (user === 'alice') expect(lists.length).toBeGreaterThan(0)
    for (const { label, url } of lists)
      expect([user, label, await shownBy(session, url)]).toEqual([
        user,
        label,
        Number(label.split(': ').at(-1))
      ])
  }
})

test('sorts on a real Nautobot what GraphQL cannot, over all that match', async () => {
  const { call } = personOf('alice')
  const names = async (sort: unknown, limit: number) => {
    const { text } = await call('find', { model: 'devices', fields: ['name'], sort, limit })
    return (text.rows as string[][]).flat()
  }
  const all = await names('name', 200)
  const collator = new Intl.Collator('en', { numeric: true })

  expect(all).toEqual(all.toSorted(collator.compare))
  expect(await names('-name', 3)).toEqual(all.slice(-3).toReversed())
  const { text } = await call('find', {
    model: 'prefixes',
    fields: ['prefix'],
    sort: ['-prefix'],
    limit: 200
  })
  const networks = (text.rows as string[][]).flat()
  expect(networks.at(-1)).toBe('10.10.0.0/16')
})
