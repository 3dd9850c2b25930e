import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createAuthenticator } from '../../../src/auth/authenticator.ts'
import { createRunToken } from '../../../src/auth/run-token.ts'
import { createUserTokens } from '../../../src/auth/user-token.ts'
import { connectInMemory } from '../../../src/mcp/mcp-connection.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { toSavedQuery } from '../../../src/nautobot-tools/saved-query.ts'
import { createNautobotToolServer } from '../../../src/nautobot-tools/server.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { below, FACTS, NETWORK, type Sight, visible } from '../../contract/support/oracle.ts'
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts'
import { nautobotAt } from '../support/client.ts'
import type {} from '../support/provided.ts'
import { checkWhoAsked, ownersOf } from '../support/sent-tokens.ts'
import { apiToken } from '../support/service.ts'

const CALLS = Number(process.env.INTERLEAVED_CALLS ?? 1_000)
/** Side by side, with one memory. */
const CALLS_PER_RUN = 5
const RUNS_AT_A_TIME = 8
/** Rights "change" after so many runs: caches are emptied while others fill them. */
const CHANGES_EVERY = 15
const PATIENCE_MS = 120_000
const MODELS = Object.keys(FACTS)
const PLACES = ['AMS01', 'NYC01', 'EMEA', 'TYO01']
const USERS = { alice: 'everything', bob: 'ams01' } as const satisfies Record<string, Sight>
type User = keyof typeof USERS

const saved =
  toSavedQuery('Devices at', 'query ($at: [String]!) { devices(location: $at) { name } }') ??
  expect.fail('no query')

let proxy: RecordingProxy
beforeAll(async () => {
  proxy = await startRecordingProxy(inject('nautobot').url)
})
afterAll(() => proxy?.stop())

/** What all runs share, as in the service. */
function connect() {
  const nautobot = nautobotAt(proxy.url, {
    publicUrl: inject('nautobot').url,
    timeoutMs: PATIENCE_MS,
    maxInFlightPerToken: 3,
    maxQueueWaitMs: PATIENCE_MS
  })
  const serviceToken = new Secret(inject('nautobot').users.service.token)
  const directory = createModelDirectory()
  const userTokens = createUserTokens({ nautobot, serviceToken })
  return {
    nautobot,
    directory,
    userTokens,
    authenticate: createAuthenticator({ nautobot, serviceToken })
  }
}
type Shared = ReturnType<typeof connect>

interface Answer {
  readonly isError: boolean | undefined
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON, whose shape is what the test looks at
  readonly text: any
}
type Call = (tool: string, args: object) => Promise<Answer>

/** A run of one user: their token by exchange, and tools with a memory of their own. */
async function openRun(shared: Shared, user: User, number: number) {
  const context = { signal: new AbortController().signal, correlationId: `${user}-${number}` }
  const caller = await shared.authenticate(apiToken(user), 'chat', context)
  const first = await shared.userTokens.forCaller(caller, context)
  const server = createNautobotToolServer({
    ...shared,
    savedQueries: [saved],
    correlationId: context.correlationId,
    userId: first.userId,
    ...createRunToken({ first, userTokens: shared.userTokens })
  })
  const connection = await connectInMemory(server, PATIENCE_MS)
  const call: Call = async (tool, args) => {
    const { isError, content } = await connection.callTool(tool, args, context)
    return { isError, text: JSON.parse(String(content[0]?.text)) }
  }
  return { call, close: connection.close }
}

const namesOf = (rows: readonly unknown[]) => rows.map(String).toSorted()
const devicesOf = (sight: Sight, place?: string) => {
  const places = place === undefined ? undefined : below(place)
  const seen = visible('dcim.device', sight)
  return namesOf(
    seen.filter(({ location }) => !places || places.has(String(location))).map(({ name }) => name)
  )
}

