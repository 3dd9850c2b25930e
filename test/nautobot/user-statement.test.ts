import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { callOfferedTools } from '../support/model-steps.ts'
import { restAs } from './support/rest.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'
import { type StatementServer, startStatementServer } from './support/statement-server.ts'

const LIST = '/plugins/ai-ops/mcp-servers/'
const ROUNDS = 5

let service: Service
let tools: StatementServer
let id: string

beforeAll(async () => {
  const { url } = inject('nautobot')
  ;[tools, service] = await Promise.all([startStatementServer(url), startService()])
  id = await service.objects.create(LIST, {
    name: 'Who',
    status: 'Healthy',
    remote_url: tools.url,
    identity: 'user',
    read_only_tools: ['who_am_i']
  })
  service.model.answer(callOfferedTools([{ tool: 'who_am_i', args: {} }]))
})

afterAll(async () => {
  await service?.stop()
  await tools?.stop()
})

const ask = async (authorization: string) =>
  service.ask(authorization, 'Who am I there?').then(({ status, body, text }) => {
    expect(status, text).toBe(200)
    return body.response as string
  })

test('[T12, S9] an MCP server hears who asks, from Nautobot itself, in the chat of each user', async () => {
  const alice = (await sessionToken('alice')).authorization
  const answers = await Promise.all(
    Array.from({ length: ROUNDS }, () => [ask(alice), ask(apiToken('bob'))]).flat()
  )

  expect(answers.filter((_, at) => at % 2 === 0).every((text) => /alice/.test(text))).toBe(true)
  expect(answers.filter((_, at) => at % 2 === 1).every((text) => /bob/.test(text))).toBe(true)
  const calls = tools.told.filter(({ tool }) => tool === 'who_am_i')
  expect(calls.map(({ claims }) => claims.username).toSorted()).toEqual(
    Array.from({ length: ROUNDS }, () => ['alice', 'bob'])
      .flat()
      .toSorted()
  )
  const { users } = inject('nautobot')
  for (const { claims } of calls) {
    const { body } = await restAs('admin', `/api/users/users/${claims.sub}/`)
    expect(body.username).toBe(claims.username)
    // Neither the session nor any token of Nautobot.
    for (const { token } of Object.values(users))
      expect(JSON.stringify(claims)).not.toContain(token)
  }
  expect(tools.refused).toEqual([])
})

test('what is shown to the server opens nothing in Nautobot and nothing here', async () => {
  const statement = tools.told.at(-1)?.statement ?? ''
  const { url } = inject('nautobot')
  for (const scheme of ['Bearer', 'Token']) {
    const authorization = `${scheme} ${statement}`
    const answer = await fetch(`${url}/api/dcim/devices/`, { headers: { authorization } })
    expect([scheme, answer.status]).toEqual([
      scheme,
      expect.toSatisfy((code) => [401, 403].includes(code))
    ])
    const { status, body } = await service.ask(authorization, 'Who am I there?')
    expect([scheme, status, body.error.code]).toEqual([scheme, 401, 'UNAUTHENTICATED'])
  }
})

test('the health check asks as nobody, and a server that wants to know who asks counts as there', async () => {
  const before = tools.anonymous()
  const check = await service.call(`/api/v1/mcp-servers/${id}/check`, {
    method: 'POST',
    authorization: apiToken('admin')
  })
  expect(check.body).toMatchObject({ ok: true })
  expect(tools.anonymous()).toBeGreaterThan(before)
  expect(tools.refused).toEqual([])
})

test('who may not use the server is not vouched for, and is not told of its tools', async () => {
  const heard = tools.told.length
  const { body: found } = await restAs(
    'admin',
    '/api/users/permissions/?name=AI%20Ops%20tool%20servers'
  )
  const permission = (found.results as { id: string; users: { id: string }[] }[])[0]
  const path = `/api/users/permissions/${permission?.id}/`
  const change = (enabled: boolean) =>
    restAs('admin', path, { method: 'PATCH', body: JSON.stringify({ enabled }) })
  expect((await change(false)).status).toBe(200)
  try {
    await expect.poll(() => ask(apiToken('bob')), { timeout: 15_000 }).toMatch(/No planned tool/)
    const after = tools.told.length
    expect(await ask(apiToken('bob'))).toMatch(/No planned tool/)
    expect(tools.told.slice(after)).toEqual([])
    expect(after).toBeGreaterThanOrEqual(heard)
  } finally {
    expect((await change(true)).status).toBe(200)
  }
})
