import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import type { Caller } from '../../../src/auth/caller.ts'
import { createUserTokens } from '../../../src/auth/user-token.ts'
import { AppError } from '../../../src/errors.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  context,
  type FakeShimState,
  serviceToken,
  startFakeShim
} from '../../support/fake-shim.ts'
import { json } from '../../support/wire-server.ts'

const TEN_MINUTES_SECONDS = 600

const caller = (name: string, kind: 'api-token' | 'session-token' = 'api-token'): Caller => ({
  id: `id-${name}`,
  username: name,
  scopes: new Set(['chat']),
  credential: { kind, token: new Secret(`secret-of-${name}`) }
})

/** User tokens whose clock the test moves, from a shim that exchanges `secret-of-<name>` and `grant-of-<name>`. */
async function setup(exchange?: FakeShimState['exchange'], maxEntries?: number) {
  let offsetMs = 0
  let made = 0
  const now = () => Date.now() + offsetMs
  const shim = await startFakeShim({
    exchange:
      exchange ??
      ((body) => {
        const name = String(Object.values(body)[0]).split('-').at(-1)
        made += 1
        const seconds = Math.floor(now() / 1_000)
        return {
          token: `token-${made}-of-${name}`,
          expires: seconds + TEN_MINUTES_SECONDS,
          grant: `grant-of-${name}`,
          grant_expires: seconds + 3_600,
          user: { id: `id-${name}`, username: name },
          scopes: ['chat'],
          llm_models: ['model-1'],
          mcp_servers: ['server-1']
        }
      })
  })
  const options = { nautobot: shim.nautobot, serviceToken, now, ...(maxEntries && { maxEntries }) }
  return {
    ...shim,
    tokens: createUserTokens(options),
    elapse: (ms: number) => {
      offsetMs += ms
    }
  }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'made',
    (error: unknown) => (error instanceof AppError ? error.code : inspect(error))
  )

it('exchanges no token that was made for one job', async () => {
  const { tokens, asked } = await setup()
  const credential = { kind: 'job-token', job: 'sweep' } as const

  const work = tokens.forCaller({ ...caller('alice'), credential }, context())
  expect(await codeOf(work)).toBe('FORBIDDEN')
  expect(asked('token-exchange')).toBe(0)
})

it('exchanges what the caller came with, once for questions at the same time', async () => {
  const { tokens, server } = await setup()
  const [first, second] = await Promise.all([
    tokens.forCaller(caller('alice', 'session-token'), context()),
    tokens.forCaller(caller('alice', 'session-token'), context())
  ])
  await tokens.forCaller(caller('bob'), context())

  expect(first).toBe(second)
  expect(first?.token.reveal()).toBe('token-1-of-alice')
  expect(first?.llmModelIds).toEqual(new Set(['model-1']))
  expect(first?.mcpServerIds).toEqual(new Set(['server-1']))
  expect(server.requests.map(({ body }) => body)).toEqual([
    { session_token: 'secret-of-alice' },
    { api_token: 'secret-of-bob' }
  ])
})

it('keeps a token until a minute before it expires', async () => {
  const { tokens, asked, elapse } = await setup()
  const first = await tokens.forCaller(caller('alice'), context())
  elapse(538_000)
  expect(await tokens.forCaller(caller('alice'), context())).toBe(first)
  elapse(2_000)
  expect(await tokens.forCaller(caller('alice'), context())).not.toBe(first)
  expect(asked('token-exchange')).toBe(2)
})

it('exchanges anew after Nautobot refused a token, for that user alone', async () => {
  const { tokens, asked } = await setup()
  const alice = await tokens.forCaller(caller('alice'), context())
  const bob = await tokens.forCaller(caller('bob'), context())
  tokens.forget(alice.token)

  expect(await tokens.forCaller(caller('bob'), context())).toBe(bob)
  expect((await tokens.forCaller(caller('alice'), context())).token.reveal()).toBe(
    'token-3-of-alice'
  )
  expect(asked('token-exchange')).toBe(3)
})

it('asks again for everybody after a change of rights, also when an exchange was under way', async () => {
  const { tokens } = await setup()
  const early = tokens.forCaller(caller('alice'), context())
  tokens.forgetAll()
  const before = (await early).token.reveal()
  const after = (await tokens.forCaller(caller('alice'), context())).token.reveal()
  const kept = (await tokens.forCaller(caller('alice'), context())).token.reveal()

  expect(after).not.toBe(before)
  expect(kept).toBe(after)
})

