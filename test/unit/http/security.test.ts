import { request as httpRequest } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import {
  ALICE_TOKEN,
  createAppOptions,
  NAUTOBOT_URL,
  type StartedApp,
  startApp
} from '../../support/http-app.ts'

let started: StartedApp | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function start(...args: Parameters<typeof startApp>): Promise<StartedApp> {
  started = await startApp(...args)
  return started
}

function statusFor(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, path: '/livez', headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('a route that declares no access stops the boot', async () => {
  const app = await buildApp(createAppOptions())
  app.get('/forgotten', () => 'anyone?')
  await expect(app.ready()).rejects.toThrow('No config.access on: /forgotten')
  await app.close()
})

test('a route demands its own scope', async () => {
  const { url } = await start({}, (app) => {
    app.get('/operated', { config: { access: 'operate' } }, () => 'done')
  })
  const headers = { authorization: `Bearer ${ALICE_TOKEN}` }
  expect((await fetch(`${url}/operated`, { headers })).status).toBe(403)
})

test('admits browsers from the origin of Nautobot', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/api/v1/chat`, {
    method: 'OPTIONS',
    headers: {
      origin: NAUTOBOT_URL,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type, last-event-id'
    }
  })
  expect(response.status).toBe(204)
  expect(response.headers.get('access-control-allow-origin')).toBe(NAUTOBOT_URL)
  expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  expect(response.headers.get('access-control-allow-headers')).toContain('last-event-id')
  expect(response.headers.get('vary')).toContain('Origin')
})

test('lets the pages of Nautobot read what they need, on errors and event streams too', async () => {
  const { url } = await start()
  const refused = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: { origin: NAUTOBOT_URL }
  })
  const streamed = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: {
      origin: NAUTOBOT_URL,
      authorization: `Bearer ${ALICE_TOKEN}`,
      'content-type': 'application/json',
      accept: 'text/event-stream'
    },
    body: '{"message":"Hi"}'
  })
  expect([refused.status, streamed.status]).toEqual([401, 200])
  for (const { headers } of [refused, streamed]) {
    expect(headers.get('access-control-allow-origin')).toBe(NAUTOBOT_URL)
    const exposed = headers.get('access-control-expose-headers')
    for (const name of ['x-request-id', 'x-run-id', 'x-conversation-id', 'retry-after']) {
      expect(exposed).toContain(name)
    }
  }
})

test.each(['https://evil.example.com', 'null', `${NAUTOBOT_URL}.evil.example.com`])(
  'admits no browser from %s',
  async (origin) => {
    const { url } = await start()
    for (const method of ['OPTIONS', 'POST']) {
      const response = await fetch(`${url}/api/v1/chat`, {
        method,
        headers: { origin, 'access-control-request-method': 'POST' }
      })
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  }
)

test('sends the headers that keep browsers from mischief with every answer', async () => {
  const { url } = await start()
  for (const path of ['/livez', '/nowhere', '/api/v1/chat/options']) {
    const { headers } = await fetch(`${url}${path}`)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'"
    )
  }
})

test('drops cookies before anything can read them', async () => {
  const { url, log } = await start({}, (app) => {
    app.get('/cookie', { config: { access: 'public' } }, (request) => ({
      seen: request.headers.cookie ?? 'nothing'
    }))
  })
  const response = await fetch(`${url}/cookie`, { headers: { cookie: 'sessionid=canary' } })
  expect(await response.json()).toEqual({ seen: 'nothing' })
  expect(log()).not.toContain('canary')
})

test('LAB answers to addresses, local names and the names that it was given only', async () => {
  const { port } = await start({
    environment: 'LAB',
    host: 'lab.example.com',
    allowedHosts: ['Ingress.example.com', 'ai-ops.default.svc']
  })
  for (const host of [
    'localhost',
    '127.0.0.1:3900',
    '[::1]:3900',
    'a.localhost',
    'LAB.example.com',
    'ingress.example.com:8080',
    'ai-ops.default.svc'
  ]) {
    expect(await statusFor(port, host)).toBe(200)
  }
  for (const host of ['evil.example.com', 'localhost.evil.example.com', '127.0.0.1.nip.io', '@']) {
    expect(await statusFor(port, host)).toBe(403)
  }
})

test('a foreign Host is no matter outside LAB', async () => {
  const { port } = await start({ environment: 'PROD' })
  expect(await statusFor(port, 'ai-ops.example.com')).toBe(200)
})
