import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import type { UserName } from '../../nautobot-plugin-shim/development/logins.ts'
import { startWorker } from '../../nautobot-plugin-shim/development/worker.ts'
import { say } from '../support/model-steps.ts'
import type { RunningProcess } from '../support/processes.ts'
import { forgerOf } from './support/forged-tokens.ts'
import { restAs } from './support/rest.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const SIDECAR_JOB = 'clean-up-old-checkpoints'
const NAUTOBOT_JOB = 'Clean up old checkpoints'
const MAX_JOB_MS = 40_000
const POLL_INTERVAL_MS = 250
/** Header and claims of a signed token, wherever they may be written. */
const SIGNED_TOKEN = /eyJ[\w-]{10,}\.eyJ/

let service: Service
let worker: RunningProcess

beforeAll(async () => {
  const both = [startWorker(inject('nautobot').environment), startService()] as const
  ;[worker, service] = await Promise.all(both)
})

afterAll(async () => {
  await service?.stop()
  await worker?.stop()
})

interface JobResult {
  readonly id: string
  readonly status: string
  readonly result: unknown
  readonly log: readonly string[]
}

const start = (user: UserName) =>
  restAs(user, `/api/extras/jobs/${encodeURIComponent(NAUTOBOT_JOB)}/run/`, {
    method: 'POST',
    body: '{}'
  })

async function readResult(id: string): Promise<Omit<JobResult, 'log'>> {
  const { body } = await restAs('admin', `/api/extras/job-results/${id}/`)
  return { id, status: (body.status as { value: string }).value, result: body.result }
}

/** Starts the Job over Nautobot's API and waits for its end. */
async function runJob(user: UserName): Promise<JobResult> {
  const started = await start(user)
  expect(started.status, JSON.stringify(started.body)).toBe(201)
  const { id } = started.body.job_result as { id: string }
  const deadline = performance.now() + MAX_JOB_MS
  let result = await readResult(id)
  while (/PENDING|STARTED/.test(result.status) && performance.now() < deadline) {
    await delay(POLL_INTERVAL_MS)
    result = await readResult(id)
  }
  const { body } = await restAs('admin', `/api/extras/job-results/${id}/logs/?limit=50`)
  const lines = (Array.isArray(body) ? body : body.results) as { message: string }[]
  return { ...result, log: lines.map(({ message }) => message) }
}

/** Lets a user run Jobs, and no more, until the test is over. */
async function permitJobs(user: UserName): Promise<void> {
  const { objects } = service
  const { body } = await restAs('admin', `/api/users/users/?username=${user}`)
  const [{ id }] = body.results as [{ id: string }]
  const permission = await objects.create('/users/permissions/', {
    name: 'Runs Jobs',
    object_types: ['extras.job'],
    actions: ['run', 'view'],
    users: [id]
  })
  onTestFinished(() => objects.remove('/users/permissions/', permission))
}

const listAs = (authorization: string) => service.call('/api/v1/jobs', { authorization })

test('is enabled without anybody having enabled it, and run by whom Nautobot lets', async () => {
  const { body } = await restAs('admin', `/api/extras/jobs/${encodeURIComponent(NAUTOBOT_JOB)}/`)
  expect(body).toMatchObject({ enabled: true, installed: true, grouping: 'AI Ops' })

  expect((await start('bob')).status).toBe(403)
})

test('has the sidecar clean up for a user who may run Jobs and not operate it', async () => {
  await permitJobs('bob')
  service.model.answer(() => [say('There are some.')])
  expect((await service.ask(apiToken('alice'), 'How many devices are there?')).status).toBe(200)
  expect((await listAs(apiToken('bob'))).status).toBe(403)

  const { id, status, result, log } = await runJob('bob')

  const sentence = /^Looked at [1-9]\d* conversations; .* freed \d+ bytes\.$/
  expect([status, result]).toEqual(['SUCCESS', expect.stringMatching(sentence)])
  const { jobs } = (await listAs(apiToken('admin'))).body
  const { lastRun } = jobs.find((job: { name: string }) => job.name === SIDECAR_JOB)
  expect(lastRun).toMatchObject({ outcome: 'succeeded', detail: result })
  expect(log).toContain(`Started ${SIDECAR_JOB} at ${service.sidecar.url}.`)
  expect(log).toContain(result)
  const requests = service.sidecar.logs().split('\n')
  const start = requests.filter((line) => line.includes(`"correlationId":"nautobot-job-${id}"`))
  expect(start[0]).toContain('"operation":"jobs.run"')
  expect(start[0]).toContain('"user":"bob"')
  for (const text of [log.join('\n'), worker.output(), service.sidecar.logs()])
    expect(text).not.toMatch(SIGNED_TOKEN)
})