/** Each asks something of which the sample network knows the answer for each user. */
const QUESTIONS: readonly ((call: Call, sight: Sight, index: number) => Promise<void>)[] = [
  async (call, sight, index) => {
    const model = MODELS[index % MODELS.length] ?? 'dcim.device'
    const { text } = await call('count', { model })
    expect([sight, model, text.count]).toEqual([sight, model, visible(model, sight).length])
  },
  async (call, sight) => {
    const { text } = await call('find', { model: 'devices', fields: ['name'], limit: 200 })
    expect([sight, namesOf(text.rows)]).toEqual([sight, devicesOf(sight)])
  },
  async (call, sight, index) => {
    const { name } = NETWORK.devices[index % NETWORK.devices.length] ?? expect.fail('no device')
    const { text } = await call('get', { model: 'device', object: name })
    const isVisible = devicesOf(sight).includes(name)
    expect([sight, name, text.object ?? text.error.code]).toEqual([
      sight,
      name,
      isVisible ? name : 'OBJECT_NOT_FOUND'
    ])
  },
  async (call, sight) => {
    const query = '{ devices(limit: 200) { name } }'
    const { text } = await call('query', { query })
    const names = text.data.devices.map(({ name }: { name: string }) => name)
    expect([sight, namesOf(names)]).toEqual([sight, devicesOf(sight)])
  },
  async (call, sight, index) => {
    const place = PLACES[index % PLACES.length] ?? 'AMS01'
    const { text } = await call(saved.tool, { at: [place] })
    const names = text.data.devices.map(({ name }: { name: string }) => name)
    expect([sight, place, namesOf(names)]).toEqual([sight, place, devicesOf(sight, place)])
  },
  async (call, sight) => {
    const { text } = await call('describe', {})
    const sees = String(text.models.extras).includes('objectchange')
    expect([sight, sees]).toEqual([sight, sight === 'everything'])
  },
  async (call, sight) => {
    const { text } = await call('changes', { since: '2 hours', limit: 1 })
    expect([sight, text.error?.code]).toEqual([
      sight,
      sight === 'everything' ? undefined : 'FORBIDDEN'
    ])
  },
  async (call, sight, index) => {
    const place = PLACES[index % PLACES.length] ?? 'AMS01'
    const filters = { location: place }
    const { text } = await call('count', { model: 'devices', filters, group_by: 'location' })
    const { length } = devicesOf(sight, place)
    expect([sight, place, text.count]).toEqual([sight, place, length])
  }
]

test('[T12, S9] two users in 1,000 interleaved calls over one set of caches: each sees their own rows alone', {
  timeout: 1_500_000
}, async () => {
  const shared = connect()
  const users = Object.entries(USERS) as [User, Sight][]
  const runs = Array.from({ length: CALLS / CALLS_PER_RUN }, (_, number) => number).values()
  let calls = 0

  async function run(number: number): Promise<void> {
    const [user, sight] = users[number % users.length] ?? expect.fail('no user')
    if (number % CHANGES_EVERY === 0) {
      shared.userTokens.forgetAll()
      shared.directory.forgetUsers()
    }
    const { call, close } = await openRun(shared, user, number)
    const asked = Array.from({ length: CALLS_PER_RUN }, (_, index) => {
      calls += 1
      const at = number * CALLS_PER_RUN + index
      return QUESTIONS[at % QUESTIONS.length]?.(call, sight, Math.floor(at / QUESTIONS.length))
    })
    await Promise.all(asked)
    await close()
  }

  await Promise.all(
    Array.from({ length: RUNS_AT_A_TIME }, async () => {
      for (const number of runs) await run(number)
    })
  )
  expect(calls).toBe(CALLS)

  const seen = [...proxy.requests]
  const reads = checkWhoAsked(seen, {
    askers: new Map(users.map(([user]) => [apiToken(user), user])),
    owners: await ownersOf(seen),
    askerOf: ({ correlationId = '' }) => correlationId.split('-')[0]
  })
  process.stdout.write(
    `${calls} calls, ${seen.length} requests, ${reads} of them with users' tokens\n`
  )
  expect(reads).toBeGreaterThan(CALLS / 2)
  shared.nautobot.close()
})
