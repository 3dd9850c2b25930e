import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { say } from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { ask, refusalOf, send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const JOB = 'clean-up-old-checkpoints'
const RUN = `/api/v1/jobs/${JOB}/run`

let redis: RunningRedis
let model: ScriptedModel

beforeAll(async () => {
  redis = await startRedis()
  model = await startScriptedModel({ respond: () => [say('Understood.')] })
})
afterAll(async () => {
  await model.stop()
  await redis.stop()
})

async function start(env: Readonly<Record<string, string>> = {}): Promise<LabSidecar> {
  const service = await startLabSidecar(model.url, env)
  onTestFinished(() => service.stop())
  return service
}

async function jobOf({ url }: LabSidecar, name = JOB) {
  const { jobs } = await (await fetch(`${url}/api/v1/jobs`)).json()
  return jobs.find((job: { name: string }) => job.name === name)
}

/** Starts the job and waits until it is over. */
async function clean(service: LabSidecar) {
  const response = await send(service.url, { path: RUN })
  expect(response.status).toBe(202)
  const { runId } = await response.json()
  await expect.poll(async () => (await jobOf(service)).lastRun?.runId).toBe(runId)
  return (await jobOf(service)).lastRun
}

const metricsOf = async ({ url }: LabSidecar) => (await fetch(`${url}/metrics`)).text()

it('cleans up for all replicas, and every one of them shows what came of it', async () => {
  const environment = { REDIS_URL: redis.url, AI_OPS_CONVERSATIONS_PER_USER: '2' }
  const [one, other] = await Promise.all([
    start({ ...environment, AI_OPS_CONVERSATIONS_PER_USER: '5' }),
    start(environment)
  ])
  for (let i = 0; i < 4; i += 1) await ask(one.url, { message: `Question ${i}` })

  const lastRun = await clean(other)

  expect(lastRun).toMatchObject({ outcome: 'succeeded' })
  expect(lastRun.detail).toMatch(
    /^Looked at 4 conversations; deleted 0 by age, 2 beyond the limit per user; struck off 0 that had expired; collected \d+ checkpoints, \d+ contents; freed [1-9]\d* bytes\.$/
  )
  expect((await jobOf(one)).lastRun).toEqual(lastRun)
  const { conversations } = await (await fetch(`${one.url}/api/v1/conversations`)).json()
  expect(conversations.map(({ title }: { title: string }) => title)).toEqual([
    'Question 3',
    'Question 2'
  ])
  for (const service of [one, other]) {
    const metrics = await metricsOf(service)
    expect(metrics).toContain('\nai_ops_conversations 2\n')
    expect(metrics).toMatch(/\nai_ops_conversation_bytes [1-9]\d*\n/)
  }
  // What concerns one process alone is told by that process alone; the other may have run its own meanwhile.
  const response = await send(one.url, { path: '/api/v1/jobs/catalog-refresh/run' })
  const { runId } = await response.json()
  const refreshed = async (service: LabSidecar) =>
    (await jobOf(service, 'catalog-refresh')).lastRun?.runId
  await expect.poll(() => refreshed(one)).toBe(runId)
  expect(await refreshed(other)).not.toBe(runId)
})

it('cleans up what a process keeps in its memory too', async () => {
  const service = await start()
  await ask(service.url, { message: 'Hello' })

  expect(await clean(service)).toMatchObject({
    outcome: 'succeeded',
    detail: expect.stringMatching(/^Looked at 1 conversations; deleted 0 by age/)
  })
})

it('refuses to run the job without Redis, stays ready, and runs it when Redis is back', async () => {
  const mine = await startRedis()
  onTestFinished(() => mine.stop())
  const service = await start({ REDIS_URL: mine.url })
  await clean(service)
  await mine.kill()

  const code = async (method: string, path: string, documented: string) =>
    (await refusalOf(await send(service.url, { method, path }), documented)).code
  const run = () => code('POST', RUN, 'post /api/v1/jobs/{name}/run')
  await expect.poll(run).toBe('REDIS_UNAVAILABLE')
  expect(await code('GET', '/api/v1/jobs', 'get /api/v1/jobs')).toBe('REDIS_UNAVAILABLE')
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${service.url}/metrics`)).status).toBe(200)

  await mine.start()
  await expect
    .poll(async () => (await send(service.url, { path: RUN })).status, { timeout: 15_000 })
    .toBe(202)
})
