import { inspect } from 'node:util'
import { UnsecuredJWT } from 'jose'
import { expect, it } from 'vitest'
import { createAuthenticator } from '../../../src/auth/authenticator.ts'
import type { Caller, Right } from '../../../src/auth/caller.ts'
import { AppError } from '../../../src/errors.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  context,
  type FakeShimState,
  jobToken,
  makeKey,
  SERVICE_TOKEN,
  serviceToken,
  sessionToken,
  startFakeShim
} from '../../support/fake-shim.ts'

const ALICE = 'a'.repeat(40)
const key = await makeKey('key-1')
const stranger = await makeKey('key-1')

/** An authenticator whose clock the test moves, and the Nautobot it asks. */
async function setup(initial: Partial<FakeShimState> = {}, labCaller?: Caller) {
  const users = { [ALICE]: { username: 'alice', scopes: ['chat'] } }
  const shim = await startFakeShim({ keys: [key], users, ...initial })
  let offsetMs = 0
  const now = () => Date.now() + offsetMs
  const { nautobot } = shim
  const authenticate = createAuthenticator({
    nautobot,
    serviceToken,
    now,
    ...(labCaller && { labCaller })
  })
  return {
    ...shim,
    authenticate: (authorization?: string, access: Right = 'chat', signal?: AbortSignal) =>
      authenticate(authorization, access, context(signal)),
    elapse: (ms: number) => {
      offsetMs += ms
    }
  }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.code : inspect(error))
  )

it('takes a session token as Bearer and says whose it is', async () => {
  const { authenticate } = await setup()

  const caller = await authenticate(
    `Bearer ${await sessionToken(key, { scopes: ['chat', 'operate', 'from-the-future'] })}`
  )

  expect(caller).toMatchObject({ id: 'id-alice', username: 'alice' })
  expect([...caller.scopes]).toEqual(['chat', 'operate'])
  expect(caller.credential.kind).toBe('session-token')
})

it('takes the token of a Job where jobs are listed and run, and nowhere else', async () => {
  const { authenticate } = await setup()
  const header = `Bearer ${await jobToken(key, 'sweep')}`

  const caller = await authenticate(header, 'jobs')
  expect(caller).toMatchObject({
    id: 'id-alice',
    username: 'alice',
    credential: { kind: 'job-token', job: 'sweep' }
  })
  expect(caller.scopes.size).toBe(0)
  for (const access of ['chat', 'operate', 'erase'] as const)
    await expect(authenticate(header, access)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'This token may list jobs and run sweep, nothing else.'
    })
})

it('gives no right to a token of a Job that claims one', async () => {
  const { authenticate } = await setup()
  const token = await jobToken(key, 'sweep', { scopes: ['chat', 'operate', 'erase'] })

  expect((await authenticate(`Bearer ${token}`, 'jobs')).scopes.size).toBe(0)
  expect(await codeOf(authenticate(`Bearer ${token}`, 'operate'))).toBe('FORBIDDEN')
})

it('lists and runs jobs for operators', async () => {
  const { authenticate } = await setup()
  const operator = `Bearer ${await sessionToken(key, { scopes: ['operate'] })}`

  expect(await authenticate(operator, 'jobs')).toMatchObject({ username: 'alice' })
  await expect(authenticate(`Token ${ALICE}`, 'jobs')).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: expect.stringContaining('nautobot_ai_ops.operate_llmmodel')
  })
})

it('takes an API token as Bearer and as Token', async () => {
  const { authenticate } = await setup()

  for (const scheme of ['Bearer', 'Token', 'token'])
    expect(await authenticate(`${scheme} ${ALICE}`)).toMatchObject({ id: 'id-alice' })
})

const seconds = () => Math.floor(Date.now() / 1_000)

it.each<[string, () => Promise<string>]>([
  ['signed with another key of that name', () => sessionToken(stranger)],
  ['with an unknown key', async () => sessionToken(await makeKey('key-2'))],
  ['of another issuer', () => sessionToken(key, { iss: 'elsewhere' })],
  ['for another audience', () => sessionToken(key, { aud: 'nautobot-ai-ops/grant' })],
  ['of another type', () => sessionToken(key, { typ: 'grant' })],
  ['without a subject', () => sessionToken(key, { sub: undefined })],
  ['expired', () => sessionToken(key, { iat: seconds() - 400, exp: seconds() - 100 })],
  ['not valid yet', () => sessionToken(key, { nbf: seconds() + 60 })],
  [
    'older than five minutes',
    () => sessionToken(key, { iat: seconds() - 400, exp: seconds() + 60 })
  ],
  ['without expiry', () => sessionToken(key, { exp: undefined })],
  ['unsigned', async () => new UnsecuredJWT({ sub: 'id-alice', typ: 'session' }).encode()],
  ['unsigned in three parts', async () => `${btoa('{"alg":"none","kid":"key-1"}')}.e30.x`],
  ['too long', async () => `${'a'.repeat(5_000)}.b.c`],
  ['of three empty parts', async () => '..']
])('refuses a session token %s', async (_what, make) => {
  const { authenticate } = await setup()

  expect(await codeOf(authenticate(`Bearer ${await make()}`))).toBe('UNAUTHENTICATED')
})

