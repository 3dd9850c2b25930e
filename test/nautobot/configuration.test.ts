import { expect, inject, it, onTestFinished } from 'vitest'
import type { UserName } from '../../nautobot-plugin-shim/development/logins.ts'
import { createCatalogInvalidation } from '../../src/catalog/catalog-invalidation.ts'
import { createCatalogLoader } from '../../src/catalog/catalog-loader.ts'
import { createCatalogReader } from '../../src/catalog/catalog-reader.ts'
import { createCatalogStore } from '../../src/catalog/catalog-store.ts'
import { createCatalogWriter } from '../../src/catalog/catalog-writer.ts'
import { llmModelSchemas, systemPromptSchemas } from '../../src/http/configuration-schemas.ts'
import { mcpServerSchemas } from '../../src/http/mcp-server-schemas.ts'
import { createRedis } from '../../src/platform/redis.ts'
import { Secret } from '../../src/platform/secret.ts'
import { createSecretResolver } from '../../src/secrets/secret-resolver.ts'
import { createCaller, startApp } from '../support/http-app.ts'
import { sharedNautobot } from './support/client.ts'
import { restAs } from './support/rest.ts'

const tokenOf = (user: UserName) => new Secret(inject('nautobot').users[user].token)
const signal = new AbortController().signal
/** Events cross Redis; a shared machine can be slow. */
const SOON = { timeout: 15_000 }
const context = { signal, correlationId: 'configuration-test' }

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON, whose shape is what the tests look at
  body: any
}

