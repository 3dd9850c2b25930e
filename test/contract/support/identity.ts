import { expect, test } from 'vitest'
import { visible } from './oracle.ts'
import { type ContractPeer, codeOf, connect, context, open, refusalOf, SHIM_API } from './peer.ts'

/** Tokens that work. */
export function exchangesAgree(peer: () => ContractPeer): void {
  test('says who a token belongs to', async () => {
    const { nautobot, as, authenticate } = connect(peer())
    const { tokens } = peer()
    const caller = await authenticate(`Bearer ${tokens.everything}`, 'chat', context())
    const who = await nautobot.get(`${SHIM_API}/whoami/`, {}, as('everything'))

    expect(who).toMatchObject({ id: caller.id, username: caller.username, exchanged: false })
    expect(await codeOf(authenticate(`Token ${tokens.service}`, 'chat', context()))).toBe(
      'FORBIDDEN'
    )
    expect(await codeOf(authenticate(`Token ${'0'.repeat(40)}`, 'chat', context()))).toBe(
      'UNAUTHENTICATED'
    )
  })

  test('exchanges an API token for a read-only one, and a grant for another', async () => {
    const { nautobot, authenticate, userTokens } = open(peer())
    const caller = await authenticate(`Token ${peer().tokens.ams01}`, 'chat', context())
    const first = await userTokens.forCaller(caller, context())
    const renewed = await userTokens.renew(first.grant, context())
    const minutes = (first.expiresAt - Date.now()) / 60_000

    expect(minutes).toBeGreaterThan(9)
    expect(minutes).toBeLessThan(10.1)
    expect(first.userId).toBe(caller.id)
    expect(renewed.userId).toBe(caller.id)
    expect(renewed.token.reveal()).not.toBe(first.token.reveal())
    expect(renewed.grant.reveal()).toBe(first.grant.reveal())
    expect(renewed.grantExpiresAt).toBe(first.grantExpiresAt)
    const call = { ...context(), token: renewed.token }
    const seen = (await nautobot.get('/api/dcim/devices/', { limit: 1 }, call)) as { count: number }
    expect(seen.count).toBe(visible('dcim.device', 'ams01').length)
    const body = { name: 'new', text: 'x', status: 'Draft' }
    expect(await codeOf(nautobot.send('POST', `${SHIM_API}/system-prompts/`, body, call))).toBe(
      'FORBIDDEN'
    )
  })

  test('takes no token that an exchange made, neither as a credential nor for another exchange', async () => {
    const { authenticate, userTokens, exchange } = connect(peer())
    const caller = await authenticate(`Token ${peer().tokens.ams01}`, 'chat', context())
    const { token } = await userTokens.forCaller(caller, context())

    expect(await codeOf(authenticate(`Token ${token.reveal()}`, 'chat', context()))).toBe(
      'UNAUTHENTICATED'
    )
    expect(await refusalOf(exchange({ api_token: token.reveal() }))).toBe('token_exchanged')
  })
}

/** Tokens that do not. */
export function refusedExchangesAgree(peer: () => ContractPeer): void {
  test.each<[string, unknown, string]>([
    ['nothing', {}, 'invalid_request'],
    ['two inputs', { grant: 'a', api_token: 'b' }, 'invalid_request'],
    ['a number', { api_token: 7 }, 'invalid_request'],
    ['an unknown API token', { api_token: '0'.repeat(40) }, 'token_invalid'],
    ['a grant of its own making', { grant: 'a.b.c' }, 'token_invalid'],
    ['a session token of its own making', { session_token: 'a.b.c' }, 'token_invalid']
  ])('refuses to exchange %s', async (_what, body, code) => {
    const { exchange } = connect(peer())

    expect(await refusalOf(exchange(body))).toBe(code)
  })

  test('exchanges for the service account alone, and for users who may chat alone', async () => {
    const { exchange } = connect(peer())
    const { everything, service } = peer().tokens

    expect(await codeOf(exchange({ api_token: everything }, 'ams01'))).toBe('FORBIDDEN')
    expect(await refusalOf(exchange({ api_token: service }))).toBe('user_refused')
  })
}