it.each<[string, () => Promise<string>]>([
  ['signed with another key of that name', () => jobToken(stranger, 'sweep')],
  ['for the audience of sessions', () => jobToken(key, 'sweep', { aud: 'nautobot-ai-ops' })],
  ['that is called a session', () => jobToken(key, 'sweep', { typ: 'session', scopes: ['chat'] })],
  ['that is called a grant', () => jobToken(key, 'sweep', { typ: 'grant' })],
  ['of no type', () => jobToken(key, 'sweep', { typ: undefined })],
  ['of a type that every object has', () => jobToken(key, 'sweep', { typ: 'constructor' })],
  ['without a job', () => jobToken(key, 'sweep', { job: undefined })],
  ['for several jobs', () => jobToken(key, 'sweep', { job: ['sweep', 'other'] })],
  ['for every job', () => jobToken(key, '*')],
  ['expired', () => jobToken(key, 'sweep', { iat: seconds() - 50, exp: seconds() - 6 })],
  ['older than a minute', () => jobToken(key, 'sweep', { iat: seconds() - 70 })],
  ['that is a session with the type of a Job', () => sessionToken(key, { typ: 'job' })]
])('refuses the token of a Job %s', async (_what, make) => {
  const { authenticate } = await setup()

  expect(await codeOf(authenticate(`Bearer ${await make()}`, 'jobs'))).toBe('UNAUTHENTICATED')
})

it.each([
  undefined,
  '',
  'Bearer',
  'Basic YWxpY2U6c2VjcmV0',
  `Bearer ${'b'.repeat(40)}`,
  `Token ${'b'.repeat(400)}`,
  'Token with blank'
])('refuses the header %j', async (header) => {
  const { authenticate } = await setup()

  expect(await codeOf(authenticate(header))).toBe('UNAUTHENTICATED')
})

it('accepts clocks that disagree by five seconds and no more', async () => {
  const { authenticate } = await setup()
  const ahead = (s: number) =>
    sessionToken(key, { iat: seconds() + s, nbf: seconds() + s, exp: seconds() + s + 300 })

  expect(await codeOf(authenticate(`Bearer ${await ahead(3)}`))).toBe('accepted')
  expect(await codeOf(authenticate(`Bearer ${await ahead(8)}`))).toBe('UNAUTHENTICATED')
})

it('names the permission that a scope needs', async () => {
  const { authenticate } = await setup()

  await expect(authenticate(`Token ${ALICE}`, 'operate')).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: expect.stringContaining('nautobot_ai_ops.operate_llmmodel')
  })
})

it('refuses a token that an exchange made', async () => {
  const users = { [ALICE]: { username: 'alice', scopes: ['chat'], exchanged: true } }
  const { authenticate } = await setup({ users })

  expect(await codeOf(authenticate(`Token ${ALICE}`))).toBe('UNAUTHENTICATED')
})

it('asks for the keys once for many tokens at the same time, and again after five minutes', async () => {
  const { authenticate, asked, elapse } = await setup()
  const header = `Bearer ${await sessionToken(key)}`
  await Promise.all([authenticate(header), authenticate(header), authenticate(header)])
  expect(asked('jwks')).toBe(1)

  elapse(300_000)
  const late = seconds() + 300
  await authenticate(`Bearer ${await sessionToken(key, { iat: late, nbf: late, exp: late + 300 })}`)
  expect(asked('jwks')).toBe(2)
})

it('finds a key that was made after the keys were read, but does not ask for every forged one', async () => {
  const { authenticate, asked, state, elapse } = await setup()
  await authenticate(`Bearer ${await sessionToken(key)}`)
  const next = await makeKey('key-2')
  state.keys.push(next)
  const header = `Bearer ${await sessionToken(next)}`

  expect(await codeOf(authenticate(header))).toBe('UNAUTHENTICATED')
  expect(asked('jwks')).toBe(1)
  elapse(10_000)
  expect(await codeOf(authenticate(header))).toBe('accepted')
  const forged = `Bearer ${await sessionToken(await makeKey('key-3'))}`
  await Promise.all(Array.from({ length: 20 }, () => codeOf(authenticate(forged))))
  expect(asked('jwks')).toBe(2)
})

