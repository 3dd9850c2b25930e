import { expect, onTestFinished, test } from 'vitest'
import type { LlmModel } from '../../../src/catalog/catalog.ts'
import { createModelFactory } from '../../../src/llm/model-factory.ts'
import { createOutbound } from '../../../src/platform/outbound.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { refuse, say } from '../../support/model-steps.ts'
import { startScriptedModel } from '../../support/scripted-model.ts'
import { testModel } from '../../support/test-model.ts'
import { json, startWireServer, type WireHandler } from '../../support/wire-server.ts'

const SECRET = 'client-secret-canary-41'
const context = () => ({ signal: AbortSignal.timeout(8_000), correlationId: 'c-1' })

/** Entra ID that counts its tokens: `token-1`, `token-2`, … */
function issuing(seconds: number): WireHandler {
  let issued = 0
  return () => {
    issued += 1
    return { token_type: 'Bearer', expires_in: seconds, access_token: `token-${issued}` }
  }
}

async function start(handle: WireHandler, secrets: readonly string[] = [SECRET]) {
  const provider = await startScriptedModel({})
  const entra = await startWireServer(handle)
  const outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 100_000 })
  onTestFinished(async () => {
    await outbound.close()
    await provider.stop()
  })
  const left = [...secrets]
  const models = createModelFactory({
    outbound,
    entraAuthority: entra.url,
    resolveCredential: async ({ address }) => ({ address, secret: new Secret(left[0] ?? '') }),
    forgetCredential: () => {
      if (left.length > 1) left.shift()
    }
  })
  const model = testModel({
    provider: 'azure-openai',
    modelName: 'net-ops',
    address: provider.endpoint,
    hasCredential: true,
    entraTenantId: 'contoso.example',
    entraClientId: 'app-1'
  })
  async function ask(changes: Partial<LlmModel> = {}): Promise<string> {
    const chat = await models.modelFor({ ...model, ...changes }, context())
    let text = ''
    for await (const chunk of await chat.stream('hi')) text += chunk.text
    return text
  }
  return { provider, entra, ask }
}

test('asks for a token with the client credentials and shows it, not the secret', async () => {
  const { provider, entra, ask } = await start(issuing(3_600))
  provider.answer(() => [say('Hello')])
  expect(await ask()).toBe('Hello')
  const [asked] = entra.requests
  expect(asked?.path).toBe('/contoso.example/oauth2/v2.0/token')
  expect(Object.fromEntries(new URLSearchParams(String(asked?.body)))).toEqual({
    grant_type: 'client_credentials',
    client_id: 'app-1',
    client_secret: SECRET,
    scope: 'https://cognitiveservices.azure.com/.default'
  })
  const [request] = provider.requests
  expect(request?.headers.authorization).toBe('Bearer token-1')
  expect(request?.headers['api-key']).toBeUndefined()
  expect(JSON.stringify(request?.headers)).not.toContain(SECRET)
})

test('keeps a token for the questions that follow, and questions at once share one', async () => {
  const { entra, ask, provider } = await start(issuing(3_600))
  provider.answer(() => [say('Hello')])
  await Promise.all([ask(), ask(), ask()])
  await ask()
  expect(entra.requests).toHaveLength(1)
  await ask({ entraClientId: 'app-2' })
  expect(entra.requests).toHaveLength(2)
})

test('asks anew shortly before a token lapses', async () => {
  const { entra, ask, provider } = await start(issuing(1))
  provider.answer(() => [say('Hello')])
  await ask()
  await new Promise((done) => setTimeout(done, 600))
  await ask()
  expect(entra.requests).toHaveLength(2)
})

