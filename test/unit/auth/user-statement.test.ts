import type { ServerResponse } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { createUserStatements } from '../../../src/auth/user-statement.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { testClient } from '../../support/catalog-objects.ts'
import { context, serviceToken } from '../../support/fake-shim.ts'
import { json, startWireServer, type WireRequest } from '../../support/wire-server.ts'

const CRM = { id: 'server-1', name: 'CRM', address: 'https://crm.example.com/mcp' }
const ALICE = { id: 'id-alice', grant: new Secret('canary-grant') }
const STATED = { url: CRM.address, value: 'canary-statement', expires: 1_800_000_000 }

type Answer = (request: WireRequest, response: ServerResponse) => unknown

async function setup(answer: Answer) {
  const told: unknown[] = []
  let outdated = 0
  const server = await startWireServer(answer)
  const nautobot = testClient(server.url)
  const state = createUserStatements({
    nautobot,
    serviceToken,
    onOutdated: () => {
      outdated += 1
    },
    onStated: ({ name }, stated) => void told.push({ name, ...stated })
  })
  onTestFinished(() => void (nautobot as { close?: () => void }).close?.())
  return { state, told, server, outdated: () => outdated }
}

it("asks with the grant of the user and the service's own token, and tells the audit no secret", async () => {
  const { state, told, server } = await setup(() => STATED)
  const { address, secret, expiresAt } = await state(CRM, ALICE, context())
  expect([address, secret.reveal(), expiresAt]).toEqual([
    CRM.address,
    'canary-statement',
    1_800_000_000_000
  ])
  const [asked] = server.requests
  expect(asked?.path).toBe('/api/plugins/ai-ops/mcp-servers/server-1/user-statement/')
  expect(asked?.body).toEqual({ grant: 'canary-grant' })
  expect(asked?.headers.authorization).toBe('Token service-token')
  expect(told).toEqual([{ name: 'CRM', userId: 'id-alice', correlationId: 'c-1', outcome: 'ok' }])
  expect(JSON.stringify(told)).not.toContain('canary')
})

it('a statement for another address than that of the catalog is not used', async () => {
  const { state, outdated } = await setup(() => ({ ...STATED, url: 'https://evil.example.com/' }))
  await expect(state(CRM, ALICE, context())).rejects.toMatchObject({
    code: 'CREDENTIAL_UNAVAILABLE',
    message: expect.stringContaining('has just changed')
  })
  expect(outdated()).toBe(1)
})

it.each([
  [404, 'no_server', 'CREDENTIAL_UNAVAILABLE'],
  [400, 'session_ended', 'UNAUTHENTICATED'],
  [403, 'user_refused', 'FORBIDDEN']
])('names a refusal %i %s as %s', async (status, code, ours) => {
  const { state, told } = await setup((_request, response) =>
    json(response, status, { code, detail: 'No.' })
  )
  await expect(state(CRM, ALICE, context())).rejects.toMatchObject({ code: ours })
  expect(told).toMatchObject([{ userId: 'id-alice', outcome: ours }])
})

it('an answer that is none is refused', async () => {
  const { state } = await setup(() => ({ url: CRM.address, value: '' }))
  await expect(state(CRM, ALICE, context())).rejects.toMatchObject({ code: 'NAUTOBOT_UNAVAILABLE' })
})
