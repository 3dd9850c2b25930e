import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { errorSchema } from '../../../src/http/schemas.ts'
import { ALICE_TOKEN, type StartedApp, startApp } from '../../support/http-app.ts'

const AUTHORIZATION = { authorization: `Bearer ${ALICE_TOKEN}` }
const JSON_HEADERS = { ...AUTHORIZATION, 'content-type': 'application/json' }

let started: StartedApp | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function start(...args: Parameters<typeof startApp>): Promise<StartedApp> {
  started = await startApp(...args)
  return started
}

async function post(url: string, body: BodyInit, headers: Record<string, string> = JSON_HEADERS) {
  const response = await fetch(`${url}/api/v1/chat`, { method: 'POST', headers, body })
  return { response, ...errorSchema.parse(await response.json()) }
}

/** What comes back for bytes that no client would send. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

test('answers an unknown path with 404', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/nowhere`)
  expect(response.status).toBe(404)
  expect(errorSchema.parse(await response.json()).error.code).toBe('NOT_FOUND')
})

test('answers a wrong method with 405 and names the right ones', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/api/v1/runs/run-1/cancel`, { method: 'DELETE' })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('POST')
  expect(errorSchema.parse(await response.json()).error.code).toBe('METHOD_NOT_ALLOWED')
})

test.each([
  ['broken JSON', '{"message":'],
  ['binary', new Uint8Array([0, 255, 254, 7])],
  ['a polluted prototype', '{"message":"Hi","__proto__":{"a":1}}']
])('refuses %s as a body', async (_name, body) => {
  const { url } = await start()
  const { response, error } = await post(url, body)
  expect(response.status).toBe(400)
  expect(error.code).toBe('INVALID_REQUEST')
})

test('refuses a body that is not JSON', async () => {
  const { url } = await start()
  const { response, error } = await post(url, 'message=Hi', {
    ...AUTHORIZATION,
    'content-type': 'text/plain'
  })
  expect(response.status).toBe(415)
  expect(error.code).toBe('UNSUPPORTED_MEDIA_TYPE')
})

test('takes a body at the byte limit and refuses one byte more', async () => {
  const { url } = await start({ limits: { maxBodyBytes: 1000 } })
  const fitting = JSON.stringify({ message: 'Hi' }).padEnd(1000)
  const accepted = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: fitting
  })
  expect(accepted.status).toBe(200)
  const { response, error } = await post(url, `${fitting} `)
  expect(response.status).toBe(413)
  expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { maxBytes: 1000 } })
})

/** A refused body of which the sender has sent one byte when it stops: how long the answer takes. */
async function refusalAfter(contentLength: number, maxDrainMs: number) {
  const { port } = await start({
    limits: { maxBodyBytes: 10, maxDrainBytes: 100, maxDrainMs }
  })
  const startedAt = performance.now()
  const head = 'POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
  const identity = `Authorization: Bearer ${ALICE_TOKEN}\r\n`
  const answer = await sendRaw(port, `${head}${identity}Content-Length: ${contentLength}\r\n\r\n{`)
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  return performance.now() - startedAt
}

test('waits for the rest of a body that is too large, but not for ever', async () => {
  expect(await refusalAfter(100, 300)).toBeGreaterThan(250)
})

test('does not wait for the rest of a body that says it is far too large', async () => {
  expect(await refusalAfter(101, 20_000)).toBeLessThan(10_000)
})

test('refuses JSON that nests deeper than the limit before it is parsed', async () => {
  const { url } = await start({ limits: { maxJsonDepth: 3 } })
  const atLimit = await post(url, '{"message":{"a":{"b":"[[[["}}}')
  expect(atLimit.error.message).toContain('message')
  const { response, error } = await post(url, '{"message":{"a":{"b":[]}}}')
  expect(response.status).toBe(400)
  expect(error.details).toEqual({ maxDepth: 3 })
  const bomb = await post(url, '['.repeat(200_000))
  expect(bomb.error.details).toEqual({ maxDepth: 3 })
})

test('answers 401 with a sentence for no, a wrong and a malformed identity', async () => {
  const { url } = await start()
  for (const authorization of ['', 'Bearer wrong', 'Basic YTpi']) {
    const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
    const { response, error } = await post(url, '{"message":"Hi"}', headers)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(error).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'Send a valid Nautobot API token.'
    })
  }
})

test.each([
  ['PROD', undefined],
  ['LAB', { cause: 'TypeError: inner detail with Bearer [secret]' }]
] as const)('tells in %s of a defect: %j', async (environment, details) => {
  const { url, log } = await start({ environment }, (app) => {
    app.get('/broken', { config: { access: 'public' } }, () => {
      throw new TypeError('inner detail with Bearer canary-credential')
    })
  })
  const response = await fetch(`${url}/broken`)
  expect(response.status).toBe(500)
  const { error } = errorSchema.parse(await response.json())
  expect(error.code).toBe('INTERNAL')
  expect(error.details).toEqual(details)
  expect(log()).toContain('inner detail')
  expect(log()).not.toContain('canary-credential')
})