it('keeps verifying with the last known keys while Nautobot is down, for fifteen minutes', async () => {
  const { authenticate, state, elapse } = await setup()
  const at = (ms: number) => {
    const then = seconds() + ms / 1_000
    return sessionToken(key, { iat: then, nbf: then, exp: then + 300 })
  }
  await authenticate(`Bearer ${await at(0)}`)
  state.failWith = 503
  elapse(600_000)
  expect(await codeOf(authenticate(`Bearer ${await at(600_000)}`))).toBe('accepted')
  elapse(300_000)
  expect(await codeOf(authenticate(`Bearer ${await at(900_000)}`))).toBe('NAUTOBOT_UNAVAILABLE')
})

it('says that Nautobot is down, never that a token is wrong', async () => {
  const { authenticate, server } = await setup()
  await server.stop()

  expect(await codeOf(authenticate(`Token ${ALICE}`))).toBe('NAUTOBOT_UNAVAILABLE')
  expect(await codeOf(authenticate(`Bearer ${await sessionToken(key)}`))).toBe(
    'NAUTOBOT_UNAVAILABLE'
  )
})

it('tells a missing app and a refused service account apart from a wrong token', async () => {
  const { authenticate, state, elapse } = await setup()
  state.failWith = 404
  await expect(authenticate(`Token ${ALICE}`)).rejects.toMatchObject({
    code: 'NAUTOBOT_REFUSED',
    message: expect.stringContaining('not installed')
  })
  state.failWith = 403
  expect(await codeOf(authenticate(`Bearer ${await sessionToken(key)}`))).toBe('NAUTOBOT_REFUSED')
  state.failWith = undefined
  elapse(2_000)
  expect(await codeOf(authenticate(`Bearer ${await sessionToken(key)}`))).toBe('accepted')
})

it('asks about an API token once a minute, and about a wrong one every five seconds', async () => {
  const { authenticate, asked, elapse } = await setup()
  const wrong = `Token ${'b'.repeat(40)}`
  await Promise.all([authenticate(`Token ${ALICE}`), authenticate(`Token ${ALICE}`)])
  await codeOf(authenticate(wrong))
  await codeOf(authenticate(wrong))
  expect(asked('whoami')).toBe(2)

  elapse(5_000)
  expect(await codeOf(authenticate(wrong))).toBe('UNAUTHENTICATED')
  await authenticate(`Token ${ALICE}`)
  expect(asked('whoami')).toBe(3)
  elapse(55_000)
  await authenticate(`Token ${ALICE}`)
  expect(asked('whoami')).toBe(4)
})

it('reads the signing keys with the service token and no other request with it', async () => {
  const { authenticate, server } = await setup()
  await authenticate(`Bearer ${await sessionToken(key)}`)
  await authenticate(`Token ${ALICE}`)

  expect(
    server.requests.map(({ path, headers }) => [path.split('/').at(-2), headers.authorization])
  ).toEqual([
    ['jwks', `Token ${SERVICE_TOKEN}`],
    ['whoami', `Token ${ALICE}`]
  ])
})

it('ends the waiting of a caller who went away and lets the others have the answer', async () => {
  const { authenticate, asked } = await setup()
  const leaving = new AbortController()
  const left = authenticate(`Token ${ALICE}`, 'chat', leaving.signal)
  const stays = authenticate(`Token ${ALICE}`)
  leaving.abort(new Error('gone'))

  await expect(left).rejects.toThrow('gone')
  expect(await stays).toMatchObject({ username: 'alice' })
  expect(asked('whoami')).toBe(1)
})

it('answers as the LAB user only where there is no Authorization header', async () => {
  const lab: Caller = {
    id: 'id-lab',
    username: 'lab',
    scopes: new Set(['chat', 'operate']),
    credential: { kind: 'api-token', token: new Secret('lab-token') }
  }
  const { authenticate } = await setup({}, lab)

  expect(await authenticate(undefined, 'operate')).toBe(lab)
  expect(await codeOf(authenticate(undefined, 'erase'))).toBe('FORBIDDEN')
  expect(await codeOf(authenticate('Token wrong'))).toBe('UNAUTHENTICATED')
})

it('puts no token into an error', async () => {
  const { authenticate } = await setup()
  const canary = `canary${'c'.repeat(34)}`
  const errors = await Promise.all(
    [`Token ${canary}`, `Bearer ${canary}.${canary}.${canary}`].map((header) =>
      authenticate(header).catch((error: unknown) => error)
    )
  )

  expect(inspect(errors, { depth: 10 })).not.toContain('canary')
})
