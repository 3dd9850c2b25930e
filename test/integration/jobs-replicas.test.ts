import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import type { Job, JobRun } from '../../src/jobs/job.ts'
import { createRedisJobCoordinator } from '../../src/jobs/redis-job-coordinator.ts'
import { createScheduler, type SchedulerOptions } from '../../src/jobs/scheduler.ts'
import { type ConnectedRedis, connectRedis } from '../support/redis-connection.ts'
import { type JobReplica, startJobReplica } from './support/job-replicas.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

const LEASE_MS = 1_000
/** Of ticks that come every second. */
const MIN_INTERVAL_MS = 600

function startReplicas(
  count: number,
  options: Partial<Parameters<typeof startJobReplica>[0]> = {}
) {
  const deployment = randomUUID()
  const start = () =>
    startJobReplica({ redisUrl: redis.server.url, deployment, leaseMs: LEASE_MS, ...options })
  return Promise.all(Array.from({ length: count }, start)).then((replicas) => ({
    deployment,
    replicas
  }))
}

const begunIn = (replicas: readonly JobReplica[]) => replicas.flatMap(({ lines }) => lines('begun'))

const standingIn = (deployment: string) =>
  createRedisJobCoordinator({ client: redis.client, deployment }).standing('sweep')

/** The replica that runs the job, and the one that waits. */
async function holderOf(replicas: readonly JobReplica[]) {
  await expect.poll(() => begunIn(replicas).length, { timeout: 5_000 }).toBe(1)
  const [holder, waiting] = [...replicas].sort(
    (one, other) => other.lines('begun').length - one.lines('begun').length
  )
  if (!holder || !waiting) throw new Error('There are not two replicas')
  return { holder, waiting }
}