test('answers bytes that are not HTTP', async () => {
  const { port } = await start()
  const answer = await sendRaw(port, 'NONSENSE\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toContain('"INVALID_REQUEST"')
})

test('refuses headers above the limit', async () => {
  const { port } = await start({ limits: { maxHeaderBytes: 2000 } })
  const answer = await sendRaw(
    port,
    `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(3000)}\r\n\r\n`
  )
  expect(answer).toMatch(/^HTTP\/1\.1 431 /)
  expect(answer).toContain('"HEADERS_TOO_LARGE"')
})

test.each([
  ['headers', 'GET /livez HTTP/1.1\r\nHost: a\r\n'],
  [
    'a body',
    `POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ALICE_TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`
  ]
])('gives up on a client that dribbles %s', async (_name, text) => {
  const { port } = await start({
    limits: { headersTimeoutMs: 100, requestTimeoutMs: 200, timeoutCheckMs: 20 }
  })
  const answer = await sendRaw(port, text)
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  expect(answer).toContain('"REQUEST_TIMEOUT"')
})

test.each([
  ['that is no address', '/%'],
  ['with an endless part', `/api/v1/runs/${'a'.repeat(201)}`]
])('refuses a path %s', async (_name, path) => {
  const { port } = await start()
  const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toMatch(/x-request-id: /i)
  expect(answer).toContain('"INVALID_REQUEST"')
})

test('limits the rate of each user and says how long to wait', async () => {
  const { url } = await start({ rateLimitPerMinute: 2 })
  const asAlice = () => fetch(`${url}/api/v1/runs/run-1`, { headers: AUTHORIZATION })
  expect((await asAlice()).status).toBe(200)
  expect((await asAlice()).status).toBe(200)
  const response = await asAlice()
  expect(response.status).toBe(429)
  const { error } = errorSchema.parse(await response.json())
  expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  const asBob = await fetch(`${url}/api/v1/runs/run-1`, {
    headers: { authorization: 'Bearer bob-token' }
  })
  expect(asBob.status).toBe(200)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
})

test('slows down a refused identity at its address, and nobody else behind that address', async () => {
  const { url } = await start({
    limits: { maxRefusedIdentitiesPerMinute: 2 },
    trustedProxies: ['127.0.0.1']
  })
  const ask = async (authorization: string, address: string) => {
    const headers = { ...(authorization && { authorization }), 'x-forwarded-for': address }
    return (await fetch(`${url}/api/v1/runs/run-1`, { headers })).status
  }
  for (const identity of ['Bearer guess', '']) {
    expect(await ask(identity, '192.0.2.1')).toBe(401)
    expect(await ask(identity, '192.0.2.1')).toBe(401)
    expect(await ask(identity, '192.0.2.1')).toBe(429)
  }
  expect(await ask('Bearer guess', '192.0.2.2')).toBe(401)
  expect(await ask(AUTHORIZATION.authorization, '192.0.2.1')).toBe(200)
})

test.each([
  [1, 200],
  [2, 429]
])('remembers the rates of %i users when so many are allowed', async (maxEntries, status) => {
  const limits = { maxRateLimitEntries: maxEntries }
  const { url } = await start({ rateLimitPerMinute: 1, limits })
  const ask = async (name: string) => {
    const headers = { authorization: `Bearer ${name}-token` }
    return (await fetch(`${url}/api/v1/runs/run-1`, { headers })).status
  }
  expect(await ask('alice')).toBe(200)
  expect(await ask('bob')).toBe(200)
  expect(await ask('alice')).toBe(status)
})

test('remembers as many refused identities as allowed', async () => {
  const { url } = await start({
    limits: { maxRefusedIdentitiesPerMinute: 1, maxRateLimitEntries: 2 }
  })
  const ask = async (authorization: string) =>
    (await fetch(`${url}/api/v1/runs/run-1`, { headers: { authorization } })).status
  expect(await ask('Bearer one')).toBe(401)
  expect(await ask('Bearer two')).toBe(401)
  expect(await ask('Bearer two')).toBe(429)
  expect(await ask('Bearer one')).toBe(429)
  expect(await ask('Bearer three')).toBe(401)
  expect(await ask('Bearer one')).toBe(429)
  expect(await ask('Bearer two')).toBe(401)
})

test('believes no client about its address without a trusted proxy', async () => {
  const { url } = await start({ limits: { maxRefusedIdentitiesPerMinute: 1 } })
  const ask = async (address: string) => {
    const headers = { authorization: 'Bearer guess', 'x-forwarded-for': address }
    return (await fetch(`${url}/api/v1/runs/run-1`, { headers })).status
  }
  expect(await ask('192.0.2.1')).toBe(401)
  expect(await ask('192.0.2.2')).toBe(429)
})

test('closes connections above the limit at once', async () => {
  const { port } = await start({ limits: { maxConnections: 1 } })
  const ask = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const holder = connect(port, '127.0.0.1')
  await once(holder, 'connect')
  await expect.poll(() => sendRaw(port, ask).catch(() => '')).toBe('')
  holder.destroy()
  await expect.poll(() => sendRaw(port, ask).catch(() => '')).toMatch(/^HTTP\/1\.1 200 /)
})
