import { expect, it, onTestFinished } from 'vitest'
import type { UserToken } from '../../../src/auth/caller.ts'
import { createCatalogReader } from '../../../src/catalog/catalog-reader.ts'
import { createCatalogWriter } from '../../../src/catalog/catalog-writer.ts'
import { llmModelSchemas, systemPromptSchemas } from '../../../src/http/configuration-schemas.ts'
import { Secret } from '../../../src/platform/secret.ts'
import {
  llmModelAnswer,
  mcpServerAnswer,
  systemPromptAnswer,
  testClient,
  uuid
} from '../../support/catalog-objects.ts'
import { ALICE_TOKEN, createCaller, startApp } from '../../support/http-app.ts'
import { json, startWireServer, type WireHandler } from '../../support/wire-server.ts'

const EXCHANGED = 'exchanged-token'

const userToken: UserToken = {
  userId: 'id-alice',
  username: 'alice',
  token: new Secret(EXCHANGED),
  expiresAt: 0,
  grant: new Secret('grant'),
  grantExpiresAt: 0,
  llmModelIds: new Set(),
  mcpServerIds: new Set<string>()
}

/** The routes in a real app, in front of a Nautobot that answers with `handle`. */
async function setup(handle: WireHandler, { session = false } = {}) {
  let changes = 0
  const forgotten: string[] = []
  const nautobot = await startWireServer(handle)
  const client = testClient(nautobot.url)
  const reader = createCatalogReader(client)
  const onChanged = () => {
    changes += 1
  }
  const options = {
    reader,
    writer: createCatalogWriter({ client, reader, onChanged }),
    userTokens: {
      forCaller: async () => userToken,
      forget: (token: Secret) => void forgotten.push(token.reveal())
    }
  }
  const kind = session ? 'session-token' : 'api-token'
  const app = await startApp({
    configuration: options,
    authenticate: async () => ({
      ...createCaller('alice'),
      credential: { kind, token: new Secret(ALICE_TOKEN) }
    })
  })
  onTestFinished(() => app.stop())

  async function ask(method: string, path: string, body?: unknown) {
    const response = await fetch(`${app.url}/api/v1/${path}`, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
  }
  return { nautobot, ask, changes: () => changes, forgotten, log: app.log }
}

const page = (...results: unknown[]) => ({ count: results.length, results })

it.each([
  ['llm-models', llmModelAnswer(1, 'gpt')],
  ['mcp-servers', mcpServerAnswer(1, 'docs')],
  ['system-prompts', systemPromptAnswer(1, 'Default')]
])("lists %s in camelCase with the caller's own token", async (list, answer) => {
  const { nautobot, ask } = await setup(() => page(answer))

  const { status, body } = await ask('GET', list)

  expect(status).toBe(200)
  expect(body.count).toBe(1)
  expect(body.items[0]).toMatchObject({
    id: uuid(1),
    name: answer.name,
    status: answer.status.name,
    page: `${nautobot.url}/plugins/ai-ops/${list}/${uuid(1)}/`
  })
  expect(Object.keys(body.items[0]).join()).not.toContain('_')
  expect(nautobot.requests[0]).toMatchObject({
    path: `/api/plugins/ai-ops/${list}/`,
    headers: { authorization: `Token ${ALICE_TOKEN}` }
  })
  expect(nautobot.requests[0]?.query.toString()).toBe('limit=50&offset=0&depth=1&exclude_m2m=false')
})

it('answers what its document describes', async () => {
  const { ask } = await setup((request) =>
    request.path.includes('prompts') ? systemPromptAnswer(1, 'a') : llmModelAnswer(1, 'a')
  )

  const model = await ask('GET', `llm-models/${uuid(1)}`)
  const prompt = await ask('GET', `system-prompts/${uuid(1)}`)

  expect(llmModelSchemas.view.parse(model.body)).toEqual(model.body)
  expect(systemPromptSchemas.view.parse(prompt.body)).toEqual(prompt.body)
  expect(model.body.secretsGroup).toEqual({ id: uuid(800), name: 'keys' })
})

it('passes filters and the page on', async () => {
  const { nautobot, ask } = await setup(() => page())

  await ask('GET', 'llm-models?name=a&status=Healthy&enabled=false&limit=100&offset=7')

  expect(Object.fromEntries(nautobot.requests[0]?.query ?? [])).toEqual({
    name: 'a',
    status: 'Healthy',
    enabled: 'false',
    limit: '100',
    offset: '7',
    depth: '1',
    exclude_m2m: 'false'
  })
})

it.each([
  ['llm-models?limit=101', 'limit'],
  ['llm-models?offset=-1', 'offset'],
  ['llm-models?enabled=maybe', 'enabled'],
  ['system-prompts?enabled=true', 'enabled'],
  ['llm-models?colour=red', 'colour'],
  ['llm-models/not-a-uuid', 'id']
])('refuses %s before it asks Nautobot', async (path, field) => {
  const { nautobot, ask } = await setup(() => page())

  const { status, body } = await ask('GET', path)

  expect(status).toBe(400)
  expect(body.error).toMatchObject({
    code: 'INVALID_REQUEST',
    details: { fields: [{ path: field }] }
  })
  expect(nautobot.requests).toHaveLength(0)
})

it('reads for a session with an exchanged token, and drops one that Nautobot no longer takes', async () => {
  let refuse = false
  const { nautobot, ask, forgotten } = await setup(
    (_request, response) => (refuse ? json(response, 403, { detail: 'Token expired' }) : page()),
    { session: true }
  )

  expect((await ask('GET', 'llm-models')).status).toBe(200)
  expect(nautobot.requests[0]?.headers.authorization).toBe(`Token ${EXCHANGED}`)
  expect(forgotten).toEqual([])
  refuse = true
  expect((await ask('GET', 'llm-models')).status).toBe(401)
  expect(forgotten).toEqual([EXCHANGED])
})

it.each([
  ['POST', 'system-prompts', { name: 'a', status: 'Draft', text: 'x' }],
  ['PATCH', `system-prompts/${uuid(1)}`, { text: 'x' }],
  ['DELETE', `system-prompts/${uuid(1)}`, undefined]
])('sends a session that would %s to Nautobot', async (method, path, sent) => {
  const { nautobot, ask, changes } = await setup(() => page(), { session: true })

  const { status, body } = await ask(method, path, sent)

  expect(status).toBe(403)
  expect(body.error.code).toBe('WRITE_IN_NAUTOBOT')
  expect(nautobot.requests).toHaveLength(0)
  expect(changes()).toBe(0)
})

it("creates in Nautobot's words with the caller's token, and answers the complete object", async () => {
  const { nautobot, ask, changes } = await setup((request, response) => {
    if (request.method === 'GET') return llmModelAnswer(1, 'gpt')
    json(response, 201, { id: uuid(1), name: 'gpt', status: { id: uuid(900) } })
  })

  const { status, headers, body } = await ask('POST', 'llm-models', {
    name: 'gpt',
    status: 'Healthy',
    provider: 'azure-openai',
    modelName: 'gpt',
    remoteUrl: 'https://llm.example.com/',
    apiVersion: '2024-10-21',
    isDefault: true,
    verifyTls: false,
    timeoutSeconds: 60,
    parameters: { max_tokens: 10, top_p: 0.5 },
    secretsGroup: 'keys',
    systemPrompt: { id: uuid(700), name: 'Default' }
  })

  expect(nautobot.requests[0]).toMatchObject({
    method: 'POST',
    headers: { authorization: `Token ${ALICE_TOKEN}` },
    body: {
      name: 'gpt',
      status: { name: 'Healthy' },
      provider: 'azure-openai',
      model_name: 'gpt',
      remote_url: 'https://llm.example.com/',
      api_version: '2024-10-21',
      is_default: true,
      verify_tls: false,
      timeout: 60,
      parameters: { max_tokens: 10, top_p: 0.5 },
      secrets_group: { name: 'keys' },
      system_prompt: { id: uuid(700) }
    }
  })
  expect(status).toBe(201)
  expect(headers.get('location')).toBe(`/api/v1/llm-models/${uuid(1)}`)
  expect(body.systemPrompt).toEqual({ id: uuid(700), name: 'Default' })
  expect(changes()).toBe(1)
})

it('answers what Nautobot said to a write when the caller may not view the object', async () => {
  const { ask } = await setup((request, response) => {
    if (request.method === 'GET') return json(response, 403, { detail: 'Not permitted.' })
    json(response, 201, systemPromptAnswer(1, 'a', { status: { id: uuid(900) } }))
  })

  const { status, body } = await ask('POST', 'system-prompts', {
    name: 'a',
    status: 'Draft',
    text: 'x'
  })

  expect(status).toBe(201)
  expect(body).toMatchObject({ id: uuid(1), name: 'a', status: uuid(900) })
})

it('changes only what is named', async () => {
  const { nautobot, ask, changes } = await setup(() => mcpServerAnswer(1, 'docs'))

  const { status } = await ask('PATCH', `mcp-servers/${uuid(1)}`, {
    enabled: false,
    secretsGroup: null,
    status: uuid(900)
  })

  expect(status).toBe(200)
  expect(nautobot.requests[0]).toMatchObject({
    method: 'PATCH',
    path: `/api/plugins/ai-ops/mcp-servers/${uuid(1)}/`,
    body: { enabled: false, secrets_group: null, status: { id: uuid(900) } }
  })
  expect(changes()).toBe(1)
})

it('deletes', async () => {
  const { nautobot, ask, changes } = await setup((_request, response) => {
    response.writeHead(204).end()
  })

  const { status, body } = await ask('DELETE', `mcp-servers/${uuid(1)}`)

  expect([status, body]).toEqual([204, ''])
  expect(nautobot.requests[0]?.method).toBe('DELETE')
  expect(changes()).toBe(1)
})

it.each([
  ['an unknown field', { text: 'x', colour: 'red' }, 'colour'],
  ['no field', {}, 'body'],
  ['a wrong type', { text: 1 }, 'text'],
  ['an empty name', { name: '' }, 'name'],
  ['a long name', { name: 'x'.repeat(256) }, 'name'],
  ['a text beyond the limit', { text: 'x'.repeat(200_001) }, 'text']
])('refuses a change with %s', async (_what, sent, field) => {
  const { nautobot, ask } = await setup(() => ({}))

  const { status, body } = await ask('PATCH', `system-prompts/${uuid(1)}`, sent)

  expect(status).toBe(400)
  expect(body.error.details.fields[0].path).toBe(field)
  expect(nautobot.requests).toHaveLength(0)
})

it("names the fields that Nautobot refuses as the client wrote them, in Nautobot's words", async () => {
  const { ask, changes } = await setup((_request, response) =>
    json(response, 400, {
      remote_url: ['Enter an address.'],
      timeout: ['Too long.'],
      parameters: ['Remove "x".'],
      some_new_field: ['Strange.'],
      __all__: ['Nothing fits.']
    })
  )

  const { status, body } = await ask('PATCH', `llm-models/${uuid(1)}`, { remoteUrl: 'x' })

  expect(status).toBe(400)
  expect(body.error).toMatchObject({
    code: 'INVALID_REQUEST',
    message: 'remoteUrl: Enter an address.',
    details: {
      fields: [
        { path: 'remoteUrl', message: 'Enter an address.' },
        { path: 'timeoutSeconds', message: 'Too long.' },
        { path: 'parameters', message: 'Remove "x".' },
        { path: 'someNewField', message: 'Strange.' },
        { path: '', message: 'Nothing fits.' }
      ]
    }
  })
  expect(changes()).toBe(0)
})

it.each([
  [403, { detail: 'You do not have permission to perform this action.' }, 403, 'FORBIDDEN'],
  [403, { detail: 'Invalid token' }, 401, 'UNAUTHENTICATED'],
  [404, { detail: 'Not found.' }, 404, 'OBJECT_NOT_FOUND'],
  [409, { detail: 'Other objects depend on it.' }, 409, 'CONFLICT']
])("passes Nautobot's %i %j on", async (theirs, said, ours, code) => {
  const { ask, changes } = await setup((_request, response) => json(response, theirs, said))

  const { status, body } = await ask('DELETE', `llm-models/${uuid(1)}`)

  expect([status, body.error.code]).toEqual([ours, code])
  expect(changes()).toBe(0)
})

it('supposes a change when the answer to a write is lost', async () => {
  const { ask, changes } = await setup((_request, response) => void response.destroy())

  expect((await ask('DELETE', `llm-models/${uuid(1)}`)).status).toBe(503)
  expect(changes()).toBe(1)
})

it("keeps the caller's token out of the log", async () => {
  const { ask, log } = await setup((_request, response) => json(response, 500, {}))

  await ask('GET', 'llm-models')

  expect(log()).toContain('llm-models.list')
  expect(log()).not.toContain(ALICE_TOKEN)
})
