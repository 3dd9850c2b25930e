import { Writable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { ALICE_TOKEN, type StartedApp, startApp } from '../../support/http-app.ts'

let started: StartedApp | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

function captureLog() {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const logger = createLogger({ level: 'info', version: '1', destination })
  return { logger, text: () => lines.join('') }
}

test.each([
  ['echoes a decent id', 'abc-1.2_3', true],
  ['takes the longest id', 'a'.repeat(64), true],
  ['replaces a longer one', 'a'.repeat(65), false],
  ['replaces one that breaks lines', 'a b', false]
])('%s', async (_name, id, isKept) => {
  started = await startApp()
  const { headers } = await fetch(`${started.url}/livez`, { headers: { 'x-request-id': id } })
  const answered = headers.get('x-request-id') ?? ''
  expect(answered === id).toBe(isKept)
  expect(answered).toMatch(/^[A-Za-z0-9._-]{1,64}$/)
})

test('writes one line for a request, found by its id', async () => {
  started = await startApp()
  await fetch(`${started.url}/api/v1/runs/run-1?canary=query`, {
    headers: { authorization: `Bearer ${ALICE_TOKEN}`, 'x-request-id': 'request-7' }
  })
  await expect.poll(started.log).toContain('"correlationId":"request-7"')
  const lines = started
    .log()
    .split('\n')
    .filter((line) => line.includes('request-7'))
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    message: 'request',
    operation: 'runs.read',
    method: 'GET',
    status: 200,
    user: 'alice'
  })
  expect(started.log()).not.toContain('canary')
})

test('canary secrets of requests and failures never reach the log', async () => {
  started = await startApp({
    authenticate: async () => {
      const cause = Object.assign(new Error('Request failed with Token canary-in-message'), {
        config: { headers: { Authorization: 'Token canary-in-config' } },
        response: { data: 'canary-in-response' }
      })
      throw new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot does not answer.', { cause })
    }
  })
  const response = await fetch(`${started.url}/api/v1/chat?key=canary-in-query`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer canary-in-header',
      cookie: 'sessionid=canary-in-cookie',
      'content-type': 'application/json'
    },
    body: '{"message":"canary-in-body"}'
  })
  const body = await response.text()
  expect(response.status).toBe(503)
  await expect.poll(started.log).toContain('NAUTOBOT_UNAVAILABLE')
  expect(started.log()).toContain('Request failed with Token [secret]')
  expect(started.log() + body).not.toContain('canary')
})

test('hides what stands under a telling name, however deep, and what looks like a key', () => {
  const { logger, text } = captureLog()
  logger.info({
    authorization: 'canary',
    headers: { Cookie: 'canary', 'X-Api-Key': 'canary' },
    list: [{ nested: { password: 'canary', clientSecret: { value: 'canary' } } }],
    credential: { kind: 'api-token', token: new Secret('canary') },
    loose: new Secret('canary'),
    address: 'redis://user:canary@redis:6379',
    sentence: 'used sk-canary-0123456789 and eyJcanary.eyJcanary.sig-canary with api_key=canary'
  })
  expect(text()).not.toContain('canary')
  expect(text()).toContain('[secret]')
})

test('keeps counts that are called tokens', () => {
  const { logger, text } = captureLog()
  logger.info({ usage: { inputTokens: 12 } })
  expect(JSON.parse(text())).toMatchObject({ usage: { inputTokens: 12 } })
})

test('bounds what a line can hold', () => {
  const { logger, text } = captureLog()
  const endless: Record<string, unknown> = {}
  endless.self = endless
  logger.info({ endless, list: Array(1000).fill(1), text: 'a'.repeat(100_000) })
  const line = JSON.parse(text())
  expect(line.list).toHaveLength(100)
  expect(line.text).toHaveLength(8192)
  expect(text()).toContain('[deep]')
})

test('keeps the causes of an error, five at most', () => {
  const { logger, text } = captureLog()
  const error = Array.from({ length: 10 }).reduce<Error>(
    (cause, _none, index) => new Error(`level ${index}`, { cause }),
    new Error('root')
  )
  logger.error(error, 'broke')
  expect(JSON.parse(text())).toMatchObject({
    err: { message: 'level 9', cause: { message: 'level 8' } }
  })
  expect(text()).toContain('level 4')
  expect(text()).not.toContain('level 3')
})
