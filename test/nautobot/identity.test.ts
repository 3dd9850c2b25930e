import { decodeJwt } from 'jose'
import { expect, inject, test } from 'vitest'
import { createAuthenticator } from '../../src/auth/authenticator.ts'
import { createUserTokens } from '../../src/auth/user-token.ts'
import { Secret } from '../../src/platform/secret.ts'
import { visible } from '../contract/support/oracle.ts'
import { connectTools } from '../support/tool-client.ts'
import { logIn } from './support/browser-session.ts'
import { sharedNautobot } from './support/client.ts'
import type {} from './support/provided.ts'

const context = () => ({ signal: new AbortController().signal, correlationId: 'identity' })
const SESSION_TOKEN = '/plugins/ai-ops/session-token/'

function connect() {
  const { users } = inject('nautobot')
  const nautobot = sharedNautobot()
  const serviceToken = new Secret(users.service.token)
  return {
    nautobot,
    authenticate: createAuthenticator({ nautobot, serviceToken }),
    userTokens: createUserTokens({ nautobot, serviceToken })
  }
}

test.each([
  ['alice', 'everything'],
  ['bob', 'ams01']
] as const)(
  'lets %s ask from the browser session and see what they may see',
  async (name, sight) => {
    const { nautobot, authenticate, userTokens } = connect()
    const session = await logIn(name)
    const { status, body } = await session.post(SESSION_TOKEN)
    const { token, scopes, user } = body as {
      token: string
      scopes: string[]
      user: { id: string }
    }
    expect({ status, scopes }).toEqual({ status: 200, scopes: ['chat'] })

    const caller = await authenticate(`Bearer ${token}`, 'chat', context())
    expect(caller).toMatchObject({
      id: user.id,
      username: name,
      credential: { kind: 'session-token' }
    })
    await expect(authenticate(`Bearer ${token}`, 'operate', context())).rejects.toMatchObject({
      code: 'FORBIDDEN'
    })
    const held = await userTokens.forCaller(caller, context())
    const call = await connectTools(nautobot, { userId: caller.id, token: held.token.reveal() })
    const { text } = await call('count', { model: 'devices' })
    expect(text.count).toBe(visible('dcim.device', sight).length)
  }
)

test('ends with the browser session: no exchange and no renewal after the logout', async () => {
  const { authenticate, userTokens } = connect()
  const session = await logIn('alice')
  const { token } = (await session.post(SESSION_TOKEN)).body as { token: string }
  const caller = await authenticate(`Bearer ${token}`, 'chat', context())
  const { grant } = await userTokens.forCaller(caller, context())
  await session.logout()

  const again = createUserTokensAnew()
  const signIn = { code: 'UNAUTHENTICATED', message: 'Sign in to Nautobot again.' }
  await expect(again.forCaller(caller, context())).rejects.toMatchObject(signIn)
  await expect(again.renew(grant, context())).rejects.toMatchObject(signIn)
})

/** As on another replica: nothing is remembered. */
function createUserTokensAnew() {
  return connect().userTokens
}

test('refuses a session token that was tampered with', async () => {
  const { authenticate } = connect()
  const session = await logIn('bob')
  const { token } = (await session.post(SESSION_TOKEN)).body as { token: string }
  const [header, , signature] = token.split('.')
  const claims = { ...decodeJwt(token), sub: 'somebody-else' }
  const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature]

  await expect(authenticate(`Bearer ${forged.join('.')}`, 'chat', context())).rejects.toMatchObject(
    { code: 'UNAUTHENTICATED' }
  )
})

test('gives no session token to who may not chat', async () => {
  const session = await logIn('mallory')

  expect((await session.post(SESSION_TOKEN)).status).toBe(403)
})

test('links lists that show the number that was said, and objects that exist', async () => {
  const { nautobot } = connect()
  const { users } = inject('nautobot')
  const session = await logIn('alice')
  const call = await connectTools(nautobot, { userId: 'alice', token: users.alice.token })
  const questions = [
    { model: 'devices', filters: { location: 'EMEA' } },
    { model: 'devices', filters: { location: ['AMS01', 'NYC01'], role: 'switch' } },
    { model: 'devices', filters: { has_primary_ip: false } },
    { model: 'devices', filters: { tags: ['critical', 'pci'] } },
    { model: 'devices', filters: { cf_site_code: 'NL-AMS-1', name__ic: 'sw' } },
    { model: 'VLANs', filters: { location: 'AMS01' } },
    { model: 'prefixes', filters: { type: 'container' } }
  ]
  for (const question of questions) {
    const { text, facts } = await call('count', question)
    const table = await session.table(facts.links[0]?.url ?? '')
    const shown = /Showing\s+\d+-\d+\s+of\s+(\d+)/.exec(table)?.[1]
    expect([question, Number(shown)]).toEqual([question, text.count])
  }
  const { facts } = await call('find', { model: 'devices', filters: { name: 'ams01-rtr-01' } })
  expect(facts.links[1]?.label).toBe('device ams01-rtr-01')
  expect(await session.page(facts.links[1]?.url ?? '')).toContain('ams01-rtr-01')
})
