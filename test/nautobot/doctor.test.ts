import { expect, inject, test } from 'vitest'
import { examine } from '../../src/doctor/examine.ts'
import type {} from './support/provided.ts'

const { url, users, eventRedisUrl } = inject('nautobot')

/** What the doctor says of Nautobot and the account; the models of other tests are not its business here. */
async function examineAs(user: keyof typeof users) {
  const findings = await examine({
    variables: {
      AI_OPS_ENV: 'NONPROD',
      NAUTOBOT_URL: url,
      NAUTOBOT_TOKEN: users[user].token,
      REDIS_URL: eventRedisUrl
    },
    version: '0.1.0'
  })
  return findings
    .filter(({ check }) => /^(nautobot|rights|service account)/.test(check))
    .map(({ state, check, sentence }) => `${state} ${check}: ${sentence}`)
}

test('finds the rights of the service account as the app asks for them', async () => {
  expect(await examineAs('service')).toEqual([
    expect.stringMatching(/^ok nautobot name: /),
    'ok nautobot: It answers, and knows the service account by its token.',
    expect.stringMatching(/^ok nautobot version: It is 3\.2\.\d+\.$/),
    'ok nautobot app: It is 0.1.0, as this service.',
    'ok rights: The service account has those that it needs and none beyond them.'
  ])
})

test('names a superuser in its place', async () => {
  expect((await examineAs('admin')).slice(4)).toEqual([
    'warn rights: The service account is a superuser: whoever has its token has all of Nautobot.'
  ])
})

test('names what a person lacks in its place, and has beyond it', async () => {
  expect((await examineAs('alice')).slice(4)).toEqual([
    'warn rights: The service account may also: chat of LLM models.',
    expect.stringMatching(
      /^fail rights: The service account lacks: view MCP servers, view system prompts, .*exchange_token\.$/
    ),
    'warn rights: The service account may also: view devices, view prefixes.'
  ])
})
