import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { errorSchema } from '../../../src/http/schemas.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { ALICE_TOKEN, NAUTOBOT_URL, type StartedApp, startApp } from '../../support/http-app.ts'

let webRoot = ''
let started: StartedApp | undefined

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'ai-ops-web-'))
  await writeFile(join(webRoot, 'index.html'), '<title>Chat</title>')
  await writeFile(join(webRoot, 'chat.js'), 'import "./chat-Ab12Cd34.js"')
  await writeFile(join(webRoot, 'chat-Ab12Cd34.js'), '1')
  await writeFile(join(webRoot, '.hidden'), '1')
})

afterAll(() => rm(webRoot, { recursive: true }))

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function start(...args: Parameters<typeof startApp>): Promise<StartedApp> {
  started = await startApp(...args)
  return started
}

test('serves the chat page in LAB with the embedded sample, under a strict policy', async () => {
  const { url } = await start({ environment: 'LAB', nautobotPublicUrl: undefined, webRoot })
  const response = await fetch(url)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(await response.text()).toContain('<title>Chat</title>')
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
})

test('leads to the chat page of Nautobot where there is one', async () => {
  const { url } = await start({ webRoot })
  const response = await fetch(url, { redirect: 'manual' })
  expect(response.status).toBe(302)
  expect(response.headers.get('location')).toBe(`${NAUTOBOT_URL}/plugins/ai-ops/chat/`)
})

test('says how to build a page that is not there', async () => {
  const { url } = await start({ environment: 'LAB', nautobotPublicUrl: undefined })
  const response = await fetch(url)
  expect(response.status).toBe(404)
  expect(errorSchema.parse(await response.json()).error.message).toContain('npm run build:web')
})

test('serves the scripts, those with a hash in their name for ever', async () => {
  const { url } = await start({ webRoot })
  const entry = await fetch(`${url}/chat/chat.js`)
  expect(entry.headers.get('cache-control')).toBe('no-cache')
  expect(entry.headers.get('content-type')).toContain('javascript')
  const chunk = await fetch(`${url}/chat/chat-Ab12Cd34.js`, { headers: { origin: NAUTOBOT_URL } })
  expect(chunk.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(chunk.headers.get('access-control-allow-origin')).toBe(NAUTOBOT_URL)
})

test.each(['/chat/', '/chat/missing.js', '/chat/.hidden', '/chat/..%2f..%2fetc/passwd'])(
  'serves nothing at %s',
  async (path) => {
    const { url } = await start({ webRoot })
    const response = await fetch(`${url}${path}`)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    expect(errorSchema.parse(await response.json()).error.code).toBeTruthy()
  }
)

test('explains the API at /docs, under a policy without foreign hosts', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/docs`)
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('swagger-ui')
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toMatch(/unsafe-eval|https?:|upgrade-insecure/)
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string }
  expect(document.openapi).toBe('3.1.0')
})

test('is alive, and ready when it is', async () => {
  const reasons = ['Nautobot does not answer.']
  let state = { isReady: false, isDraining: false, reasons }
  const { url } = await start({ readiness: () => state })
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  const waiting = await fetch(`${url}/readyz`)
  expect(waiting.status).toBe(503)
  expect(errorSchema.parse(await waiting.json()).error).toMatchObject({
    code: 'NOT_READY',
    message: 'Nautobot does not answer.',
    details: { reasons }
  })
  state = { isReady: true, isDraining: false, reasons: [] }
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  state = { isReady: true, isDraining: true, reasons: ['Shutting down.'] }
  const draining = await fetch(`${url}/readyz`)
  expect(errorSchema.parse(await draining.json()).error.code).toBe('DRAINING')
})

test('measures requests by operation and never by address', async () => {
  const metrics = createMetrics({ version: '1' })
  const { url } = await start({ metrics })
  await fetch(`${url}/api/v1/runs/run-1`, { headers: { authorization: `Bearer ${ALICE_TOKEN}` } })
  await fetch(`${url}/api/v1/runs/run-2`, { headers: { authorization: `Bearer ${ALICE_TOKEN}` } })
  await fetch(`${url}/somewhere/canary`)
  await expect.poll(() => metrics.registry.metrics()).toContain('operation="unknown",status="4xx"')
  const response = await fetch(`${url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain')
  const text = await response.text()
  expect(text).toContain('duration_seconds_count{operation="runs.read",status="2xx"} 1')
  expect(text).toContain('errors_total{operation="runs.read",code="RUN_NOT_FOUND"} 1')
  expect(text).not.toContain('canary')
})
