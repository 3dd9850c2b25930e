import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startWorker } from '../../nautobot-plugin-shim/development/worker.ts'
import { type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import type { RunningProcess } from '../support/processes.ts'
import { restAs } from './support/rest.ts'
import { apiToken, type Service, startService } from './support/service.ts'

const LIST = '/plugins/ai-ops/mcp-servers/'
const NAUTOBOT_JOB = 'MCP Server Health Check'
const MAX_WAIT_MS = 40_000

let service: Service
let worker: RunningProcess
let tools: FaultMcpServer
let id: string

beforeAll(async () => {
  tools = await startFaultMcpServer()
  const both = [startWorker(inject('nautobot').environment), startService()] as const
  ;[worker, service] = await Promise.all(both)
  id = await service.objects.create(LIST, {
    name: 'Watched',
    status: 'Healthy',
    remote_url: tools.url
  })
})
afterAll(async () => {
  await service?.objects.remove(LIST, id)
  await service?.stop()
  await worker?.stop()
  await tools?.stop()
})

async function statusIn(nautobotPath: string): Promise<string> {
  const { body } = await restAs('admin', `/api${nautobotPath}${id}/?depth=1`)
  return (body.status as { name: string }).name
}

const setStatus = (status: string) =>
  restAs('admin', `/api${LIST}${id}/`, { method: 'PATCH', body: JSON.stringify({ status }) })

const seen = async () => {
  const { body } = await service.call(`/api/v1/mcp-servers/${id}`, {
    authorization: apiToken('admin')
  })
  return body.health
}

test('writes Failed and Healthy into Nautobot as an operator looks, and nobody else may', async () => {
  const check = (user: 'admin' | 'bob') =>
    service.call(`/api/v1/mcp-servers/${id}/check`, {
      method: 'POST',
      authorization: apiToken(user)
    })
  expect((await check('bob')).status).toBe(403)
  expect((await check('admin')).body).toMatchObject({ ok: true, tools: 1 })
  expect(await statusIn(LIST)).toBe('Healthy')

  tools.misbehave(() => ({ kind: 'status', status: 502 }))
  const failed = (await check('admin')).body
  expect(failed).toMatchObject({ ok: false, problem: 'it answered 502.' })
  expect(failed.lastSeenAt).toEqual(expect.any(String))
  expect(await statusIn(LIST)).toBe('Failed')
  expect(await seen()).toMatchObject({ ok: false, problem: 'it answered 502.' })

  tools.misbehave(() => undefined)
  await check('admin')
  expect(await statusIn(LIST)).toBe('Healthy')
})

test('leaves Maintenance alone', async () => {
  await setStatus('Maintenance')
  tools.misbehave(() => ({ kind: 'status', status: 502 }))
  const path = `/api/v1/mcp-servers/${id}/check`
  await service.call(path, { method: 'POST', authorization: apiToken('admin') })

  expect(await statusIn(LIST)).toBe('Maintenance')
  tools.misbehave(() => undefined)
  await setStatus('Healthy')
})

test('is started by the Nautobot Job of that name, which is enabled from the start', async () => {
  const path = `/api/extras/jobs/${encodeURIComponent(NAUTOBOT_JOB)}/`
  const { body: job } = await restAs('admin', path)
  expect(job).toMatchObject({ enabled: true, installed: true, grouping: 'AI Ops' })

  const started = await restAs('admin', `${path}run/`, { method: 'POST', body: '{}' })
  expect(started.status, JSON.stringify(started.body)).toBe(201)
  const result = started.body.job_result as { id: string }
  const deadline = performance.now() + MAX_WAIT_MS
  let body = (await restAs('admin', `/api/extras/job-results/${result.id}/`)).body
  while (/PENDING|STARTED/.test((body.status as { value: string }).value)) {
    expect(performance.now()).toBeLessThan(deadline)
    await delay(250)
    body = (await restAs('admin', `/api/extras/job-results/${result.id}/`)).body
  }

  expect([(body.status as { value: string }).value, body.result]).toEqual([
    'SUCCESS',
    expect.stringMatching(/^\d+ of \d+ MCP servers answer\./)
  ])
})