test('renews a refused token once', async () => {
  const { provider, entra, ask } = await start(issuing(3_600))
  provider.answer(({ headers }) =>
    headers.authorization === 'Bearer token-1' ? [refuse(401)] : [say('Hello')]
  )
  expect(await ask()).toBe('Hello')
  expect(provider.requests).toHaveLength(2)
  expect(entra.requests).toHaveLength(2)
  provider.answer(() => [refuse(401)])
  await expect(ask()).rejects.toMatchObject({ code: 'MODEL_CREDENTIAL_REFUSED' })
  expect(provider.requests).toHaveLength(4)
  expect(entra.requests).toHaveLength(3)
})

test('uses a secret that has changed in the secrets group', async () => {
  const { provider, entra, ask } = await start(
    ({ body }) => ({ expires_in: 3_600, access_token: `for ${String(body).includes('new')}` }),
    ['old-client-secret', 'new-client-secret']
  )
  provider.answer(({ headers }) =>
    headers.authorization === 'Bearer for true' ? [say('Hello')] : [refuse(401)]
  )
  expect(await ask()).toBe('Hello')
  expect(entra.requests).toHaveLength(2)
})

test('resolves a client secret once more when Entra ID refuses it, and then gives up', async () => {
  const refused = { error: 'invalid_client', error_description: 'AADSTS7000215: wrong' }
  const onlyNew: WireHandler = ({ body }, response) =>
    String(body).includes('new')
      ? { expires_in: 3_600, access_token: 'token' }
      : json(response, 401, refused)
  const rotated = await start(onlyNew, ['old-client-secret', 'new-client-secret'])
  rotated.provider.answer(() => [say('Hello')])
  expect(await rotated.ask()).toBe('Hello')
  expect(rotated.entra.requests).toHaveLength(2)

  const wrong = await start(onlyNew, ['old-client-secret', 'other-client-secret'])
  await expect(wrong.ask()).rejects.toMatchObject({ code: 'MODEL_CREDENTIAL_REFUSED' })
  expect(wrong.entra.requests).toHaveLength(2)
  const unchanged = await start(onlyNew, ['old-client-secret'])
  await expect(unchanged.ask()).rejects.toMatchObject({ code: 'MODEL_CREDENTIAL_REFUSED' })
  expect(unchanged.entra.requests).toHaveLength(1)
})

test.each<[string, number, unknown, string, RegExp]>([
  [
    'a wrong secret',
    401,
    {
      error: 'invalid_client',
      error_description: `AADSTS7000215: Invalid client secret ${SECRET} for app 'app-1'.`
    },
    'MODEL_CREDENTIAL_REFUSED',
    /Entra ID refuses the client secret\.$/
  ],
  [
    'an expired secret',
    401,
    { error: 'invalid_client', error_description: 'AADSTS7000222: expired' },
    'MODEL_CREDENTIAL_REFUSED',
    /has expired in Entra ID\.$/
  ],
  [
    'an unknown tenant',
    400,
    { error: 'invalid_request', error_description: 'AADSTS90002: Tenant not found' },
    'MODEL_CREDENTIAL_REFUSED',
    /knows no such tenant\.$/
  ],
  [
    'another refusal',
    400,
    { error: 'temporarily_unavailable', error_description: 'AADSTS50196: loop' },
    'MODEL_CREDENTIAL_REFUSED',
    /gives no token: AADSTS50196\.$/
  ],
  ['a page', 502, '<html>', 'MODEL_FAILED', /answered 502 and no token\.$/],
  ['no token', 200, { hello: 1 }, 'MODEL_FAILED', /answered 200 and no token\.$/]
])('names %s of the application', async (_name, status, body, code, message) => {
  const { ask, provider } = await start((_request, response) => json(response, status, body))
  const failure = await ask().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain(SECRET)
  expect(provider.requests).toHaveLength(0)
})

test('says that Entra ID cannot be asked', async () => {
  const { ask, entra } = await start(issuing(1))
  await entra.stop()
  await expect(ask()).rejects.toMatchObject({
    code: 'MODEL_FAILED',
    message: expect.stringMatching(/could not be asked for a token: the connection was refused\.$/)
  })
})