it('renews with a grant', async () => {
  const { tokens, server } = await setup()
  const renewed = await tokens.renew(new Secret('grant-of-alice'), context())

  expect(renewed).toMatchObject({ userId: 'id-alice', username: 'alice' })
  expect(server.requests[0]?.body).toEqual({ grant: 'grant-of-alice' })
})

it.each([
  [400, 'session_ended', 'UNAUTHENTICATED'],
  [400, 'token_invalid', 'UNAUTHENTICATED'],
  [400, 'token_expired', 'UNAUTHENTICATED'],
  [400, 'token_exchanged', 'UNAUTHENTICATED'],
  [403, 'user_refused', 'FORBIDDEN'],
  [400, 'invalid_request', 'INTERNAL'],
  [403, undefined, 'NAUTOBOT_REFUSED'],
  [404, undefined, 'NAUTOBOT_REFUSED'],
  [503, undefined, 'NAUTOBOT_UNAVAILABLE']
])('turns the refusal %i %s into %s and asks again next time', async (status, code, expected) => {
  const { tokens, asked } = await setup((_body, response) =>
    json(response, status, { detail: 'no', code })
  )

  expect(await codeOf(tokens.forCaller(caller('alice'), context()))).toBe(expected)
  expect(await codeOf(tokens.forCaller(caller('alice'), context()))).toBe(expected)
  expect(asked('token-exchange')).toBe(2)
})

it('reports a refused token of the service account as its own fault', async () => {
  const { nautobot } = await setup()
  const tokens = createUserTokens({ nautobot, serviceToken: new Secret('wrong') })

  expect(await codeOf(tokens.forCaller(caller('alice'), context()))).toBe('NAUTOBOT_REFUSED')
})

it('never uses a token that Nautobot made for somebody else', async () => {
  const { tokens } = await setup(() => ({
    token: 't',
    expires: 9e9,
    grant: 'g',
    grant_expires: 9e9,
    user: { id: 'id-bob', username: 'bob' },
    llm_models: [],
    mcp_servers: []
  }))

  expect(await codeOf(tokens.forCaller(caller('alice'), context()))).toBe('INTERNAL')
})

it('understands no answer that is not the contract', async () => {
  const { tokens } = await setup(() => ({ token: 'canary-token' }))
  const error = await tokens.forCaller(caller('alice'), context()).catch((cause: unknown) => cause)

  expect(error).toMatchObject({ code: 'NAUTOBOT_UNAVAILABLE' })
  expect(inspect(error, { depth: 10 })).not.toContain('canary-token')
})

it('never crosses two users who ask a thousand times in turns', async () => {
  const { tokens, elapse } = await setup()
  const seen = { alice: new Set<string>(), bob: new Set<string>() }
  for (let round = 0; round < 100; round += 1) {
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const name = (index + round) % 2 === 0 ? 'alice' : 'bob'
        const { token, userId } = await tokens.forCaller(caller(name), context())
        expect(userId).toBe(`id-${name}`)
        seen[name].add(token.reveal())
        if (index === 9 && round % 7 === 0) tokens.forget(token)
      })
    )
    elapse(30_000)
  }

  expect(seen.alice.size).toBeGreaterThan(5)
  expect([...seen.alice].filter((token) => !token.endsWith('-of-alice'))).toEqual([])
  expect([...seen.bob].filter((token) => !token.endsWith('-of-bob'))).toEqual([])
})

it('holds a bounded number of tokens', async () => {
  const { tokens, asked } = await setup(undefined, 2)
  for (const name of ['alice', 'bob', 'carol']) await tokens.forCaller(caller(name), context())
  await tokens.forCaller(caller('carol'), context())
  expect(asked('token-exchange')).toBe(3)
  await tokens.forCaller(caller('alice'), context())
  expect(asked('token-exchange')).toBe(4)
})

it('ends the waiting when the only one who waits goes away, and keeps nothing of it', async () => {
  const arrived = Promise.withResolvers<void>()
  const { tokens, asked } = await setup(() => arrived.resolve())
  const leaving = new AbortController()
  const waiting = tokens.forCaller(caller('alice'), context(leaving.signal))
  await arrived.promise
  leaving.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')

  const again = tokens.forCaller(caller('alice'), context(AbortSignal.timeout(50)))
  await expect(again).rejects.toThrow()
  expect(asked('token-exchange')).toBe(2)
})
