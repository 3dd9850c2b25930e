import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { runKey, runLogKey } from '../../src/conversations/redis-keys.ts'
import { AppError } from '../../src/errors.ts'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import { Secret } from '../../src/platform/secret.ts'
import { LOG_START } from '../../src/runs/log-place.ts'
import { eventOf } from '../../src/runs/run.ts'
import type { RunPen } from '../../src/runs/run-store.ts'
import { connectRedis } from '../support/redis-connection.ts'
import { FINISHED, MODEL, RUN_ID, recordOf, STARTED, saying } from '../support/run-events.ts'
import {
  checkTimesToLive,
  guarded,
  openRunReplica,
  type RunReplica,
  type RunReplicaOptions
} from '../support/run-replica.ts'

const redis = await connectRedis()
const { client } = redis
const channels = createRedisChannels(await redis.connect())
afterAll(async () => {
  channels.close()
  await redis.stop()
})

const EVENTS = [STARTED, MODEL, ...saying('m1', 'One', ' two')]

function open(change: Partial<RunReplicaOptions> = {}): RunReplica {
  return openRunReplica({ client, channels, ...change })
}

async function write(pen: RunPen): Promise<void> {
  for (const event of EVENTS) pen.append(event)
  await pen.end(FINISHED)
}

function read({ store }: RunReplica, after = LOG_START) {
  return Array.fromAsync(store.read(RUN_ID, after, AbortSignal.timeout(10_000)))
}

const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id)
/** Its claim may be lost before its end is refused. */
const KILLED = /^(REDIS_UNAVAILABLE|CONVERSATION_TAKEN_OVER)$/
const ALL = [...EVENTS, FINISHED].map((_, place) => `1-${place + 1}`)

