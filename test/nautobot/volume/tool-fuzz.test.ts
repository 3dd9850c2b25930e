import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { CLIENTS } from '../../support/door-clients.ts'
import { startProbe } from '../../support/probe.ts'
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts'
import { type CallTool, openTools } from '../../support/tool-client.ts'
import { nautobotAt } from '../support/client.ts'
import { type Answered, makeCalls } from '../support/fuzz/callers.ts'
import { type FilterArgs, type FuzzedCall, fuzzedCalls } from '../support/fuzz/calls.ts'
import * as judge from '../support/fuzz/judge.ts'
import { SAVED_QUERIES } from '../support/fuzz/queries.ts'
import { createOutcomeTable } from '../support/fuzz/table.ts'
import { readWords } from '../support/fuzz/words.ts'
import type {} from '../support/provided.ts'
import { apiToken, startService } from '../support/service.ts'

/** Another seed asks other questions. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_126)
const CALLS = Number(process.env.FUZZ_CALLS ?? 2_000)
const DOOR_CALLS = CALLS / 10
const MAX_IN_FLIGHT = 4
const MAX_IN_FLIGHT_PER_TOKEN = 3
/** One answer in so many is held against that of a user who sees more. */
const COMPARED_EVERY = 5
const MAX_SHOWN = 10
/** Speed is not what is tested here. */
const PATIENCE_MS = 120_000
const CALLERS = 12
/** At the door a call waits for its turn no longer than in the service. */
const DOOR_CALLERS = 4
const MAX_PROBE_MS = 10_000
const USERS = ['alice', 'bob'] as const
type User = (typeof USERS)[number]
const userOf = (index: number): User => USERS[index % 2] ?? 'bob'

const closing: (() => unknown)[] = []
let proxy: RecordingProxy
let tools: Record<User, CallTool>

/** The users share a client and what is known of Nautobot, as in the service. */
beforeAll(async () => {
  const { url, users } = inject('nautobot')
  proxy = await startRecordingProxy(url)
  closing.push(proxy.stop)
  const nautobot = nautobotAt(proxy.url, {
    publicUrl: url,
    timeoutMs: PATIENCE_MS,
    maxInFlight: MAX_IN_FLIGHT,
    maxInFlightPerToken: MAX_IN_FLIGHT_PER_TOKEN,
    maxQueueWaitMs: PATIENCE_MS
  })
  closing.push(nautobot.close)
  const directory = createModelDirectory()
  const open = async (user: User) => {
    const { token } = users[user]
    const savedQueries = SAVED_QUERIES
    const who = { userId: user, token, directory, savedQueries, timeoutMs: PATIENCE_MS }
    const opened = await openTools(nautobot, who)
    closing.push(opened.close)
    return opened.call
  }
  tools = { alice: await open('alice'), bob: await open('bob') }
})
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

/** What the judges count is counted once. */
function createCounts() {
  const known = new Map<string, Promise<number | undefined>>()
  return (user: User) => (model: unknown, filters: FilterArgs) => {
    const key = JSON.stringify([user, model, filters])
    const ask = async () => {
      const { isError, text } = await tools[user]('count', { model, filters })
      return isError ? undefined : Number(text.count)
    }
    const counted = known.get(key) ?? ask()
    known.set(key, counted)
    return counted
  }
}

function createJudge() {
  const counts = createCounts()
  return async (call: FuzzedCall, answer: Answered, index: number) => {
    const user = userOf(index)
    judge.judgeForm(call, answer)
    judge.judgeWrong(call, answer)
    await judge.judgeSame(call, answer, counts(user))
    await judge.judgeBreadth(call, answer, counts(user))
    if (user === 'alice' || answer.isError || index % COMPARED_EVERY > 0) return
    if (['count', 'query'].includes(call.tool))
      judge.judgeRights(call, answer, await tools.alice(call.tool as 'count', call.args))
  }
}

