import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { runLogKey } from '../../src/conversations/redis-keys.ts'
import { AppError } from '../../src/errors.ts'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import { withEnds } from '../../src/runs/log-ends.ts'
import { LOG_START, type LogPlace } from '../../src/runs/log-place.ts'
import { withStart } from '../../src/runs/log-start.ts'
import { eventOf, type LoggedEvent } from '../../src/runs/run.ts'
import { outcomeOf, type RunPen } from '../../src/runs/run-store.ts'
import { readAsForeignClient } from '../support/ag-ui-client.ts'
import { connectRedis } from '../support/redis-connection.ts'
import {
  CONVERSATION_ID,
  calling,
  FINISHED,
  MODEL,
  QUESTION,
  RUN_ID,
  returning,
  STARTED,
  saying
} from '../support/run-events.ts'
import {
  checkOrder,
  checkTimesToLive,
  openRunReplica,
  type RunReplica,
  type RunReplicaOptions
} from '../support/run-replica.ts'

const MAX_LOG_EVENTS = 20

const redis = await connectRedis()
const { client } = redis
const channels = createRedisChannels(await redis.connect())
afterAll(async () => {
  channels.close()
  await redis.stop()
})

/** Far more than the log may hold: a text and a call, again and again. */
const ROUNDS = Array.from({ length: 25 }, (_, place): AgentEvent[] => [
  ...saying(`m${place}`, `Round `, `${place}`),
  ...calling(`c${place}`, `m${place}`),
  ...returning(`c${place}`, `result ${place}`, place % 5 === 0)
])
const EVENTS = [STARTED, MODEL, ...ROUNDS.flat(), ...saying('last', 'Done.')]
const TEXT = { role: 'assistant' } as const
const WHOLE = outcomeOf([...EVENTS, FINISHED])

function open(change: Partial<RunReplicaOptions> = {}): RunReplica {
  return openRunReplica({ client, channels, maxLogEvents: MAX_LOG_EVENTS, ...change })
}

function read({ store }: RunReplica, after: LogPlace = LOG_START) {
  return store.read(RUN_ID, after, AbortSignal.timeout(10_000))
}

/** As the service tells it to whoever reads from the start. */
function told(replica: RunReplica) {
  return Array.fromAsync(
    withEnds(withStart({ id: RUN_ID, conversationId: CONVERSATION_ID }, read(replica)))
  )
}

async function write(pen: RunPen, events: readonly AgentEvent[] = EVENTS): Promise<void> {
  for (const [place, event] of events.entries()) {
    pen.append(event)
    if (place % 7 === 0) await sleep(1)
  }
}

const nameOf = (event: AgentEvent) => (event.type === 'CUSTOM' ? event.name : event.type)
const namesOf = (events: readonly LoggedEvent[]) => events.map((one) => nameOf(eventOf(one)))

it('ends with the same state for every reader of a log that was cut, wherever they began', async () => {
  const one = open()
  const other = open({ deployment: one.deployment })
  const { pen } = await one.begin()
  const stayed = [told(one), told(other)]
  await write(pen, EVENTS.slice(0, 12))
  const seen = EVENTS.slice(0, 5)
  await write(pen, EVENTS.slice(12))
  await pen.end(FINISHED)
  const late = await told(other)
  const back = await Array.fromAsync(read(other, { attempt: 1, number: 5 }))

  expect(namesOf(back).slice(0, 4)).toEqual(['log_cut', 'MESSAGES_SNAPSHOT', 'model', 'tool_call'])
  expect(namesOf(late).slice(0, 3)).toEqual(['RUN_STARTED', 'log_cut', 'MESSAGES_SNAPSHOT'])
  expect(eventOf(back[1] as LoggedEvent)).toMatchObject({
    messages: expect.arrayContaining([QUESTION, { ...TEXT, id: 'last', content: 'Done.' }])
  })
  expect(outcomeOf([...seen, ...back.map(eventOf)])).toEqual(WHOLE)
  for (const events of [late, ...(await Promise.all(stayed))]) {
    expect(outcomeOf(events.map(eventOf))).toEqual(WHOLE)
    expect((await readAsForeignClient(events.map(eventOf))).failure).toBeUndefined()
  }
  expect(await one.store.view(RUN_ID)).toMatchObject({ ...WHOLE, endedAt: expect.any(String) })
})

it('tells readers at every place of a log that was cut what is left of it', async () => {
  const one = open()
  const { pen } = await one.begin()
  await write(pen)
  await pen.end(FINISHED)
  const [first] = await Array.fromAsync(read(one))
  const begin = Number(first?.id.split('-')[1])
  expect(begin).toBeGreaterThan(EVENTS.length - MAX_LOG_EVENTS)

  for (let number = 0; number < begin; number += 10) {
    const events = await Array.fromAsync(read(one, { attempt: 1, number }))
    expect(events[0]).toEqual(first)
    expect(outcomeOf([...EVENTS.slice(0, 2), ...events.map(eventOf)])).toEqual(WHOLE)
  }
})

it('keeps the log short while it grows, and never without a time to live', async () => {
  const one = open()
  const { pen } = await one.begin()
  let longest = 0
  for (const round of [EVENTS.slice(0, 2), ...ROUNDS]) {
    await write(pen, round)
    longest = Math.max(longest, await client.xlen(runLogKey(one.deployment, RUN_ID)))
    await checkTimesToLive(client, one.deployment)
  }
  await pen.end(FINISHED)

  // What is kept of a cut is the state: a note on each call.
  expect(longest).toBeLessThan(2 * MAX_LOG_EVENTS + ROUNDS.length + 10)
  const last = await Array.fromAsync(read(one))
  checkOrder(last)
  expect(namesOf(last).at(-1)).toBe('RUN_FINISHED')
})

it('lets another replica go on after a cut, and knows the results that were shown', async () => {
  const one = open({ claimMs: 1 })
  const other = open({ deployment: one.deployment })
  const { conversationId, pen } = await one.begin()
  await write(pen, EVENTS.slice(0, 60))
  const far = told(other)
  await expect
    .poll(async () => (await client.xrevrange(runLogKey(one.deployment, RUN_ID), '+', '-'))[0]?.[0])
    .toMatch(/^1-/)
  await pen.leave()
  const run = await other.shared.takeOver(conversationId)
  expect(run?.earlier.map(nameOf).slice(0, 2)).toEqual(['log_cut', 'MESSAGES_SNAPSHOT'])
  await write(run?.pen ?? pen, [
    { type: 'MESSAGES_SNAPSHOT', messages: [QUESTION] },
    ...EVENTS.slice(1)
  ])
  await run?.pen.end(FINISHED)

  expect(outcomeOf((await far).map(eventOf))).toEqual(WHOLE)
  expect((await readAsForeignClient((await far).map(eventOf))).failure).toBeUndefined()
})

it('cuts nothing while the conversation cannot be read, and loses nothing then', async () => {
  const one = open({
    history: async () => {
      throw new AppError('REDIS_UNAVAILABLE', 'Gone.')
    }
  })
  const { pen } = await one.begin()
  await write(pen)
  await pen.end(FINISHED)

  expect((await Array.fromAsync(read(one))).map(eventOf)).toEqual([...EVENTS, FINISHED])
})