it('counts what is repeated once: the answer of every command was lost', async () => {
  let lost = Number.NaN
  const losing = guarded(client, async (send) => {
    const answer = await send()
    lost += 1
    if (lost % 2 === 1) throw new Error('Connection is closed.')
    return answer
  })
  const other = open()
  const one = open({ client: losing, deployment: other.deployment })
  const { opening, pen: first } = await one.begin()
  await first.leave()
  lost = 0
  await expect(one.store.open(opening)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
  const pen = await one.store.open(opening)
  expect(pen.createdAt).toBe(first.createdAt)
  await write(pen)

  expect(lost).toBeGreaterThanOrEqual(8)
  expect(idsOf(await read(other))).toEqual(ALL)
  expect(await client.hget(runKey(other.deployment, RUN_ID), 'attempt')).toBe('1')
  expect(await other.store.view(RUN_ID)).toMatchObject({ state: 'succeeded', response: 'One two' })
})

it('tells a reader the end that comes just when it looks whether the run goes on', async () => {
  const one = open()
  const { pen } = await one.begin()
  for (const event of EVENTS) pen.append(event)
  await expect.poll(() => client.xlen(runLogKey(one.deployment, RUN_ID))).toBe(EVENTS.length)
  const late = guarded(client, async (send, name) => {
    if (name === 'hmget') await pen.end(FINISHED).catch(() => undefined)
    return send()
  })
  const other = open({ client: late, deployment: one.deployment })

  expect(idsOf(await read(other))).toEqual(ALL)
})

it('notes once which calls were begun, and none of a run that is gone', async () => {
  const one = open()
  const { pen } = await one.begin()
  expect(await pen.beginCall('c1')).toBe(true)
  expect(await pen.beginCall('c1')).toBe(true)
  await client.del(runKey(one.deployment, RUN_ID))

  await expect(pen.beginCall('c2')).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
  await checkTimesToLive(client, one.deployment)
})

it('forgets an ended run after its time, and keeps nothing of it for longer', async () => {
  const one = open({ keepMs: 1_000 })
  const { pen } = await one.begin()
  await write(pen)
  const keys = [runKey(one.deployment, RUN_ID), runLogKey(one.deployment, RUN_ID)]
  const left = await Promise.all(keys.map((key) => client.pttl(key)))
  expect(Math.min(...left)).toBeGreaterThan(0)
  expect(Math.max(...left)).toBeLessThanOrEqual(1_000)
  expect(await client.hexists(keys[0] ?? '', 'grant')).toBe(0)
  await expect.poll(() => client.exists(...keys), { timeout: 3_000 }).toBe(0)

  expect(await one.store.find(RUN_ID)).toBeUndefined()
  expect(await one.store.view(RUN_ID)).toBeUndefined()
  await expect(read(one)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})

it('removes a run that took days with its conversation, also when another one was asked after it', async () => {
  const one = open()
  const { conversationId, pen } = await one.begin()
  const daysAgo = Date.now() - 3 * 86_400_000
  await client.zadd(`ai-ops:${one.deployment}:runs:${conversationId}`, daysAgo, RUN_ID)
  await write(pen)
  await one.registry.claim('jane', conversationId, 'run-2', 'And?')
  const fence = one.registry.fenceOf(conversationId, 'run-2')
  const record = recordOf({ id: 'run-2', conversationId })
  await one.store.open({ record, fence, grant: new Secret('grant') })
  await one.registry.remove('jane', conversationId)

  expect(await one.store.view(RUN_ID)).toBeUndefined()
})

it('removes the runs of a deleted conversation, and tells their readers', async () => {
  const one = open()
  const other = open({ deployment: one.deployment })
  const { conversationId, pen } = await one.begin()
  for (const event of EVENTS) pen.append(event)
  await expect.poll(async () => (await other.store.view(RUN_ID))?.response).toBe('One two')
  const reading = read(other)
  const local = read(one)
  await Promise.all([
    expect(reading).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' }),
    expect(local).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' }),
    (async () => {
      await sleep(50)
      await other.registry.remove('jane', conversationId)
      pen.append(MODEL)
    })()
  ])

  const keys = await checkTimesToLive(client, one.deployment)
  expect(keys.filter((key) => key.includes(RUN_ID))).toEqual([])
  await expect(pen.end(FINISHED)).rejects.toMatchObject({
    code: expect.stringMatching(/CONVERSATION_(NOT_FOUND|TAKEN_OVER)/)
  })
  expect(pen.lost.aborted).toBe(true)
})

it('refuses all that a frozen owner still writes, and its readers go on with the new attempt', async () => {
  const frozen = open({ claimMs: 1 })
  const other = open({ deployment: frozen.deployment })
  const { conversationId, pen } = await frozen.begin()
  for (const event of EVENTS.slice(0, 3)) pen.append(event)
  await expect.poll(() => client.xlen(runLogKey(frozen.deployment, RUN_ID))).toBe(3)
  const local = read(frozen)
  const far = read(other)
  const run = await other.shared.takeOver(conversationId)
  expect(run?.earlier).toEqual(EVENTS.slice(0, 3))

  await expect(pen.beginCall('c1')).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
  pen.append(EVENTS[3] ?? FINISHED)
  await expect(pen.end(FINISHED)).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
  expect(pen.lost.aborted).toBe(true)
  if (run) await write(run.pen)

  const again = [...EVENTS, FINISHED].map((_, place) => `2-${place + 1}`)
  expect(idsOf(await far)).toEqual(['1-1', '1-2', '1-3', ...again])
  // Its own had seen what could not be kept.
  expect(idsOf(await local)).toEqual(['1-1', '1-2', '1-3', '1-4', ...again])
  expect((await read(frozen)).map(eventOf).at(-1)).toEqual(FINISHED)
})

it('sends a reader of a later attempt on, who comes to a replica that has not heard of it', async () => {
  const frozen = open({ claimMs: 1 })
  const other = open({ deployment: frozen.deployment })
  const { conversationId, pen } = await frozen.begin()
  for (const event of EVENTS) pen.append(event)
  await sleep(5)
  const run = await other.shared.takeOver(conversationId)
  if (run) await write(run.pen)

  const rest = await read(frozen, { attempt: 2, number: 2 })
  expect(idsOf(rest)).toEqual(['2-3', '2-4', '2-5', '2-6', '2-7'])
})

it('does not take over what it answers itself: only its heartbeat was late', async () => {
  const one = open({ claimMs: 1 })
  const { conversationId } = await one.begin()
  await sleep(5)
  expect(await one.registry.lapsed(10)).toEqual([conversationId])

  expect(await one.shared.takeOver(conversationId)).toBeUndefined()
  expect(await one.store.find(RUN_ID)).toMatchObject({ attempt: 1 })
})

it('lets another take a run at once that was claimed and could not be read', async () => {
  const owner = open({ claimMs: 1 })
  const { conversationId, pen } = await owner.begin()
  pen.append(STARTED)
  await sleep(5)
  const blind = guarded(client, async (send, name) => {
    if (name === 'xrange') throw new Error('Connection is closed.')
    return send()
  })
  const one = open({ client: blind, deployment: owner.deployment })
  const other = open({ deployment: owner.deployment })

  await expect(one.shared.takeOver(conversationId)).rejects.toMatchObject({
    code: 'REDIS_UNAVAILABLE'
  })
  expect(one.registry.fenceOf(conversationId, RUN_ID)).toBeUndefined()
  expect(await other.registry.lapsed(10)).toEqual([conversationId])
  expect((await other.shared.takeOver(conversationId))?.pen.attempt).toBe(3)
})

it.each(['refused', 'lost'])(
  'gives every key a time to live whichever command is the last: it was %s',
  async (fate) => {
    for (let last = 0; last < 9; last += 1) {
      let left = last
      const dying = guarded(client, async (send) => {
        left -= 1
        if (left >= 0) return send()
        if (left === -1 && fate === 'lost') await send()
        throw new Error('Connection is closed.')
      })
      const one = open({ client: dying, leaseMs: 0, claimMs: 1 })
      await one
        .begin()
        .then(async ({ pen }) => {
          pen.append(STARTED)
          await pen.beginCall('c1')
          await write(pen)
        })
        .catch((error: unknown) => expect(AppError.from(error).code).toMatch(KILLED))
      await checkTimesToLive(client, one.deployment)
      const other = open({ deployment: one.deployment })
      await sleep(2)
      for (const id of await other.registry.lapsed(10)) {
        const run = await other.shared.takeOver(id)
        if (run) await write(run.pen)
        expect(await other.registry.claim('jane', id, 'run-2', 'And?')).toBe(id)
      }
      await checkTimesToLive(client, one.deployment)
    }
  }
)
