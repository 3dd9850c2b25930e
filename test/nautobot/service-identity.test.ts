import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { callOfferedTools } from '../support/model-steps.ts'
import { forgerOf } from './support/forged-tokens.ts'
import { countAs } from './support/rest.ts'
import { checkWhoAsked, ownersOf } from './support/sent-tokens.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const ROUNDS = 10
const QUESTION = 'How many devices are there?'

let service: Service

beforeAll(async () => {
  service = await startService()
})

afterAll(() => service?.stop())

beforeEach(() => {
  service.model.answer(callOfferedTools([{ tool: 'count', args: { model: 'dcim.device' } }]))
})

const numberIn = (answer: { text: string; body: { response?: string } }) =>
  JSON.parse(answer.body.response ?? answer.text).count as number

test('[T13] refuses nobody, strangers and forgeries with 401 and a sentence', async () => {
  const { token } = await sessionToken('alice')
  const forger = forgerOf(token)
  const now = Math.floor(Date.now() / 1_000)
  const ago = (seconds: number) => ({ iat: now - seconds - 300, nbf: now - seconds - 305 })
  const jwks = await fetch(`${inject('nautobot').url}/api/plugins/ai-ops/jwks/`)
  const { keys } = (await jwks.json()) as { keys: { x: string }[] }

  // The control: the same claims, signed here, are taken. What follows differs in one thing each.
  const control = await service.ask(`Bearer ${await forger.signed({})}`, QUESTION)
  expect(control.status, control.text).toBe(200)

  const refused: Record<string, string | undefined> = {
    anonymous: undefined,
    'another scheme': 'Basic YWxpY2U6YWxpY2U=',
    'no value': 'Bearer',
    'an unknown API token': `Token ${'0'.repeat(40)}`,
    'no token at all': 'Bearer hello',
    'tampered with': `Bearer ${forger.tampered({ sub: 'somebody-else' })}`,
    'more scopes': `Bearer ${forger.tampered({ scopes: ['chat', 'operate', 'erase'] })}`,
    'alg: none': `Bearer ${forger.unsigned()}`,
    'a foreign key': `Bearer ${await forger.signedByStranger()}`,
    'HS256 with the public key': `Bearer ${await forger.signedWithPublicKey(keys[0]?.x ?? '')}`,
    expired: `Bearer ${await forger.signed({ ...ago(60), exp: now - 60 })}`,
    'another audience': `Bearer ${await forger.signed({ aud: 'nautobot-ai-ops/grant' })}`,
    'another issuer': `Bearer ${await forger.signed({ iss: 'elsewhere' })}`,
    'a grant': `Bearer ${await forger.signed({ typ: 'grant' })}`,
    'a session token as API token': `Token ${token}`
  }
  for (const [name, authorization] of Object.entries(refused)) {
    const { status, body } = await service.ask(authorization, QUESTION)
    expect([name, status, body.error?.code]).toEqual([name, 401, 'UNAUTHENTICATED'])
    expect(body.error.message).toMatch(/^[A-Z].+\.$/)
  }
})

test('[T13] refuses a token that was made for the assistant', async () => {
  service.proxy.forget()
  await service.ask((await sessionToken('alice')).authorization, QUESTION)
  const owners = await ownersOf(service.proxy.requests)
  const exchanged = [...owners].filter(([, owner]) => owner.exchanged).map(([token]) => token)
  expect(exchanged.length).toBeGreaterThan(0)
  for (const authorization of exchanged) {
    const { status, body } = await service.ask(authorization, QUESTION)
    expect([status, body.error.code]).toEqual([401, 'UNAUTHENTICATED'])
  }
})

test('[T13] refuses who may not chat with 403 and the name of the permission', async () => {
  const { status, body } = await service.ask(apiToken('mallory'), QUESTION)
  expect([status, body.error.code]).toEqual([403, 'FORBIDDEN'])
  expect(body.error.message).toContain('nautobot_ai_ops.chat_llmmodel')
})

