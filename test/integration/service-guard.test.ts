import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorSchema } from '../../src/http/schemas.ts'
import { say } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { send } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const NAUTOBOT_ORIGIN = 'https://nautobot.example.com'
const FOREIGN_ORIGIN = 'https://evil.example.com'
const PATHS = ['/', '/docs/', '/api/v1/chat/options', '/mcp', '/livez', '/metrics', '/nothing']
/** HTTP_LIMITS, which the process has as they are, and the pause until they are looked at. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const TOLERANCE_MS = 5_000
/** The piece that a slow client sends, and how often: it is never silent for long. */
const DRIP_MS = 400

let model: ScriptedModel
let nautobot: Server
const asked: IncomingMessage[] = []
/** Over the embedded sample. */
let lab: LabSidecar
/** In front of a Nautobot, which knows nobody. */
let behind: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({ respond: () => [say('Fine.')] })
  nautobot = createServer((request, response) => {
    asked.push(request)
    request.resume()
    response.writeHead(403, { 'content-type': 'application/json' }).end('{"detail":"No"}')
  }).listen(0, '127.0.0.1')
  await once(nautobot, 'listening')
  const { port } = nautobot.address() as AddressInfo
  ;[lab, behind] = await Promise.all([
    startLabSidecar(model.url),
    startLabSidecar(model.url, {
      NAUTOBOT_URL: `http://127.0.0.1:${port}`,
      NAUTOBOT_PUBLIC_URL: NAUTOBOT_ORIGIN,
      NAUTOBOT_TOKEN: 'service-token'
    })
  ])
})

afterAll(async () => {
  await Promise.all([lab.stop(), behind.stop(), model.stop()])
  nautobot.closeAllConnections()
  nautobot.close()
})

/** `fetch` sets the Host header itself. */
async function statusFor(path: string, host: string): Promise<number | undefined> {
  const request = get(`${lab.url}${path}`, { headers: { host } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

test.each(PATHS)('[S6] in LAB %s answers to local names alone', async (path) => {
  for (const host of ['evil.example.com', 'localhost.evil.example.com', '127.0.0.1.evil.example'])
    expect([host, await statusFor(path, host)]).toEqual([host, 403])
  for (const host of ['localhost:3900', '127.0.0.1', '[::1]:80'])
    expect([host, await statusFor(path, host)]).not.toEqual([host, 403])
})

test.each(PATHS)('[S6] %s may be read by pages of Nautobot alone', async (path) => {
  for (const [origin, allowed] of [
    [NAUTOBOT_ORIGIN, NAUTOBOT_ORIGIN],
    [`${NAUTOBOT_ORIGIN}.evil.example.com`, null],
    [FOREIGN_ORIGIN, null],
    ['null', null]
  ] as const) {
    const preflight = { origin, 'access-control-request-method': 'POST' }
    for (const [method, headers] of [
      ['GET', { origin }],
      ['OPTIONS', preflight]
    ] as const) {
      const answer = await fetch(`${behind.url}${path}`, { method, headers, redirect: 'manual' })
      await answer.body?.cancel()
      const told = answer.headers.get('access-control-allow-origin')
      expect([method, origin, told === origin]).toEqual([method, origin, allowed !== null])
      expect(told).not.toBe('*')
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    }
  }
})

test.each(PATHS)('[S6] a browser is told what it must not do with %s', async (path) => {
  const answer = await fetch(`${lab.url}${path}`)
  await answer.body?.cancel()
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain(path === '/docs/' ? "default-src 'self'" : "default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/script-src[^;]*('unsafe-|https?:|\*)/)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
})

test("[S6] Nautobot's session cookie is no identity, and goes nowhere", async () => {
  const headers = { cookie: 'sessionid=canary-cookie-7', authorization: `Token ${'a'.repeat(40)}` }
  for (const path of PATHS) {
    const answer = await fetch(`${behind.url}${path}`, { headers, redirect: 'manual' })
    expect(await answer.text()).not.toContain('canary-cookie-7')
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
  expect(asked.some(({ url }) => url?.includes('whoami'))).toBe(true)
  expect(asked.filter((request) => request.headers.cookie !== undefined)).toEqual([])
  expect(behind.logs()).not.toContain('canary-cookie-7')
})

/** Sends `start`, then a piece again and again; what comes back, and after how long. */
async function drip(start: string, piece: string) {
  const startedAt = performance.now()
  const socket = connect(Number(new URL(lab.url).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
  })
  socket.on('error', () => undefined)
  socket.write(start)
  const dripping = setInterval(() => socket.writable && socket.write(piece), DRIP_MS)
  await once(socket, 'close')
  clearInterval(dripping)
  return { answer, tookMs: performance.now() - startedAt }
}

test.concurrent.each([
  {
    what: 'headers',
    start: 'GET /livez HTTP/1.1\r\nHost: localhost\r\n',
    piece: 'X-More: 1\r\n',
    limitMs: HEADERS_TIMEOUT_MS
  },
  {
    what: 'body',
    start:
      'POST /api/v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"message":"',
    piece: 'x',
    limitMs: REQUEST_TIMEOUT_MS
  }
])(
  '[S8] a client whose $what never ends is told so, and the others are answered',
  async ({ start, piece, limitMs }) => {
    const slow = drip(start, piece)
    await delay(limitMs / 2)
    expect((await send(lab.url, { body: { message: 'Hello' } })).status).toBe(200)

    const { answer, tookMs } = await slow
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(errorSchema.parse(JSON.parse(body)).error.code).toBe('REQUEST_TIMEOUT')
    expect(tookMs).toBeGreaterThan(limitMs / 2)
    expect(tookMs).toBeLessThan(limitMs + TOLERANCE_MS)
  },
  60_000
)
