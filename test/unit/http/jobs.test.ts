import { expect, it, onTestFinished } from 'vitest'
import type { Scope } from '../../../src/auth/caller.ts'
import { AppError } from '../../../src/errors.ts'
import { createLocalJobCoordinator } from '../../../src/jobs/job-coordinator.ts'
import { createScheduler } from '../../../src/jobs/scheduler.ts'
import { createCaller, startApp } from '../../support/http-app.ts'

async function setup(run: () => Promise<string>, scopes: Scope[] = ['chat', 'operate']) {
  const coordinator = createLocalJobCoordinator()
  const scheduler = createScheduler({
    jobs: [
      {
        name: 'sweep',
        description: 'Sweeps.',
        schedule: '0 0 1 1 *',
        scope: 'deployment',
        minIntervalMs: 0,
        timeoutMs: 5_000,
        run
      }
    ],
    coordinatorOf: () => coordinator,
    onError: () => undefined
  })
  const app = await startApp({
    scheduler,
    authenticate: async (_authorization, access) => {
      if (!scopes.includes(access === 'jobs' ? 'operate' : access))
        throw new AppError('FORBIDDEN', `Needs ${access}.`)
      return { ...createCaller('alice'), scopes: new Set(scopes) }
    }
  })
  onTestFinished(async () => {
    await app.stop()
    await scheduler.close()
  })
  const ask = async (method: string, path: string) => {
    const response = await fetch(`${app.url}/api/v1/jobs${path}`, { method })
    return { status: response.status, body: await response.json() }
  }
  return { ask, scheduler }
}

it('lists a job, runs it on demand, and lists what came of it', async () => {
  const release = Promise.withResolvers<string>()
  const { ask, scheduler } = await setup(() => release.promise)
  const sweep = {
    name: 'sweep',
    description: 'Sweeps.',
    schedule: '0 0 1 1 *',
    running: false
  }
  expect(await ask('GET', '')).toEqual({ status: 200, body: { jobs: [sweep] } })

  const started = await ask('POST', '/sweep/run')
  const { runId } = started.body
  expect(started).toEqual({
    status: 202,
    body: { job: 'sweep', started: true, runId: expect.stringMatching(/^[0-9a-f-]{36}$/) }
  })
  expect(await ask('GET', '')).toEqual({
    status: 200,
    body: { jobs: [{ ...sweep, running: true, runId }] }
  })
  expect(await ask('POST', '/sweep/run')).toMatchObject({
    status: 409,
    body: { error: { code: 'JOB_RUNNING', details: { runId } } }
  })
  release.resolve('swept')
  await expect.poll(async () => (await scheduler.list())[0]?.running).toBe(false)

  scheduler.start()
  const { body } = await ask('GET', '')
  expect(body.jobs).toEqual([
    {
      ...sweep,
      lastRun: {
        runId,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        durationMs: expect.any(Number),
        outcome: 'succeeded',
        detail: 'swept'
      },
      nextRunAt: expect.stringMatching(/^\d{4}-01-01T00:00:00.000Z$/)
    }
  ])
})

it('knows no other job', async () => {
  const { ask } = await setup(async () => 'done')

  expect(await ask('POST', '/other/run')).toMatchObject({
    status: 404,
    body: { error: { code: 'JOB_NOT_FOUND' } }
  })
})

it('is for operators alone', async () => {
  const { ask } = await setup(async () => 'done', ['chat'])

  expect((await ask('GET', '')).status).toBe(403)
  expect((await ask('POST', '/sweep/run')).status).toBe(403)
})
