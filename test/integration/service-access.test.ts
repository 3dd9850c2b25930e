import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { documentedOperations, refusalOf, send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const MAX_PER_MINUTE = 5
const RUN_ID = '5b0c8f7e-2f5b-4a56-9a39-0c5d9d0c1b9e'
const FORGED = [
  Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url'),
  Buffer.from('{"sub":"admin","scopes":["chat","operate","erase"]}').toString('base64url'),
  ''
].join('.')

let model: ScriptedModel
let nautobot: Server
const asked: IncomingMessage[] = []
/** In front of a Nautobot that refuses everybody. */
let closed: LabSidecar
/** Over the embedded sample, with a low rate. */
let limited: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({ respond: () => [say('Fine.')] })
  nautobot = createServer((request, response) => {
    asked.push(request)
    request.resume()
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end('{"detail":"Invalid token"}')
  }).listen(0, '127.0.0.1')
  await once(nautobot, 'listening')
  const { port } = nautobot.address() as AddressInfo
  ;[closed, limited] = await Promise.all([
    startLabSidecar(model.url, {
      NAUTOBOT_URL: `http://127.0.0.1:${port}`,
      NAUTOBOT_TOKEN: 'service-token'
    }),
    startLabSidecar(model.url, { AI_OPS_RATE_LIMIT_PER_MINUTE: String(MAX_PER_MINUTE) })
  ])
})

afterAll(async () => {
  await Promise.all([closed.stop(), limited.stop(), model.stop()])
  nautobot.closeAllConnections()
  nautobot.close()
})

const operations = documentedOperations().map(({ path, method, operation }) => ({
  name: `${method} ${path}`,
  method: method.toUpperCase(),
  path: path.replace(/\{\w+\}/, RUN_ID),
  isPublic: (operation.security ?? []).length === 0
}))

test.each(operations.filter(({ isPublic }) => !isPublic))(
  '[S1] $name answers nobody without an identity',
  async ({ name, method, path }) => {
    const before = asked.length
    for (const authorization of ['', 'Basic YTpi', 'Token', `Bearer ${'x'.repeat(5_000)}\u00e9`]) {
      const headers: Record<string, string> = authorization ? { authorization } : {}
      const response = await send(closed.url, { method, path, headers })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await refusalOf(response, name)).toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    const cookies = await send(closed.url, { method, path, headers: { cookie: 'sessionid=x' } })
    expect(cookies.status).toBe(401)
    await cookies.body?.cancel()
    expect(asked.slice(before).filter(({ url }) => url?.includes('whoami'))).toEqual([])
  }
)

test.each(operations.filter(({ isPublic }) => isPublic))(
  '$name needs no identity',
  async ({ name, method, path }) => {
    const response = await send(closed.url, { method, path })
    expect(response.status).toBe(name === 'get /readyz' ? 503 : 200)
    await response.body?.cancel()
  }
)

test('the public operations are the three probes', () => {
  expect(operations.filter(({ isPublic }) => isPublic).map(({ path }) => path)).toEqual([
    '/livez',
    '/readyz',
    '/metrics'
  ])
})

test('a token that Nautobot refuses is refused, and a forged one does not even go there', async () => {
  const body = { message: 'How many devices are there?' }
  const before = asked.length
  for (const scheme of ['Token', 'Bearer']) {
    const headers = { authorization: `${scheme} ${'a'.repeat(40)}`, 'x-request-id': 'find-me-8' }
    const response = await send(closed.url, { body, headers })
    expect(response.status).toBe(401)
    expect(await refusalOf(response)).toMatchObject({ code: 'UNAUTHENTICATED' })
  }
  const whoami = asked.slice(before).filter(({ url }) => url?.includes('whoami'))
  expect(whoami.map(({ headers }) => headers['x-request-id'])).toContain('find-me-8')
  const forged = await send(closed.url, { body, headers: { authorization: `Bearer ${FORGED}` } })
  expect(forged.status).toBe(401)
  expect(await refusalOf(forged)).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(asked.every(({ headers }) => !headers.authorization?.includes(FORGED))).toBe(true)
  expect(model.requests).toEqual([])
})

test('a service account that Nautobot refuses leaves the service unready, and it says why', async () => {
  const error = await refusalOf(await fetch(`${closed.url}/readyz`), 'get /readyz')
  expect(error.code).toBe('NOT_READY')
  expect(error.message).toMatch(/^Waiting for the configuration in Nautobot: .*Nautobot/)
})

test('a path that is none and a preflight ask for no identity', async () => {
  const missing = await send(closed.url, { method: 'GET', path: '/api/v1/nothing' })
  expect(missing.status).toBe(404)
  await missing.body?.cancel()
  const preflight = await send(closed.url, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' }
  })
  expect(preflight.headers.get('access-control-allow-origin')).not.toBe('https://evil.example.com')
  await preflight.body?.cancel()
})

test('[S8] more requests than a user may send are refused, with the seconds to wait', async () => {
  const path = '/api/v1/chat/options'
  for (let request = 0; request < MAX_PER_MINUTE; request += 1) {
    const response = await send(limited.url, { method: 'GET', path })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  }
  const refused = await send(limited.url, { method: 'GET', path })
  expect(refused.status).toBe(429)
  const seconds = Number(refused.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(await refusalOf(refused, `get ${path}`)).toMatchObject({
    code: 'RATE_LIMITED',
    retryable: true,
    details: { retryAfterSeconds: seconds }
  })
  const chat = await send(limited.url, { body: { message: 'Hi' } })
  expect(chat.status).toBe(429)
  await refusalOf(chat)
  for (let probe = 0; probe < 2 * MAX_PER_MINUTE; probe += 1) {
    expect((await fetch(`${limited.url}/livez`)).status).toBe(200)
  }
})

test('LAB answers local names only', async () => {
  for (const [host, status] of [
    ['localhost:1', 200],
    ['127.0.0.1', 200],
    ['evil.example.com', 403]
  ] as const) {
    expect(await statusFor(limited.url, host)).toBe(status)
  }
})

/** `fetch` sets the Host header itself. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const request = get(`${url}/livez`, { headers: { host } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}
