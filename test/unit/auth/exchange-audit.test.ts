import { expect, it } from 'vitest'
import type { Caller } from '../../../src/auth/caller.ts'
import { createUserTokens, type Exchange } from '../../../src/auth/user-token.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  context,
  type FakeShimState,
  serviceToken,
  startFakeShim
} from '../../support/fake-shim.ts'
import { json } from '../../support/wire-server.ts'

const JANE: Caller = {
  id: 'id-jane',
  username: 'jane',
  scopes: new Set(['chat']),
  credential: { kind: 'session-token', token: new Secret('canary-secret') }
}

const granted = () => ({
  token: 'canary-token',
  expires: Math.floor(Date.now() / 1_000) + 600,
  grant: 'canary-grant',
  grant_expires: Math.floor(Date.now() / 1_000) + 3_600,
  user: { id: 'id-jane', username: 'jane' },
  scopes: ['chat'],
  llm_models: [],
  mcp_servers: []
})

async function setup(exchange: FakeShimState['exchange']) {
  const told: Exchange[] = []
  const { nautobot } = await startFakeShim({ exchange })
  const onExchanged = (one: Exchange) => void told.push(one)
  return { told, tokens: createUserTokens({ nautobot, serviceToken, onExchanged }) }
}

it('[S10] tells each exchange once, with whose it is, and no token', async () => {
  const { told, tokens } = await setup(granted)
  await tokens.forCaller(JANE, context())
  await tokens.forCaller(JANE, context())
  await tokens.renew(new Secret('canary-grant'), context())

  const about = { userId: 'id-jane', username: 'jane', outcome: 'ok' }
  expect(told).toMatchObject([
    { from: 'session-token', ...about },
    { from: 'grant', ...about }
  ])
  expect(JSON.stringify(told)).not.toContain('canary')
})

it('[S10] tells an exchange that was refused, with why', async () => {
  const { told, tokens } = await setup((_body, response) =>
    json(response, 403, { code: 'user_refused', detail: 'No.' })
  )
  await expect(tokens.forCaller(JANE, context())).rejects.toMatchObject({ code: 'FORBIDDEN' })

  expect(told).toMatchObject([{ from: 'session-token', userId: 'id-jane', outcome: 'FORBIDDEN' }])
})