/** Our configuration routes in front of the real Nautobot; `ask` calls them with a user's API token. */
async function startRoutes() {
  const client = sharedNautobot()
  const reader = createCatalogReader(client)
  const options = {
    reader,
    writer: createCatalogWriter({ client, reader, onChanged: () => undefined }),
    userTokens: {
      forCaller: () => Promise.reject(new Error('nobody comes with a session here')),
      forget: () => undefined
    }
  }
  const app = await startApp({
    configuration: options,
    authenticate: async (authorization) => ({
      ...createCaller('somebody'),
      credential: { kind: 'api-token', token: tokenOf(authorization as UserName) }
    })
  })
  onTestFinished(() => app.stop())

  return async (user: UserName, method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${app.url}/api/v1/${path}`, {
      method,
      headers: { authorization: user, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, body: text && JSON.parse(text) }
  }
}

type Ask = Awaited<ReturnType<typeof startRoutes>>

/** Creates an object as the administrator, and deletes it when the test is over: the last one first. */
async function create(ask: Ask, list: string, body: object) {
  const { status, body: object } = await ask('admin', 'POST', list, body)
  expect(object).toMatchObject({ name: expect.any(String) })
  expect(status).toBe(201)
  onTestFinished(async () => {
    const removed = await ask('admin', 'DELETE', `${list}/${object.id}`)
    expect(removed.status, JSON.stringify(removed.body)).toBe(204)
  })
  return object
}

const prompt = { name: 'Configuration test', status: 'Approved', text: 'Be brief.' }

const model = {
  name: 'configuration-test',
  status: 'Healthy',
  provider: 'azure-openai',
  modelName: 'gpt',
  remoteUrl: 'https://llm.example.com/',
  apiVersion: '2024-10-21',
  parameters: { temperature: 0.2 }
}

const load = () =>
  createCatalogLoader({
    client: sharedNautobot(),
    serviceToken: tokenOf('service'),
    signal,
    onLeftOut: (leftOut) => expect.fail(JSON.stringify(leftOut))
  })()

it('creates, lists, reads, changes and deletes objects, and the catalog has them', async () => {
  const ask = await startRoutes()
  const promptView = await create(ask, 'system-prompts', prompt)
  const modelView = await create(ask, 'llm-models', { ...model, systemPrompt: prompt.name })
  const serverView = await create(ask, 'mcp-servers', {
    name: 'configuration-test',
    status: 'Healthy',
    remoteUrl: 'https://mcp.example.com/mcp',
    timeoutSeconds: 5
  })

  expect(systemPromptSchemas.view.parse(promptView)).toEqual(promptView)
  expect(llmModelSchemas.view.parse(modelView)).toEqual(modelView)
  expect(mcpServerSchemas.view.parse(serverView)).toEqual(serverView)
  expect(modelView).toMatchObject({
    ...model,
    systemPrompt: { id: promptView.id, name: prompt.name },
    secretsGroup: null,
    timeoutSeconds: 120
  })
  const listed = await ask('alice', 'GET', 'llm-models?name=configuration-test&status=Healthy')
  expect(listed.body).toMatchObject({ count: 1, items: [{ id: modelView.id }] })
  expect((await ask('alice', 'GET', 'llm-models?status=Failed')).body.count).toBe(0)

  const changed = await ask('admin', 'PATCH', `llm-models/${modelView.id}`, {
    enabled: false,
    mcpServers: [serverView.id],
    systemPrompt: modelView.systemPrompt,
    status: 'Maintenance'
  })
  expect(changed).toMatchObject({ status: 200, body: { enabled: false, status: 'Maintenance' } })
  expect(changed.body.mcpServers).toEqual([{ id: serverView.id, name: 'configuration-test' }])

  const catalog = await load()
  expect(catalog.llmModels.find(({ id }) => id === modelView.id)).toMatchObject({
    name: model.name,
    status: 'Maintenance',
    enabled: false,
    address: model.remoteUrl,
    systemPromptId: promptView.id,
    mcpServerIds: [serverView.id],
    hasCredential: false,
    timeoutMs: 120_000
  })
  expect(catalog.mcpServers.find(({ id }) => id === serverView.id)?.timeoutMs).toBe(5_000)
  expect(catalog.systemPrompts.find(({ id }) => id === promptView.id)?.status).toBe('Approved')
})

it('gives back what Nautobot refuses, with the fields in our words', async () => {
  const ask = await startRoutes()
  const promptView = await create(ask, 'system-prompts', prompt)
  await create(ask, 'llm-models', { ...model, systemPrompt: promptView.id })
  const refusal = async (user: UserName, method: string, list: string, body?: object) => {
    const answer = await ask(user, method, list, body)
    const { code, details } = answer.body.error
    const fields: { path: string }[] = details?.fields ?? []
    return [answer.status, code, fields.map(({ path }) => path)]
  }
  const unknown = `llm-models/${promptView.id}`

  expect(await refusal('admin', 'POST', 'llm-models', model)).toEqual([
    400,
    'INVALID_REQUEST',
    ['name']
  ])
  expect(
    await refusal('admin', 'POST', 'llm-models', {
      ...model,
      name: 'configuration-test-2',
      remoteUrl: ''
    })
  ).toEqual([400, 'INVALID_REQUEST', ['remoteUrl']])
  expect(
    await refusal('admin', 'POST', 'llm-models', {
      ...model,
      name: 'configuration-test-2',
      parameters: { warmth: 1 }
    })
  ).toEqual([400, 'INVALID_REQUEST', ['parameters']])
  expect(await refusal('admin', 'POST', 'llm-models', { ...model, status: 'Perhaps' })).toEqual([
    400,
    'INVALID_REQUEST',
    expect.arrayContaining(['status'])
  ])
  expect(await refusal('alice', 'POST', 'llm-models', model)).toEqual([403, 'FORBIDDEN', []])
  expect(await refusal('mallory', 'GET', 'llm-models')).toEqual([403, 'FORBIDDEN', []])
  expect(await refusal('admin', 'GET', unknown)).toEqual([404, 'OBJECT_NOT_FOUND', []])
  expect(await refusal('admin', 'DELETE', `system-prompts/${promptView.id}`)).toEqual([
    409,
    'CONFLICT',
    []
  ])
})

it('tells a wrong token from a missing right', async () => {
  const client = sharedNautobot()
  const path = '/api/plugins/ai-ops/llm-models/'

  await expect(
    client.get(path, {}, { ...context, token: new Secret('0'.repeat(40)) })
  ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(
    client.get(path, {}, { ...context, token: tokenOf('mallory') })
  ).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(
    client.get(path, { colour: 'red' }, { ...context, token: tokenOf('admin') })
  ).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    details: { fields: [{ path: 'colour', message: expect.stringContaining('Unknown filter') }] }
  })
})

it('uses the new configuration for the next question after it was saved in Nautobot', async () => {
  const ask = await startRoutes()
  const redis = createRedis({
    url: new Secret(inject('nautobot').eventRedisUrl),
    role: 'subscriber',
    onError: () => undefined
  })
  onTestFinished(() => redis.close())
  const store = createCatalogStore({
    load,
    maxAgeMs: 3_600_000,
    maxWaitMs: 10_000,
    retryAfterMs: 1_000,
    onRefreshFailed: (error) => expect.fail(String(error))
  })
  const topics: (string | undefined)[] = []
  const invalidation = createCatalogInvalidation({
    subscriber: redis.client,
    deployment: 'default',
    onChange: (event) => {
      topics.push(event?.topic)
      store.invalidate()
    },
    onError: (error) => expect.fail(String(error))
  })
  redis.start()
  await expect.poll(() => invalidation.status().connected, SOON).toBe(true)
  const { id } = await create(ask, 'system-prompts', prompt)
  const textOf = async () =>
    (await store.current()).systemPrompts.find((one) => one.id === id)?.text
  await expect.poll(textOf, SOON).toBe('Be brief.')

  await ask('admin', 'PATCH', `system-prompts/${id}`, { text: 'Be long.' })
  // The event of the first save may come after the text was read.
  await expect.poll(() => topics.at(-1), SOON).toBe('nautobot.update.nautobot_ai_ops.systemprompt')

  expect(await textOf()).toBe('Be long.')
})

/** A secrets group whose HTTP(S) token is the variable AI_OPS_CANARY of Nautobot's process. */
async function createSecretsGroup(): Promise<string> {
  const post = async (path: string, body: object) => {
    const answer = await restAs('admin', path, { method: 'POST', body: JSON.stringify(body) })
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    const { id } = answer.body
    onTestFinished(async () => {
      const { url, users } = inject('nautobot')
      const headers = { authorization: `Token ${users.admin.token}` }
      await fetch(`${url}${path}${id}/`, { method: 'DELETE', headers })
    })
    return String(id)
  }
  const secret = await post('/api/extras/secrets/', {
    name: 'configuration-test',
    provider: 'environment-variable',
    parameters: { variable: 'AI_OPS_CANARY' }
  })
  const group = await post('/api/extras/secrets-groups/', { name: 'configuration-test' })
  await post('/api/extras/secrets-groups-associations/', {
    secrets_group: group,
    secret,
    access_type: 'HTTP(S)',
    secret_type: 'token'
  })
  return group
}

it('[S3] resolves a secret for the address it belongs to, and for no other until that is confirmed', async () => {
  const ask = await startRoutes()
  const group = await createSecretsGroup()
  const { id } = await create(ask, 'llm-models', { ...model, secretsGroup: group })
  let outdated = 0
  const resolver = createSecretResolver({
    client: sharedNautobot(),
    serviceToken: tokenOf('service'),
    signal,
    maxAgeMs: 60_000,
    maxEntries: 10,
    onOutdated: () => {
      outdated += 1
    }
  })
  const fromCatalog = async () =>
    (await load()).llmModels.find((one) => one.id === id) ?? expect.fail('not in the catalog')
  const before = await fromCatalog()

  const credential = await resolver.resolve('llm-models', before, context)
  expect(credential.address).toBe(model.remoteUrl)
  expect(credential.secret?.reveal()).toBe(inject('nautobot').canary)

  const elsewhere = 'https://elsewhere.example.com/'
  await ask('admin', 'PATCH', `llm-models/${id}`, { remoteUrl: elsewhere })
  resolver.forget(id)
  await expect(resolver.resolve('llm-models', before, context)).rejects.toMatchObject({
    code: 'CREDENTIAL_UNAVAILABLE'
  })
  expect(await resolver.resolve('llm-models', await fromCatalog(), context)).toEqual({
    address: elsewhere,
    secret: undefined
  })

  await ask('admin', 'PATCH', `llm-models/${id}`, { secretsGroup: group })
  resolver.forget(id)
  await expect(resolver.resolve('llm-models', before, context)).rejects.toMatchObject({
    code: 'CREDENTIAL_UNAVAILABLE'
  })
  expect(outdated).toBe(1)
  const after = await resolver.resolve('llm-models', await fromCatalog(), context)
  expect(after.address).toBe(elsewhere)
  expect(after.secret?.reveal()).toBe(inject('nautobot').canary)
})
