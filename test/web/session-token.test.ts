// @vitest-environment node
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createChatApi } from '../../src/web/api.ts'
import { createSessionTokens, RENEW_BEFORE_MS } from '../../src/web/session-token.ts'

const LIFETIME_SECONDS = 300
let app: FastifyInstance
let url: string
let status: number
/** What a refusal carries instead of JSON. */
let page: string | undefined
let minted: { csrf: unknown; method: string }[]
let accepted: (token: string) => boolean

beforeEach(async () => {
  status = 200
  page = undefined
  minted = []
  accepted = () => true
  app = Fastify({ forceCloseConnections: true })
  app.post('/session-token/', (request, reply) => {
    minted.push({ csrf: request.headers['x-csrftoken'], method: request.method })
    if (page) return reply.code(status).type('text/html').send(page)
    if (status !== 200) return reply.code(status).send({ detail: 'no' })
    return { token: `token-${minted.length}`, expires: 1_000 + LIFETIME_SECONDS }
  })
  app.get('/api/v1/chat/options', (request, reply) => {
    const token = String(request.headers.authorization).replace('Bearer ', '')
    if (accepted(token)) return { token }
    const error = { code: 'UNAUTHENTICATED', message: 'The token has expired.', retryable: false }
    return reply.code(401).send({ error })
  })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})

afterEach(() => app.close())

function tokensAt(now: () => number) {
  return createSessionTokens({ url: `${url}/session-token/`, csrfToken: () => 'csrf', now })
}

test('one token serves until a minute before its end', async () => {
  let now = 1_000_000
  const tokens = tokensAt(() => now)
  expect(await tokens.get()).toBe('token-1')
  now += LIFETIME_SECONDS * 1_000 - RENEW_BEFORE_MS - 1
  expect(await tokens.get()).toBe('token-1')
  now += 1
  expect(await tokens.get()).toBe('token-2')
  expect(minted).toEqual([
    { csrf: 'csrf', method: 'POST' },
    { csrf: 'csrf', method: 'POST' }
  ])
})

test('callers at the same time share one request', async () => {
  const tokens = tokensAt(() => 1_000_000)
  expect(await Promise.all([tokens.get(), tokens.get(), tokens.get()])).toEqual([
    'token-1',
    'token-1',
    'token-1'
  ])
  expect(minted).toHaveLength(1)
})

test.each([
  [401, 'SIGN_IN', 'Your Nautobot session has ended.'],
  [403, 'CHAT_NOT_PERMITTED', 'Nautobot does not let you use the chat.'],
  [500, 'SERVICE_UNREACHABLE', 'Nautobot answered 500 instead of a token.']
])('a %i of Nautobot is the sentence for %s', async (code, expected, message) => {
  status = code
  await expect(tokensAt(() => 1_000_000).get()).rejects.toMatchObject({ code: expected, message })
})

test('a page in place of a token means that there is no session any more', async () => {
  status = 403
  page = '<!doctype html><title>403 Forbidden</title>'
  await expect(tokensAt(() => 1_000_000).get()).rejects.toMatchObject({ code: 'SIGN_IN' })
})

test('a refused token is renewed once, then the refusal is told', async () => {
  const api = createChatApi({ baseUrl: url, tokens: tokensAt(() => 1_000_000) })
  const { signal } = new AbortController()
  accepted = (token) => token === 'token-2'
  expect(await api.options(signal)).toEqual({ token: 'token-2' })
  accepted = () => false
  await expect(api.options(signal)).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: 'The token has expired.'
  })
  expect(minted).toHaveLength(3)
})

test('without Nautobot no Authorization header is sent', async () => {
  const api = createChatApi({ baseUrl: `${url}/`, tokens: undefined })
  expect(await api.options(new AbortController().signal)).toEqual({ token: 'undefined' })
})

test('an answer that is not ours is a sentence too', async () => {
  const api = createChatApi({ baseUrl: `${url}/nothing-here`, tokens: undefined })
  await expect(api.options(new AbortController().signal)).rejects.toMatchObject({
    code: 'BAD_ANSWER',
    message: 'The way to the AI Ops service answered 404 without a reason.'
  })
})