test('[T13] refuses the questions of a session that has ended', async () => {
  const { authorization, logOut } = await sessionToken('alice')
  const before = await service.ask(authorization, QUESTION)
  expect(numberIn(before)).toBe(await countAs('alice', 'dcim/devices/'))

  await logOut()
  // The statement of the session is good for minutes; what it was exchanged for is not, and the shim said so.
  await expect
    .poll(async () => (await service.ask(authorization, QUESTION)).status, { timeout: 10_000 })
    .toBe(401)
  const { body } = await service.ask(authorization, QUESTION)
  expect(body.error).toMatchObject({
    code: 'UNAUTHENTICATED',
    message: expect.stringContaining('Sign in to Nautobot again.')
  })
})

test('[T12, S2, S9] users at once: every request to Nautobot carries the token of who asks', async () => {
  const { proxy } = service
  const changesBefore = await countAs('admin', 'extras/object-changes/')
  const askers = [
    ['alice', (await sessionToken('alice')).authorization],
    ['bob', apiToken('bob')],
    ['admin', apiToken('admin')]
  ] as const
  proxy.forget()
  const asking = Array.from({ length: ROUNDS }, (_, round) =>
    askers.map(async ([user, authorization]) => {
      const answer = await service.ask(authorization, QUESTION, {
        'x-request-id': `${user}-${round}`
      })
      return [user, numberIn(answer)] as const
    })
  )
  const answers = await Promise.all(asking.flat())

  const expected = {
    alice: await countAs('alice', 'dcim/devices/'),
    bob: await countAs('bob', 'dcim/devices/'),
    admin: await countAs('admin', 'dcim/devices/')
  }
  expect(expected.bob).toBeLessThan(expected.alice ?? 0)
  for (const [user, count] of answers) expect([user, count]).toEqual([user, expected[user]])

  const seen = [...proxy.requests]
  const exchanges = seen.filter(({ path }) => path.includes('token-exchange'))
  expect(exchanges).toHaveLength(askers.length)
  const reads = checkWhoAsked(seen, {
    askers: new Map(askers.map(([user, authorization]) => [authorization, user])),
    owners: await ownersOf(seen),
    askerOf: ({ correlationId = '' }) => correlationId.split('-')[0]
  })
  expect(reads).toBeGreaterThanOrEqual(answers.length)
  expect(await countAs('admin', 'extras/object-changes/')).toBe(changesBefore)
})

test('[S2] what is made by exchange writes nothing, even for an administrator', async () => {
  service.proxy.forget()
  await service.ask((await sessionToken('admin')).authorization, QUESTION)
  const owners = await ownersOf(service.proxy.requests)
  const [authorization = ''] = [...owners].find(([, { exchanged }]) => exchanged) ?? []
  expect(owners.get(authorization)?.username).toBe('admin')
  const tag = { name: 'written', content_types: ['dcim.device'] }
  const write = (header: string) =>
    fetch(`${inject('nautobot').url}/api/extras/tags/`, {
      method: 'POST',
      headers: { authorization: header, 'content-type': 'application/json' },
      body: JSON.stringify(tag)
    })
  expect((await write(authorization)).status).toBe(403)
  expect(await countAs('admin', 'extras/tags/?name=written')).toBe(0)
})

test('shows runs and conversations of others to nobody', async () => {
  const { body } = await service.ask(apiToken('alice'), QUESTION)
  const { runId, conversationId } = body as { runId: string; conversationId: string }
  const own = await service.call(`/api/v1/runs/${runId}`, { authorization: apiToken('alice') })
  expect(own.status).toBe(200)
  for (const [path, method] of [
    [`/api/v1/runs/${runId}`, 'GET'],
    [`/api/v1/runs/${runId}/events`, 'GET'],
    [`/api/v1/runs/${runId}/cancel`, 'POST']
  ] as const) {
    const foreign = await service.call(path, { method, authorization: apiToken('bob') })
    expect([path, foreign.status, foreign.body.error?.code]).toEqual([path, 404, 'RUN_NOT_FOUND'])
  }
  const answer = await service.call('/api/v1/chat', {
    authorization: apiToken('bob'),
    body: { message: QUESTION, conversationId }
  })
  expect([answer.status, answer.body.error.code]).toEqual([404, 'CONVERSATION_NOT_FOUND'])
})