/** A token as Nautobot signs it for its Job, with changes; and what Nautobot does not sign. */
async function jobTokens() {
  const { token, authorization } = await sessionToken('alice')
  const now = Math.floor(Date.now() / 1_000)
  const claims = {
    typ: 'job',
    aud: 'nautobot-ai-ops/job',
    job: SIDECAR_JOB,
    scopes: undefined,
    exp: now + 60
  }
  const genuine = await forgerOf(token).signed(claims)
  return { now, session: authorization, genuine, forger: forgerOf(genuine) }
}

test('opens nothing but its one job with the token that it makes', async () => {
  const { genuine, forger } = await jobTokens()
  const authorization = `Bearer ${genuine}`
  const run = (name: string, token: string) =>
    service.call(`/api/v1/jobs/${name}/run`, { method: 'POST', authorization: `Bearer ${token}` })

  expect((await listAs(authorization)).status).toBe(200)
  expect((await run(SIDECAR_JOB, genuine)).status).toBe(202)
  const refused = {
    'another job': await run('catalog-refresh', genuine),
    'a token for another job': await run(
      SIDECAR_JOB,
      await forger.signed({ job: 'catalog-refresh' })
    ),
    'a question': await service.ask(authorization, 'How many devices are there?'),
    conversations: await service.call('/api/v1/conversations', { authorization }),
    configuration: await service.call('/api/v1/llm-models', { authorization })
  }
  for (const [name, { status, body }] of Object.entries(refused)) {
    expect([name, status, body.error?.code]).toEqual([name, 403, 'FORBIDDEN'])
    expect(body.error.message).toMatch(/^This token may .+\.$/)
  }
})

test('[T13] refuses a token of a Job that Nautobot did not sign so', async () => {
  const { now, session, genuine, forger } = await jobTokens()
  const old = { iat: now - 100, nbf: now - 105 }
  const refused: Record<string, string> = {
    'tampered with': forger.tampered({ job: 'catalog-refresh' }),
    'alg: none': forger.unsigned(),
    'a foreign key': await forger.signedByStranger(),
    expired: await forger.signed({ ...old, exp: now - 40 }),
    'living too long': await forger.signed({ ...old, exp: now + 60 }),
    'of the audience of sessions': await forger.signed({ aud: 'nautobot-ai-ops' }),
    'of the type of sessions': await forger.signed({ typ: 'session', scopes: ['operate'] }),
    'for no job': await forger.signed({ job: undefined })
  }
  for (const [name, token] of Object.entries(refused)) {
    const { status, body } = await listAs(`Bearer ${token}`)
    expect([name, status, body.error?.code]).toEqual([name, 401, 'UNAUTHENTICATED'])
  }
  // A session is not enough where a Job's token is, without the permission.
  expect((await listAs(session)).status).toBe(403)

  const { url, users } = inject('nautobot')
  const exchange = await fetch(`${url}/api/plugins/ai-ops/token-exchange/`, {
    method: 'POST',
    headers: {
      authorization: `Token ${users.service.token}`,
      'content-type': 'application/json'
    },
    body: JSON.stringify({ session_token: genuine })
  })
  expect(exchange.status).toBe(400)
})

test('fails with a sentence that says what to do when the sidecar is not there', async () => {
  await service.sidecar.stop()

  const { status, result, log } = await runJob('admin')

  expect([status, result]).toEqual([
    'FAILURE',
    `The sidecar at ${service.sidecar.url} cannot be reached: check that it runs, and \`sidecar_url\` in PLUGINS_CONFIG.`
  ])
  expect(log).toContain(result)
})
