import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { createAuthenticator } from '../../src/auth/authenticator.ts'
import { createRunToken } from '../../src/auth/run-token.ts'
import { createUserTokens } from '../../src/auth/user-token.ts'
import { connectInMemory } from '../../src/mcp/mcp-connection.ts'
import { createModelDirectory } from '../../src/nautobot-tools/model-directory.ts'
import { createNautobotToolServer } from '../../src/nautobot-tools/server.ts'
import { Secret } from '../../src/platform/secret.ts'
import { CLIENTS } from '../support/door-clients.ts'
import { callOfferedTools } from '../support/model-steps.ts'
import { nautobotObjects } from '../support/nautobot-objects.ts'
import { sharedNautobot } from './support/client.ts'
import { forgerOf } from './support/forged-tokens.ts'
import { createPerson, type Person } from './support/people.ts'
import type {} from './support/provided.ts'
import { countAs } from './support/rest.ts'
import { checkWhoAsked, ownersOf } from './support/sent-tokens.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const QUESTION = 'How many devices are there?'
const COUNT = [{ tool: 'count', args: { model: 'dcim.device' } }]
/** Each tool, with arguments that make it read. */
const EVERY_TOOL = [
  ...COUNT,
  { tool: 'find', args: { model: 'devices', filters: { role: 'nobody' } } },
  { tool: 'find', args: { model: 'vlans' } },
  { tool: 'get', args: { object: 'ams01-rtr-01' } },
  { tool: 'get', args: { object: 'ams01-rtr-0' } },
  { tool: 'describe', args: { model: 'racks' } },
  { tool: 'changes', args: { since: 'yesterday', user: 'nobody' } },
  { tool: 'query', args: { query: '{ devices(limit: 2) { interfaces { name } } nope { x } }' } },
  { tool: 'query', args: { query: '{ devices(limit: 2) { interfaces { name } } }' } }
]
const SAVED = { tool: 'saved_routers_of_a_place', args: { place: ['AMS01'] } }

const objects = nautobotObjects(inject('nautobot'))
let service: Service

beforeAll(async () => {
  const query = 'query ($place: [String]!) { devices(location: $place, role: "router") { name } }'
  await objects.create('/extras/graphql-queries/', { name: 'Routers of a place', query })
  service = await startService({ env: { AI_OPS_RATE_LIMIT_PER_MINUTE: '100000' } })
})
afterAll(async () => {
  await service?.stop()
  await objects.removeAll()
})
beforeEach(() => {
  service.model.answer(callOfferedTools(COUNT))
})

const context = () => ({ signal: new AbortController().signal, correlationId: 'asks-as-you' })
const allDevices = () => countAs('admin', 'dcim/devices/')

test('[S2, S9] every tool in the chat and at the door asks with a read-only token of who asks', async () => {
  const askers = [
    ['alice', (await sessionToken('alice')).authorization],
    ['bob', apiToken('bob')]
  ] as const
  service.model.answer(callOfferedTools([...EVERY_TOOL, SAVED]))
  const [, , connect] = CLIENTS[2] ?? expect.fail('no client')
  for (const [user, authorization] of askers) {
    service.proxy.forget()
    const { status, body, text } = await service.ask(authorization, QUESTION)
    expect([user, status, body.toolCalls?.length], text).toEqual([user, 200, EVERY_TOOL.length + 1])
    const inChat = service.proxy.requests.length
    const door = await connect(service.sidecar.url, { authorization })
    for (const { tool, args } of EVERY_TOOL) await door.call(tool, args)
    await door.close()

    const seen = [...service.proxy.requests]
    const asking = {
      askers: new Map([[authorization, user]]),
      owners: await ownersOf(seen),
      askerOf: () => user
    }
    const reads = [seen.slice(0, inChat), seen.slice(inChat)].map((part) =>
      checkWhoAsked(part, asking)
    )
    expect(Math.min(...reads)).toBeGreaterThan(EVERY_TOOL.length)
  }
})

/** Asks in one conversation, and says what the user was told. */
function conversation({ authorization }: Person) {
  let conversationId: string | undefined
  return async () => {
    const { status, body, text } = await service.call('/api/v1/chat', {
      authorization,
      body: { message: QUESTION, ...(conversationId && { conversationId }) }
    })
    conversationId ??= body.conversationId
    if (status !== 200) return { status, code: body.error?.code, message: body.error?.message }
    const { count, error } = JSON.parse(body.response ?? text)
    return { status, count, code: error?.code, message: error?.message }
  }
}