async function watch(work: () => Promise<unknown[]>, through: RecordingProxy) {
  const { url, users } = inject('nautobot')
  const probe = startProbe(`${url}/api/dcim/manufacturers/?limit=1`, users.admin.token)
  through.forget()
  const startedAt = performance.now()
  const wrong = await work()
  const seconds = (performance.now() - startedAt) / 1_000
  const probes = await probe.stop()
  const { requests, busiest } = through
  process.stdout.write(
    `seed ${SEED}: ${seconds.toFixed(1)} s, ${requests.length} requests to Nautobot; most in flight: ` +
      `${busiest.all}, of one token ${busiest.ofOneToken}; ${probes.length} probes, slowest ${Math.max(...probes)} ms\n`
  )
  expect(wrong.slice(0, MAX_SHOWN)).toEqual([])
  expect(busiest.all).toBeLessThanOrEqual(MAX_IN_FLIGHT)
  expect(busiest.ofOneToken).toBeLessThanOrEqual(MAX_IN_FLIGHT_PER_TOKEN)
  expect(Math.max(...probes)).toBeLessThan(MAX_PROBE_MS)
  expect(probes.length).toBeGreaterThan(seconds * 2)
}

test('[T15] 2,000 calls of all kinds get no broken and no broader answer, and Nautobot stays free for others', {
  timeout: 1_500_000
}, async () => {
  const calls = fuzzedCalls(await readWords(tools.alice), CALLS, SEED)
  const table = createOutcomeTable()
  const ask = ({ tool, args }: FuzzedCall, index: number, signal: AbortSignal) =>
    tools[userOf(index)](tool as 'count', args, signal)
  await watch(() => makeCalls({ calls, ask, judge: createJudge(), table, callers: CALLERS }), proxy)
  table.print()

  // Neither all right nor all wrong.
  expect(table.count('answered')).toBeGreaterThan(CALLS / 5)
  expect(table.count('INVALID_REQUEST')).toBeGreaterThan(CALLS / 5)
  for (const outcome of ['FORBIDDEN', 'OBJECT_NOT_FOUND', 'left'])
    expect([outcome, table.count(outcome)]).not.toEqual([outcome, 0])
})

/** A body that no tool gets to see: it is too deep. */
function refusedAtTheDoor(error: unknown): Answered {
  const { status, text = '{}' } =
    (error as { data?: { status?: number; text?: string } }).data ?? {}
  if (status !== 400) throw error
  return { isError: true, text: { error: JSON.parse(text).error.data } }
}

test('[T15] the door for other clients answers the same kinds of calls as well', {
  timeout: 1_200_000
}, async () => {
  const service = await startService({
    env: {
      AI_OPS_NAUTOBOT_MAX_IN_FLIGHT: String(MAX_IN_FLIGHT),
      AI_OPS_NAUTOBOT_TIMEOUT_SECONDS: String(PATIENCE_MS / 1_000),
      AI_OPS_NAUTOBOT_MAX_IN_FLIGHT_PER_USER: String(MAX_IN_FLIGHT_PER_TOKEN),
      AI_OPS_RATE_LIMIT_PER_MINUTE: '1000000'
    }
  })
  closing.push(service.stop)
  const [, , connect] = CLIENTS[2] ?? expect.fail('no client')
  const doors = {
    alice: await connect(service.sidecar.url, { authorization: apiToken('alice') }),
    bob: await connect(service.sidecar.url, { authorization: apiToken('bob') })
  }
  const words = await readWords(tools.alice)
  const calls = fuzzedCalls(words, DOOR_CALLS, SEED + 1).filter(
    ({ tool }) => !tool.startsWith('saved_')
  )
  const table = createOutcomeTable()
  const ask = ({ tool, args }: FuzzedCall, index: number, signal: AbortSignal) =>
    doors[userOf(index)].call(tool, args, { signal }).catch(refusedAtTheDoor)
  const options = { calls, ask, judge: createJudge(), table, callers: DOOR_CALLERS }
  await watch(() => makeCalls(options), service.proxy)
  table.print()

  expect(table.count('answered')).toBeGreaterThan(DOOR_CALLS / 10)
  expect(service.sidecar.logs()).not.toMatch(/"level":"error"|unhandled/i)
  for (const door of Object.values(doors)) await door.close()
})
