import { expect, it, onTestFinished } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import type { Job, JobRun } from '../../../src/jobs/job.ts'
import {
  createLocalJobCoordinator,
  type JobCoordinator,
  JobLost
} from '../../../src/jobs/job-coordinator.ts'
import { createScheduler } from '../../../src/jobs/scheduler.ts'

interface Setup {
  run?: Job['run']
  schedule?: string
  minIntervalMs?: number
  timeoutMs?: number
  coordinator?: JobCoordinator
  closeTimeoutMs?: number
}

function setup({
  run = async () => 'done',
  schedule = '0 0 1 1 *',
  minIntervalMs = 0,
  timeoutMs = 5_000,
  coordinator = createLocalJobCoordinator(),
  closeTimeoutMs = 2_000
}: Setup) {
  const runs: [string, JobRun][] = []
  const errors: unknown[] = []
  const skipped: unknown[] = []
  const scheduler = createScheduler({
    jobs: [
      {
        ...{ name: 'sweep', description: 'Sweeps.', schedule, minIntervalMs, timeoutMs, run },
        scope: 'deployment'
      }
    ],
    coordinatorOf: () => coordinator,
    onRun: ({ name }, over) => runs.push([name, over]),
    onSkipped: (_name, reason, error) => skipped.push([reason, error]),
    onError: (_name, error) => errors.push(error),
    closeTimeoutMs
  })
  onTestFinished(() => scheduler.close())
  const ended = (times: number) => expect.poll(() => runs.length).toBe(times)
  const state = async () => (await scheduler.list())[0]
  return { scheduler, runs, errors, skipped, ended, state }
}

it('runs a job when its time has come', async () => {
  const { scheduler, ended, state } = setup({ schedule: '* * * * * *' })
  expect((await state())?.lastRun).toBeUndefined()
  scheduler.start()
  const before = Date.now()

  expect((await state())?.nextRunAt).toBeGreaterThan(before - 1)
  expect((await state())?.nextRunAt).toBeLessThanOrEqual(before + 1_001)
  await ended(1)
  expect(await state()).toMatchObject({
    name: 'sweep',
    description: 'Sweeps.',
    schedule: '* * * * * *',
    lastRun: { outcome: 'succeeded', detail: 'done' }
  })
})

it('begins a run on demand, shows it, and keeps what came of it', async () => {
  const release = Promise.withResolvers<string>()
  const { scheduler, runs, ended, state } = setup({ run: () => release.promise })

  const runId = await scheduler.run('sweep')
  expect(await state()).toMatchObject({ running: true, runId, lastRun: undefined })
  release.resolve('swept 3')
  await ended(1)

  await expect.poll(async () => (await state())?.running).toBe(false)
  expect((await state())?.lastRun).toEqual(runs[0]?.[1])
  expect(runs[0]).toEqual([
    'sweep',
    {
      runId,
      startedAt: expect.any(Number),
      durationMs: expect.any(Number),
      outcome: 'succeeded',
      detail: 'swept 3'
    }
  ])
})

it('refuses a second run while one is under way, here or elsewhere', async () => {
  const release = Promise.withResolvers<string>()
  const coordinator = createLocalJobCoordinator()
  const here = setup({ run: () => release.promise, coordinator })
  const elsewhere = setup({ coordinator })
  const runId = await here.scheduler.run('sweep')

  const refusal = { code: 'JOB_RUNNING', details: { runId } }
  await expect(here.scheduler.run('sweep')).rejects.toMatchObject(refusal)
  await expect(elsewhere.scheduler.run('sweep')).rejects.toMatchObject(refusal)
  expect(await elsewhere.state()).toMatchObject({ running: true, runId })

  release.resolve('done')
  await expect.poll(async () => (await here.state())?.running).toBe(false)
  await elsewhere.scheduler.run('sweep')
  await elsewhere.ended(1)
})