test('[T12] the next question of a conversation shows less once an administrator took a right away', async () => {
  const carol = await createPerson(objects, 'carol')
  const ask = conversation(carol)
  expect(await ask()).toMatchObject({ status: 200, count: await allDevices() })

  const constraints = { location__name: 'AMS01' }
  await objects.update('/users/permissions/', carol.permissionId, { constraints })
  const fewer = (await ask()).count
  expect(fewer).toBeGreaterThan(0)
  expect(fewer).toBeLessThan((await allDevices()) ?? 0)

  await objects.remove('/users/permissions/', carol.permissionId)
  expect(await ask()).toMatchObject({ status: 200, count: undefined, code: 'FORBIDDEN' })
})

test('[T12] so it does once they left a group, of which nobody tells this service', async () => {
  const dora = await createPerson(objects, 'dora', 'Viewers of devices')
  const ask = conversation(dora)
  expect(await ask()).toMatchObject({ status: 200, count: await allDevices() })
  await objects.update('/users/users/', dora.id, { groups: [] })

  expect(await ask()).toMatchObject({ status: 200, count: undefined, code: 'FORBIDDEN' })
})

test('[T13] who was deactivated is told so and gets no answer', async () => {
  const erin = await createPerson(objects, 'erin')
  const ask = conversation(erin)
  expect(await ask()).toMatchObject({ count: await allDevices() })
  await objects.update('/users/users/', erin.id, { is_active: false })

  const first = await ask()
  expect(first.count).toBeUndefined()
  expect(['UNAUTHENTICATED', 'FORBIDDEN']).toContain(first.code)
  const next = await ask()
  expect([401, 403]).toContain(next.status)
  expect(next.message).toMatch(/account is inactive|does not accept this token/)
})

test('[T13] a deleted API token ends what was made for it', async () => {
  const fred = await createPerson(objects, 'fred')
  const ask = conversation(fred)
  expect(await ask()).toMatchObject({ count: await allDevices() })
  const { url } = inject('nautobot')
  const headers = { authorization: fred.authorization }
  await fetch(`${url}/api/users/tokens/${fred.tokenId}/`, { method: 'DELETE', headers })

  const first = await ask()
  expect(first).toMatchObject({ count: undefined, code: 'UNAUTHENTICATED' })
  expect(await ask()).toMatchObject({ status: 401, message: expect.stringMatching(/^[A-Z].+\.$/) })
})

/** A call of a run of alice's that has lasted longer than its token; `changes` are made to its grant. */
async function callInLongRun(changes: JWTPayload) {
  const nautobot = sharedNautobot()
  const serviceToken = new Secret(inject('nautobot').users.service.token)
  const authenticate = createAuthenticator({ nautobot, serviceToken })
  const userTokens = createUserTokens({ nautobot, serviceToken })
  const caller = await authenticate(apiToken('alice'), 'chat', context())
  const made = await userTokens.forCaller(caller, context())
  const grant = new Secret(await forgerOf(made.grant.reveal()).signed(changes))
  const first = { ...made, grant, expiresAt: Date.now() }
  const server = createNautobotToolServer({
    nautobot,
    directory: createModelDirectory(),
    correlationId: 'long-run',
    userId: made.userId,
    ...createRunToken({ first, userTokens })
  })
  const connection = await connectInMemory(server, 30_000)
  onTestFinished(() => connection.close())
  const { isError, content } = await connection.callTool('count', COUNT[0]?.args ?? {}, context())
  return { isError, text: JSON.parse(String(content[0]?.text)) }
}

test('a run that outlives its token goes on with its grant, and ends with it', async () => {
  const renewed = await callInLongRun({})
  expect(renewed.text.count).toBe(await countAs('alice', 'dcim/devices/'))

  const past = Math.floor(Date.now() / 1_000) - 60
  const { isError, text } = await callInLongRun({ exp: past, iat: past - 3_600, nbf: past - 3_605 })
  expect({ isError, text }).toEqual({
    isError: true,
    text: { error: { code: 'UNAUTHENTICATED', message: 'Sign in to Nautobot again.' } }
  })
})
