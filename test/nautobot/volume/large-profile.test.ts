import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startRecordingProxy } from '../../support/recording-proxy.ts'
import type { CallTool } from '../../support/tool-client.ts'
import { ask } from '../large/answers.ts'
import { type LargeNautobot, startLargeNautobot } from '../large/large-nautobot.ts'
import { askForObject, objectQuestions } from '../large/objects.ts'
import { askAll } from '../large/oracle.ts'
import { generateQuestions, type Question } from '../large/questions.ts'
import { USERS, type User } from '../large/rights.ts'
import { together } from '../large/together.ts'
import { type BrowserSession, logInAt } from '../support/browser-session.ts'

const MODELS = [
  'dcim.device',
  'dcim.interface',
  'ipam.ipaddress',
  'ipam.prefix',
  'ipam.vlan',
  'dcim.rack',
  'dcim.location',
  'circuits.circuit'
]
const TIMEOUT_MS = 300_000

interface Asked {
  readonly question: Question
  readonly expected: unknown
}

let large: LargeNautobot
let calls: Readonly<Record<User, CallTool>>
let asked: readonly Asked[]

beforeAll(async () => {
  large = await startLargeNautobot()
  const questions = generateQuestions(large.ids)
  const told = questions.flatMap(({ sql }) => sql ?? [])
  const answers = await askAll(large.nautobot.sql, told)
  asked = questions.map((question) => ({
    question,
    expected: question.sql === undefined ? undefined : answers.shift()
  }))
  calls = await large.openTools()
})
afterAll(() => large?.stop())

function numbersBy(key: (question: Question) => string): Record<string, number> {
  const groups = Map.groupBy(asked, ({ question }) => key(question))
  return Object.fromEntries([...groups].map(([name, all]) => [name, all.length]))
}

test('asks hundreds of questions of every kind, hardly any of which is answered with nothing', () => {
  const kinds = numbersBy(({ kind }) => kind)
  const listed = Object.entries(kinds).map(([kind, number]) => `${kind} ${number}`)
  process.stdout.write(`${asked.length} questions: ${listed.join(', ')}\n`)

  expect(asked.length).toBeGreaterThan(350)
  expect(Object.keys(kinds).length).toBeGreaterThan(40)
  expect(Object.keys(numbersBy(({ model }) => model))).toEqual(expect.arrayContaining(MODELS))
  for (const number of Object.values(numbersBy(({ user }) => user)))
    expect(number).toBeGreaterThan(40)
  const empty = asked.filter(({ expected }) => expected === 0)
  expect(empty.length).toBeLessThan(asked.length / 6)
})

test.each(MODELS)(
  '[T16] counts, groups and lists of %s are those of the database, for each user',
  async (model) => {
    const part = asked.filter(({ question }) => question.model === model)
    const differences = await together(part, ({ question, expected }) =>
      ask(calls[question.user], question, expected)
    )
    expect(differences.filter((one) => one !== undefined)).toEqual([])
  },
  TIMEOUT_MS
)

test(
  'finds single objects by name, serial, address, MAC, id and URL as far as each user may see them',
  async () => {
    const questions = await objectQuestions(large.nautobot.sql)
    const hidden = questions.filter(({ expected }) => expected === undefined)
    const answers = await together(questions, (one) => askForObject(calls[one.user], one))

    expect([questions.length, hidden.length]).toEqual([64, expect.toSatisfy((n) => n > 20)])
    expect(answers.filter((answer) => answer !== undefined)).toEqual([])
  },
  TIMEOUT_MS
)

/** The largest number that a count by each kind of filter gave. */
function bestOfKinds(): readonly Asked[] {
  const counts = asked.filter(({ expected }) => typeof expected === 'number' && expected > 0)
  const kinds = Map.groupBy(counts, ({ question }) => `${question.kind} of ${question.model}`)
  const picked = new Map<string, Asked>()
  for (const [kind, all] of kinds) {
    const name = kind.split(' of ')[0] ?? ''
    const [first] = all
    if (first && !picked.has(name)) picked.set(name, first)
  }
  return [...picked.values()]
}

test(
  'links a page that shows the same number, for each kind of filter',
  async () => {
    const users = { ...large.nautobot.users, ...large.logins }
    const sessions = new Map<User, BrowserSession>()
    for (const user of USERS) {
      sessions.set(user, await logInAt({ url: large.nautobot.url, users }, user))
    }
    const shown = await together(bestOfKinds(), async ({ question, expected }) => {
      const { user, model, args, kind } = question
      const { facts } = await calls[user]('count', { model, ...args })
      // One row is enough to read how many there are.
      const page = await sessions.get(user)?.table(`${facts.links[0]?.url}&per_page=1`)
      const number = Number(/Showing\s+\d+-\d+\s+of\s+(\d+)/.exec(page ?? '')?.[1])
      return { kind, user, model, args, shown: number, expected }
    })

    expect(shown.length).toBeGreaterThan(35)
    expect(shown.filter((one) => one.shown !== one.expected)).toEqual([])
  },
  TIMEOUT_MS
)

test('names the nearest of thousands of names', async () => {
  const name = await large.nautobot.sql(
    "SELECT name FROM dcim_device WHERE name LIKE 'us07-swi-%' ORDER BY name DESC LIMIT 1"
  )
  const wrong = name.trim().replace('us07-swi', 'us07-siw')
  const { text } = await calls.alice('get', { object: wrong })

  expect(text.error).toMatchObject({
    code: 'OBJECT_NOT_FOUND',
    nearest: expect.arrayContaining([name.trim()])
  })
})

test('costs one request for a count or an object by id, one or two for a list, none for a description', async () => {
  const proxy = await startRecordingProxy(large.nautobot.url)
  onTestFinished(() => proxy.stop())
  const { alice } = await large.openTools(proxy.url)
  const { device } = large.ids
  const requests = async (...[tool, args]: Parameters<CallTool>) => {
    proxy.forget()
    const { isError } = await alice(tool, args)
    expect([tool, args, isError]).toEqual([tool, args, false])
    return proxy.requests.length
  }
  const model = 'devices'
  await requests('find', { model, limit: 1 })
  await requests('describe', { model })
  await requests('get', { object: 'NL03' })

  expect(await requests('count', { model, filters: { location: 'NL03' } })).toBe(1)
  expect(await requests('count', { model, group_by: ['role', 'status'] })).toBe(1)
  expect(await requests('get', { model, object: device })).toBe(1)
  expect(await requests('get', { object: `/dcim/devices/${device}/interfaces/` })).toBe(0)
  expect(await requests('get', { object: 'ams01-rtr-02' })).toBe(1)
  expect(await requests('find', { model, filters: { name: 'ams01-rtr-01' } })).toBe(1)
  expect(await requests('find', { model, filters: { role: 'switch' } })).toBe(2)
  expect(await requests('find', { model, filters: { role: 'router' }, offset: 50 })).toBe(2)
  expect(await requests('describe', { model })).toBe(0)
  expect(await requests('describe', { model, name: 'location' })).toBe(0)
  expect(await requests('count', { model, filters: { location: 'NL03' } })).toBe(0)
})