it('knows no other job', async () => {
  await expect(setup({}).scheduler.run('other')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
})

it.each([
  [new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot is down.'), 'Nautobot is down.'],
  [new Error('password=hunter2'), 'Something went wrong in this job.']
])('keeps a failure in words fit to be shown, and logs the rest: %s', async (error, detail) => {
  const { scheduler, errors, ended, state } = setup({
    run: async () => {
      throw error
    }
  })
  await scheduler.run('sweep')
  await ended(1)

  expect((await state())?.lastRun).toMatchObject({ outcome: 'failed', detail })
  expect(errors).toEqual([error])
})

it('cuts a long detail', async () => {
  const { scheduler, ended, state } = setup({ run: async () => 'x'.repeat(501) })
  await scheduler.run('sweep')
  await ended(1)

  expect((await state())?.lastRun?.detail).toHaveLength(500)
})

it('aborts a run at its time limit', async () => {
  const { scheduler, ended, state } = setup({
    timeoutMs: 20,
    run: ({ signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason))
      )
  })
  await scheduler.run('sweep')
  await ended(1)

  expect((await state())?.lastRun).toMatchObject({
    outcome: 'timed-out',
    detail: 'It took longer than 0.02 seconds.'
  })
})

it('does not begin again before a run that ignores its time limit has truly ended', async () => {
  const release = Promise.withResolvers<string>()
  const { scheduler, runs, ended, state } = setup({ timeoutMs: 10, run: () => release.promise })
  await scheduler.run('sweep')
  await ended(1)
  expect(runs[0]?.[1].outcome).toBe('timed-out')
  await expect(scheduler.run('sweep')).rejects.toMatchObject({ code: 'JOB_RUNNING' })

  release.resolve('late')
  await expect.poll(async () => (await state())?.running).toBe(false)
  expect(runs).toHaveLength(1)
})

it('tells of a coordinator that fails, and is ready for the next tick', async () => {
  const refused = new Error('no Redis')
  const local = createLocalJobCoordinator()
  let isUp = false
  const { scheduler, skipped, ended, state } = setup({
    schedule: '* * * * * *',
    coordinator: {
      ...local,
      claim: (request) => (isUp ? local.claim(request) : Promise.reject(refused))
    }
  })
  scheduler.start()
  await expect.poll(() => skipped.length, { timeout: 2_000 }).toBeGreaterThan(0)

  expect(skipped[0]).toEqual(['unavailable', refused])
  expect((await state())?.running).toBe(false)
  isUp = true
  await ended(1)
})

it('aborts what runs when closed, and waits for it', async () => {
  let ended = false
  const end = (resolve: (detail: string) => void) => {
    ended = true
    resolve('late')
  }
  const { scheduler, runs } = setup({
    run: ({ signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(end, 20, resolve)))
  })
  await scheduler.run('sweep')
  await scheduler.close()

  expect(ended).toBe(true)
  expect(runs[0]?.[1]).toMatchObject({ outcome: 'stopped' })
  await expect(scheduler.run('sweep')).rejects.toMatchObject({ code: 'DRAINING' })
  await scheduler.close()
})

it('does not wait longer than allowed for a job that ignores its signal', async () => {
  const { scheduler } = setup({ run: () => new Promise(() => undefined), closeTimeoutMs: 30 })
  await scheduler.run('sweep')
  const asked = performance.now()
  await scheduler.close()

  expect(performance.now() - asked).toBeLessThan(10_000)
})

it('ticks no more once closed', async () => {
  const { scheduler, runs, state } = setup({ schedule: '* * * * * *' })
  scheduler.start()
  await scheduler.close()
  await new Promise((resolve) => setTimeout(resolve, 1_100))

  expect(runs).toHaveLength(0)
  expect((await state())?.nextRunAt).toBeUndefined()
})

it('lets ticks go by that come too soon after a start, and no demand', async () => {
  const { scheduler, skipped, ended, runs } = setup({
    schedule: '* * * * * *',
    minIntervalMs: 60_000
  })
  await scheduler.run('sweep')
  await ended(1)
  scheduler.start()
  await expect.poll(() => skipped, { timeout: 2_000 }).toContainEqual(['too-soon', undefined])
  expect(runs).toHaveLength(1)

  await scheduler.run('sweep')
  await ended(2)
})

it('stops a run whose claim is lost, and keeps nothing of it', async () => {
  const local = createLocalJobCoordinator()
  const losing = new AbortController()
  let isAborted = false
  const { scheduler, runs, ended, state } = setup({
    coordinator: {
      ...local,
      async claim(request) {
        const answer = await local.claim(request)
        if (answer.kind !== 'claimed') return answer
        return { kind: 'claimed', claim: { ...answer.claim, lost: losing.signal } }
      }
    },
    run: ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          isAborted = true
          resolve('late')
        })
      )
  })
  await scheduler.run('sweep')
  losing.abort(new JobLost('Another replica runs it now.'))
  await ended(1)

  expect(isAborted).toBe(true)
  expect(runs[0]?.[1]).toMatchObject({
    outcome: 'stopped',
    detail: 'Another replica runs it now.'
  })
  expect((await state())?.lastRun).toBeUndefined()
})