it('runs each tick in one of three replicas', async () => {
  const { replicas } = await startReplicas(3, { minIntervalMs: MIN_INTERVAL_MS })
  await expect.poll(() => begunIn(replicas).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(4)

  const ends = replicas.flatMap(({ lines }) => lines('ended'))
  const starts = ends.map(({ startedAt = 0 }) => startedAt).sort()
  const gaps = starts.slice(1).map((start, place) => start - (starts[place] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MIN_INTERVAL_MS)
  expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']))
  const skipped = replicas.flatMap(({ lines }) => lines('skipped'))
  expect(skipped.length).toBeGreaterThanOrEqual(2)
})

it('holds the lock for the whole length of a run, far beyond the lease', async () => {
  const { replicas } = await startReplicas(2, { workMs: 4 * LEASE_MS })
  const { holder, waiting } = await holderOf(replicas)
  await expect.poll(() => holder.lines('ended').length, { timeout: 10_000 }).toBe(1)

  expect(begunIn(replicas)).toHaveLength(1)
  const reasons = waiting.lines('skipped').map(({ reason }) => reason)
  expect(reasons.filter((reason) => reason === 'running').length).toBeGreaterThanOrEqual(3)
})

it('lets another replica run the job once the lease of a killed one has lapsed', async () => {
  const { deployment, replicas } = await startReplicas(2, {
    workMs: 60_000,
    minIntervalMs: 3_600_000
  })
  const { holder, waiting } = await holderOf(replicas)
  const { runId } = await standingIn(deployment)
  holder.signal('SIGKILL')
  await holder.process.exited

  await expect
    .poll(async () => (await standingIn(deployment)).lastRun, { timeout: 5_000 })
    .toMatchObject({
      runId,
      outcome: 'failed',
      detail: 'The replica that ran it was not heard of any more.'
    })
  await expect.poll(() => waiting.lines('begun').length, { timeout: 5_000 }).toBe(1)
  const after = await standingIn(deployment)
  expect(after.runId).toEqual(expect.any(String))
  expect(after.runId).not.toBe(runId)
  expect(after.lastRun?.runId).toBe(runId)
})

it('stops the work of a frozen replica that wakes up after its lease', async () => {
  const { deployment, replicas } = await startReplicas(2, { workMs: 8_000 })
  const { holder, waiting } = await holderOf(replicas)
  const first = (await standingIn(deployment)).runId
  holder.signal('SIGSTOP')
  await expect.poll(() => waiting.lines('begun').length, { timeout: 5_000 }).toBe(1)
  const second = (await standingIn(deployment)).runId
  holder.signal('SIGCONT')

  await expect.poll(() => holder.lines('aborted').length, { timeout: 5_000 }).toBe(1)
  expect(holder.lines('ended')).toMatchObject([{ runId: first, outcome: 'stopped' }])
  const standing = await standingIn(deployment)
  expect(standing).toMatchObject({ runId: second, lastRun: { runId: first, outcome: 'failed' } })
  await expect.poll(() => waiting.lines('ended').length, { timeout: 12_000 }).toBe(1)
  expect(waiting.lines('ended')).toMatchObject([{ runId: second, outcome: 'succeeded' }])
})

it('keeps the minimum interval where the clocks of replicas are hours apart', async () => {
  const deployment = randomUUID()
  const common = { redisUrl: redis.server.url, deployment, minIntervalMs: 3_600_000 }
  const replicas = await Promise.all(
    ['+1h', '-1h', '+0h'].map((clock) => startJobReplica({ ...common, clock }))
  )
  await expect
    .poll(() => replicas.map(({ lines }) => lines('skipped').length >= 2), { timeout: 10_000 })
    .toEqual([true, true, true])

  expect(begunIn(replicas)).toHaveLength(1)
  const [ahead, behind] = replicas.map(({ lines }) => lines('ready')[0]?.clock ?? 0)
  expect((ahead ?? 0) - (behind ?? 0)).toBeGreaterThan(7_000_000)
  const { lastRun } = await standingIn(deployment)
  expect(Math.abs((lastRun?.startedAt ?? 0) - Date.now())).toBeLessThan(600_000)
})

/** A scheduler of this process, like a replica's. */
async function createReplica(
  options: {
    deployment: string
    run: Job['run']
    server?: ConnectedRedis
  } & Partial<SchedulerOptions>
) {
  const { deployment, run, server = redis, ...others } = options
  const coordinator = createRedisJobCoordinator({
    ...{ client: await server.connect(), deployment, leaseMs: LEASE_MS, heartbeatMs: 200 }
  })
  const runs: JobRun[] = []
  const skipped: string[] = []
  const scheduler = createScheduler({
    jobs: [
      {
        ...{ name: 'sweep', description: 'Sweeps.', schedule: '* * * * * *', scope: 'deployment' },
        ...{ minIntervalMs: 3_600_000, timeoutMs: 60_000, run }
      }
    ],
    coordinatorOf: () => coordinator,
    onRun: (_job, over) => runs.push(over),
    onSkipped: (_job, reason) => skipped.push(reason),
    onError: () => undefined,
    ...others
  })
  onTestFinished(() => scheduler.close())
  const state = async () => (await scheduler.list())[0]
  return { scheduler, runs, skipped, state }
}

it('runs a job on demand in any replica, and shows the same in each', async () => {
  const deployment = randomUUID()
  const release = Promise.withResolvers<string>()
  const one = await createReplica({ deployment, run: () => release.promise })
  const other = await createReplica({ deployment, run: async () => 'swept 2' })
  const runId = await one.scheduler.run('sweep')

  expect(await other.state()).toMatchObject({ running: true, runId, lastRun: undefined })
  await expect(other.scheduler.run('sweep')).rejects.toMatchObject({
    code: 'JOB_RUNNING',
    details: { runId }
  })
  release.resolve('swept 1')
  await expect.poll(async () => (await other.state())?.running).toBe(false)
  expect(await other.state()).toEqual(await one.state())
  expect((await other.state())?.lastRun).toMatchObject({
    runId,
    outcome: 'succeeded',
    detail: 'swept 1'
  })

  // The interval is for ticks alone.
  const next = await other.scheduler.run('sweep')
  await expect
    .poll(async () => (await one.state())?.lastRun)
    .toMatchObject({ runId: next, detail: 'swept 2' })
})

it('gives every key a time to live, whatever the job is at', async () => {
  const deployment = randomUUID()
  const release = Promise.withResolvers<string>()
  const { scheduler, state } = await createReplica({ deployment, run: () => release.promise })
  const key = `ai-ops:${deployment}:job:sweep`
  await scheduler.run('sweep')
  expect(await redis.client.ttl(key)).toBeGreaterThan(86_400)
  release.resolve('x'.repeat(10_000))
  await expect.poll(async () => (await state())?.running).toBe(false)

  expect(await redis.client.keys(`ai-ops:${deployment}:*`)).toEqual([key])
  expect(await redis.client.ttl(key)).toBeGreaterThan(86_400)
  expect(await redis.client.memory('USAGE', key)).toBeLessThan(2_000)
})

it('runs a job where Redis is full, for a cleanup may be what it needs', async () => {
  const full = await connectRedis()
  onTestFinished(() => full.stop())
  const run = async () => 'swept'
  const { scheduler, state } = await createReplica({ deployment: 'd', run, server: full })
  await full.client.config('SET', 'maxmemory', '100kb')
  await expect(full.client.set('more', 'x')).rejects.toThrow('OOM')

  const runId = await scheduler.run('sweep')
  await expect.poll(async () => (await state())?.lastRun).toMatchObject({ runId, detail: 'swept' })
  expect((await state())?.running).toBe(false)
})

it('lets ticks go by while Redis is gone, refuses demands, stops a run that may have lost its lock, and recovers', async () => {
  const mine = await connectRedis()
  onTestFinished(() => mine.stop())
  const run: Job['run'] = ({ signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const { scheduler, runs, skipped, state } = await createReplica({
    deployment: 'd',
    run,
    server: mine
  })
  await scheduler.run('sweep')
  await mine.server.kill()

  await expect
    .poll(() => runs, { timeout: 10_000 })
    .toMatchObject([{ outcome: 'stopped', detail: 'Redis was out of reach for too long.' }])
  await expect
    .poll(() => scheduler.run('sweep').catch(({ code }) => code))
    .toBe('REDIS_UNAVAILABLE')
  await expect(state()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
  scheduler.start()
  await expect.poll(() => skipped, { timeout: 5_000 }).toContain('unavailable')

  await mine.server.start()
  await expect
    .poll(
      () =>
        state().then(
          (job) => job?.running,
          () => false
        ),
      { timeout: 15_000 }
    )
    .toBe(true)
  await sleep(2 * LEASE_MS)
  expect((await state())?.running).toBe(true)
})
