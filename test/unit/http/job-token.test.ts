import { expect, it, onTestFinished } from 'vitest'
import { createAuthenticator } from '../../../src/auth/authenticator.ts'
import { createLocalJobCoordinator } from '../../../src/jobs/job-coordinator.ts'
import { createScheduler } from '../../../src/jobs/scheduler.ts'
import { jobToken, makeKey, serviceToken, startFakeShim } from '../../support/fake-shim.ts'
import { startApp } from '../../support/http-app.ts'

const key = await makeKey('key-1')

interface Operation {
  readonly operationId: string
  readonly security: readonly unknown[]
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** The whole surface before the real authenticator; the caller has a token for the job `sweep`. */
async function setup() {
  const { nautobot } = await startFakeShim({ keys: [key] })
  const ran: string[] = []
  const jobs = ['sweep', 'other'].map((name) => ({
    name,
    description: '',
    schedule: '0 0 1 1 *',
    scope: 'replica' as const,
    minIntervalMs: 0,
    timeoutMs: 5_000,
    run: async () => {
      ran.push(name)
      return 'done'
    }
  }))
  const coordinator = createLocalJobCoordinator()
  const scheduler = createScheduler({
    jobs,
    coordinatorOf: () => coordinator,
    onError: () => undefined
  })
  const authenticate = createAuthenticator({ nautobot, serviceToken })
  const app = await startApp({ authenticate, scheduler })
  onTestFinished(async () => {
    await app.stop()
    await scheduler.close()
  })
  const authorization = `Bearer ${await jobToken(key, 'sweep')}`
  const ask = async (method: string, path: string) => {
    const response = await fetch(app.url + path, { method, headers: { authorization } })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
  }
  return { ask, ran }
}

it('lists jobs and runs the one of its token', async () => {
  const { ask, ran } = await setup()

  expect((await ask('GET', '/api/v1/jobs')).status).toBe(200)
  expect((await ask('POST', '/api/v1/jobs/sweep/run')).status).toBe(202)
  expect(ran).toEqual(['sweep'])
})

it('runs no other job, known or not', async () => {
  const { ask, ran } = await setup()

  for (const name of ['other', 'unknown']) {
    const { status, body } = await ask('POST', `/api/v1/jobs/${name}/run`)
    expect([name, status, body.error.code]).toEqual([name, 403, 'FORBIDDEN'])
    expect(body.error.message).toBe('This token may run sweep and no other job.')
  }
  expect(ran).toEqual([])
})

it('opens no other route of the service', async () => {
  const { ask } = await setup()
  const { paths } = (await ask('GET', '/openapi.json')).body as Document
  const closed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security.length > 0)
      .map(([method, { operationId }]) => ({ path, method: method.toUpperCase(), operationId }))
  )
  const refused: string[] = []
  for (const { path, method, operationId } of closed) {
    const { status, body } = await ask(method, path.replaceAll(/\{\w+\}/g, 'sweep'))
    const sentence = 'This token may list jobs and run sweep, nothing else.'
    if (status === 403 && body.error.message === sentence) refused.push(operationId)
  }

  const open = closed.map(({ operationId }) => operationId).filter((id) => !refused.includes(id))
  expect(open.sort()).toEqual(['jobs.list', 'jobs.run'])
  expect(refused.length).toBeGreaterThan(20)
})
