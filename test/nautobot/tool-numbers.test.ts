import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type RunningNautobot,
  startNautobot
} from '../../nautobot-plugin-shim/development/nautobot.ts'
import { type CallTool, openTools } from '../support/tool-client.ts'
import { type BrowserSession, logInAt } from './support/browser-session.ts'
import { nautobotAt } from './support/client.ts'

/** A question, and for the oracle: hours, and names of everything that "object" includes. */
interface Question {
  ask: Record<string, unknown>
  oracle: Record<string, unknown>
}

const QUESTIONS: Question[] = [
  { ask: {}, oracle: {} },
  { ask: { since: '10 hours' }, oracle: { sinceHours: 10 } },
  { ask: { since: '2 days', until: '5 hours ago' }, oracle: { sinceHours: 48, untilHours: 5 } },
  { ask: { location: 'AMS01' }, oracle: { location: ['AMS01'] } },
  { ask: { location: ['EMEA'] }, oracle: { location: ['EMEA'] } },
  { ask: { location: ['NYC01', 'TYO01'] }, oracle: { location: ['NYC01', 'TYO01'] } },
  {
    ask: { location: 'EMEA', action: 'update', since: '20 hours', user: 'bob' },
    oracle: { location: ['EMEA'], action: 'update', sinceHours: 20, user: 'bob' }
  },
  {
    ask: { location: 'AMS01', model: 'devices' },
    oracle: { location: ['AMS01'], model: 'dcim.device' }
  },
  { ask: { model: 'ipam.routetarget' }, oracle: { model: 'ipam.routetarget' } },
  { ask: { user: 'alice', model: 'devices' }, oracle: { user: 'alice', model: 'dcim.device' } },
  { ask: { action: 'delete' }, oracle: { action: 'delete' } },
  {
    ask: { object: 'nyc01-sw-03' },
    oracle: { objects: ['nyc01-sw-03'] }
  }
]
/** With how many groups get a link: the list of route targets has no filter for descriptions. */
const GROUPINGS: { model: string; fields: string[]; linked: (groups: number) => number }[] = [
  { model: 'ipam.routetarget', fields: ['tenant'], linked: (groups) => groups },
  { model: 'ipam.routetarget', fields: ['description', 'tenant'], linked: () => 0 },
  { model: 'dcim.device', fields: ['role'], linked: (groups) => groups },
  { model: 'dcim.device', fields: ['status', 'role'], linked: (groups) => Math.min(20, groups) },
  { model: 'dcim.device', fields: ['tenant', 'status'], linked: (groups) => Math.min(20, groups) }
]
const USERS = ['alice', 'bob'] as const

interface Oracle {
  count: number
  /** By the labels of each group. */
  groups: Record<string, number>[]
  /** User, action and object of each change, newest first. */
  changes: string[][][]
}

interface Person {
  call: CallTool
  session: BrowserSession
  oracle: Oracle
}

const people = new Map<(typeof USERS)[number], Person>()
const closing: (() => Promise<void>)[] = []

const shownBy = async (session: BrowserSession, url: string) =>
  Number(/Showing\s+\d+-\d+\s+of\s+(\d+)/.exec(await session.table(url))?.[1] ?? 0)
const personOf = (user: (typeof USERS)[number]) => people.get(user) ?? expect.fail(user)

async function askOracle(nautobot: RunningNautobot): Promise<Record<string, Oracle>> {
  const asked = JSON.stringify([
    QUESTIONS.map(({ oracle }) => oracle),
    GROUPINGS.map(({ model, fields }) => [model, fields])
  ])
  const answer = await nautobot.nbshell(
    `import json, tool_oracle; print(json.dumps(tool_oracle.answer(*json.loads('''${asked}'''))))`
  )
  // Nautobot may log before it answers.
  return JSON.parse(answer.trim().split('\n').at(-1) ?? '')
}

// A Nautobot of its own: its objects and rights would be in the way of other tests.
beforeAll(async () => {
  const nautobot = await startNautobot()
  closing.push(nautobot.stop)
  const oracles = await askOracle(nautobot)
  const client = nautobotAt(nautobot.url)
  for (const user of USERS) {
    const { token } = nautobot.users[user]
    const { call, close } = await openTools(client, { userId: user, token })
    closing.push(close)
    const session = await logInAt(nautobot, user)
    people.set(user, { call, session, oracle: oracles[user] ?? expect.fail(user) })
  }
})
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

test('[T16] counts 1,234 rows as the database has them for each user, and links the list that shows it', async () => {
  expect(personOf('alice').oracle.count).toBe(1_234)
  expect(personOf('bob').oracle.count).toBeLessThan(1_234)
  for (const user of USERS) {
    const { call, session, oracle } = personOf(user)
    const { text, facts } = await call('count', { model: 'route targets' })
    expect([user, text.count]).toEqual([user, oracle.count])
    expect(await shownBy(session, facts.links[0]?.url ?? '')).toBe(oracle.count)
  }
})

test.each(GROUPINGS.map((grouping, index) => ({ ...grouping, index })))(
  '[T16] counts $model by $fields as the database has it, and links lists with the numbers of groups',
  async ({ model, fields, linked, index }) => {
    for (const user of USERS) {
      const { call, session, oracle } = personOf(user)
      const { text, facts } = await call('count', { model, group_by: fields, top: 100 })
      const groups = text.groups as { label?: string; labels?: string[]; count: number }[]
      const found = groups.map(({ label, labels, count }) => [labels?.join(' / ') ?? label, count])
      expect([user, Object.fromEntries(found)]).toEqual([user, oracle.groups[index]])
      const links = facts.links.slice(1)
      expect(links.length).toBe(linked(groups.length))
      for (const { label, url } of links.slice(0, 4))
        expect([label, await shownBy(session, url)]).toEqual([label, Number(label.split(': ')[1])])
    }
  }
)

test('[T16] what a cut ranking shows and leaves out adds up to all', async () => {
  for (const user of USERS) {
    const { call, oracle } = personOf(user)
    const { text } = await call('count', { model: 'ipam.routetarget', group_by: 'name', top: 7 })
    const shown = (text.groups as { count: number }[]).reduce((sum, { count }) => sum + count, 0)
    expect(text.more).toEqual({ groups: oracle.count - 7, objects: oracle.count - shown })
  }
})

test.each(QUESTIONS.map(({ ask }, index) => ({ ask, index })))(
  'tells the changes of $ask as the database has them for each user, and links the page that shows them',
  async ({ ask, index }) => {
    for (const user of USERS) {
      const { call, session, oracle } = personOf(user)
      const expected = oracle.changes[index] ?? []
      const { text, facts } = await call('changes', { limit: 50, ...ask })
      const rows = text.changes as { user: string; action: string; object: string }[]

      expect({
        user,
        count: text.count,
        rows: rows.map(({ user: by, action, object }) => [by, action, object])
      }).toEqual({ user, count: expected.length, rows: expected.slice(0, 50) })
      expect(await shownBy(session, facts.links[0]?.url ?? '')).toBe(expected.length)
    }
  }
)

test('includes the parts of an object, with what they belong to', async () => {
  const { call } = personOf('alice')
  const { text } = await call('changes', { object: 'ams01-rtr-01', since: '20 days' })
  const parts = (text.changes as Record<string, unknown>[]).filter(
    ({ model }) => model === 'dcim.interface'
  )

  expect(parts).toEqual([
    expect.objectContaining({
      of: 'ams01-rtr-01',
      fields: [{ field: 'description', before: 'before', after: 'uplink' }]
    }),
    expect.objectContaining({ of: 'ams01-rtr-01', before: 'not known' })
  ])
})
