import { expect, it } from 'vitest'
import { createRunToken } from '../../../src/auth/run-token.ts'
import { createUserTokens } from '../../../src/auth/user-token.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { context, serviceToken, startFakeShim } from '../../support/fake-shim.ts'
import { json } from '../../support/wire-server.ts'

const TEN_MINUTES_MS = 600_000

interface Grants {
  isGrantGood?: () => boolean
  answer?: () => Promise<void>
}

/** A run of alice's, whose grants are good as long as the test says. */
async function setup({ isGrantGood = () => true, answer }: Grants = {}) {
  let nowMs = 0
  let made = 0
  const now = () => nowMs
  const shim = await startFakeShim({
    exchange: async (body, response) => {
      await answer?.()
      if (!isGrantGood()) return json(response, 400, { detail: 'Expired.', code: 'token_expired' })
      made += 1
      return {
        token: `token-${made}`,
        expires: (nowMs + TEN_MINUTES_MS) / 1_000,
        grant: body.grant,
        grant_expires: 3_600,
        user: { id: 'id-alice', username: 'alice' },
        llm_models: [],
        mcp_servers: []
      }
    }
  })
  const userTokens = createUserTokens({ nautobot: shim.nautobot, serviceToken, now })
  const first = {
    userId: 'id-alice',
    username: 'alice',
    token: new Secret('token-0'),
    expiresAt: TEN_MINUTES_MS,
    grant: new Secret('grant-of-alice'),
    grantExpiresAt: 3_600_000,
    llmModelIds: new Set<string>(),
    mcpServerIds: new Set<string>()
  }
  const { userToken, forgetToken } = createRunToken({ first, userTokens, now })
  const token = async (signal?: AbortSignal) => (await userToken(context(signal))).reveal()
  const elapse = (ms: number) => {
    nowMs += ms
  }
  return { ...shim, token, forgetToken, elapse }
}

it('uses a token for its life, and renews it by the grant it began with', async () => {
  const { token, elapse, server } = await setup()
  elapse(TEN_MINUTES_MS - 60_001)
  expect(await token()).toBe('token-0')
  elapse(1)
  expect([await token(), await token()]).toEqual(['token-1', 'token-1'])
  elapse(TEN_MINUTES_MS)

  expect(await token()).toBe('token-2')
  expect(server.requests.map(({ body }) => body)).toEqual([
    { grant: 'grant-of-alice' },
    { grant: 'grant-of-alice' }
  ])
})

it('replaces a token that Nautobot refused, once for all who need it', async () => {
  const { token, forgetToken, asked } = await setup()
  forgetToken(new Secret(await token()))

  expect(await Promise.all([token(), token(), token()])).toEqual(['token-1', 'token-1', 'token-1'])
  forgetToken(new Secret('token-0'))
  expect(await token()).toBe('token-1')
  expect(asked('token-exchange')).toBe(1)
})

it('lets one leave without failing the others who wait for the same token', async () => {
  const arrived = Promise.withResolvers<void>()
  const late = Promise.withResolvers<void>()
  const { token, forgetToken } = await setup({
    answer: () => {
      arrived.resolve()
      return late.promise
    }
  })
  forgetToken(new Secret('token-0'))
  const leaving = new AbortController()
  const gone = token(leaving.signal)
  const waiting = token()
  await arrived.promise
  leaving.abort(new Error('left'))
  await expect(gone).rejects.toThrow('left')
  late.resolve()

  expect(await waiting).toBe('token-1')
})

it('says that one has to sign in again when the grant has expired', async () => {
  let isGood = true
  const { token, elapse } = await setup({ isGrantGood: () => isGood })
  isGood = false
  elapse(TEN_MINUTES_MS)

  for (let time = 0; time < 2; time += 1)
    await expect(token()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'Sign in to Nautobot again.'
    })
})
