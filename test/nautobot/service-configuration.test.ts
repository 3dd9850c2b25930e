import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { callOfferedTools, say, textOf } from '../support/model-steps.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const MODELS = '/api/v1/llm-models'
const PROMPTS = '/api/v1/system-prompts'
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000'

let service: Service

beforeAll(async () => {
  // Whatever is seen at once was told by an event, not by age.
  service = await startService({ env: { AI_OPS_CATALOG_MAX_AGE_SECONDS: '3600' } })
})

afterAll(() => service?.stop())

const admin = apiToken('admin')
const model = {
  name: 'Second',
  status: 'Healthy',
  provider: 'openai',
  modelName: 'second',
  remoteUrl: 'http://127.0.0.1:9999/v1'
}

/** Whatever a test has left. */
afterEach(async () => {
  for (const [list, name] of [
    [MODELS, model.name],
    [PROMPTS, 'Second']
  ]) {
    const { body } = await service.call(`${list}?name=${name}`, { authorization: admin })
    for (const { id } of body.items)
      await service.call(`${list}/${id}`, { method: 'DELETE', authorization: admin })
  }
})

test('writes configuration with the own token of the caller, for that request alone', async () => {
  const { proxy } = service
  const created = await service.call(MODELS, { authorization: admin, body: model })
  expect(created.status, created.text).toBe(201)
  expect(created.body).toMatchObject(model)
  const path = `${MODELS}/${created.body.id}`
  proxy.forget()
  const changed = await service.call(path, {
    method: 'PATCH',
    authorization: admin,
    body: { timeoutSeconds: 7 }
  })
  expect([changed.status, changed.body.timeoutSeconds]).toEqual([200, 7])
  const writes = proxy.requests.filter(({ method }) => method === 'PATCH')
  expect(writes.map(({ authorization }) => authorization)).toEqual([admin])

  const read = await service.call(path, { authorization: apiToken('alice') })
  expect(read.body.timeoutSeconds).toBe(7)
  const removed = await service.call(path, { method: 'DELETE', authorization: admin })
  expect(removed.status).toBe(204)
  expect((await service.call(path, { authorization: admin })).status).toBe(404)
})

test('passes on what Nautobot refuses, with our names of the fields', async () => {
  const { authorization: session } = await sessionToken('admin')
  const prompt = { name: 'Second', status: 'Approved', text: 'Be brief.' }
  const created = await service.call(PROMPTS, { authorization: admin, body: prompt })
  expect(created.status, created.text).toBe(201)
  const using = { ...model, systemPrompt: created.body.id }
  expect((await service.call(MODELS, { authorization: admin, body: using })).status).toBe(201)
  const wrong = { ...model, name: 'Third', parameters: { temperature: 9 } }
  const azure = { ...model, name: 'Third', provider: 'azure-openai', remoteUrl: '' }

  const refusals: [string, Parameters<Service['call']>, number, string, string[]][] = [
    [
      'wrong value',
      [MODELS, { authorization: admin, body: wrong }],
      400,
      'INVALID_REQUEST',
      ['parameters']
    ],
    [
      'missing value',
      [MODELS, { authorization: admin, body: azure }],
      400,
      'INVALID_REQUEST',
      ['remoteUrl']
    ],
    [
      'name taken',
      [MODELS, { authorization: admin, body: model }],
      400,
      'INVALID_REQUEST',
      ['name']
    ],
    ['no right', [MODELS, { authorization: apiToken('alice'), body: model }], 403, 'FORBIDDEN', []],
    ['a session', [MODELS, { authorization: session, body: model }], 403, 'WRITE_IN_NAUTOBOT', []],
    ['nobody', [MODELS, { body: model }], 401, 'UNAUTHENTICATED', []],
    ['unknown', [`${MODELS}/${UNKNOWN_ID}`, { authorization: admin }], 404, 'OBJECT_NOT_FOUND', []],
    ['no id', [`${MODELS}/second`, { authorization: admin }], 400, 'INVALID_REQUEST', ['id']],
    [
      'in use',
      [`${PROMPTS}/${created.body.id}`, { method: 'DELETE', authorization: admin }],
      409,
      'CONFLICT',
      []
    ]
  ]
  for (const [name, request, status, code, fields] of refusals) {
    const answer = await service.call(...request)
    const error = answer.body.error ?? {}
    const paths = (error.details?.fields ?? []).map(({ path }: { path: string }) => path)
    expect([name, answer.status, error.code, paths]).toEqual([name, status, code, fields])
  }
})

test('answers the next question under the prompt that was just changed', async () => {
  const { model: scripted, objects, modelId } = service
  scripted.answer(callOfferedTools([{ tool: 'count', args: { model: 'dcim.device' } }]))
  const path = '/plugins/ai-ops/system-prompts/'
  const prompt = await objects.create(path, { name: 'Mine', status: 'Approved', text: 'Say ahoy.' })
  const systemPrompt = async () => {
    const answer = await service.ask(apiToken('alice'), 'How many devices are there?')
    expect(answer.status, answer.text).toBe(200)
    const message = scripted.requests.at(-1)?.body.messages[0]
    return message ? textOf(message) : ''
  }
  await objects.update('/plugins/ai-ops/llm-models/', modelId, { system_prompt: prompt })
  expect(await systemPrompt()).toContain('Say ahoy.')
  await objects.update(path, prompt, { text: 'Say moin.' })
  expect(await systemPrompt()).toContain('Say moin.')
  await objects.update(path, prompt, { status: 'Draft' })
  expect(await systemPrompt()).not.toContain('Say moin.')
  await objects.update('/plugins/ai-ops/llm-models/', modelId, { system_prompt: null })
})

test('offers a user the models that their permission names', async () => {
  const { objects } = service
  const { users } = inject('nautobot')
  const options = await service.call('/api/v1/chat/options', { authorization: apiToken('alice') })
  expect(options.body).toMatchObject({
    environment: 'NONPROD',
    identity: { username: users.alice.username },
    models: [{ name: 'Scripted', isDefault: true, isLab: false }]
  })
  await objects.update('/plugins/ai-ops/llm-models/', service.modelId, { enabled: false })
  const refused = await service.ask(apiToken('alice'), 'How many devices are there?')
  expect([refused.status, refused.body.error.code]).toEqual([409, 'MODEL_NOT_CONFIGURED'])
  await objects.update('/plugins/ai-ops/llm-models/', service.modelId, { enabled: true })
  expect((await service.ask(apiToken('alice'), 'And now?')).status).toBe(200)
})

test('[P9] asks Nautobot nothing before the tools, and one thing for a count', async () => {
  const { model: scripted, proxy } = service
  const { authorization } = await sessionToken('alice')
  scripted.answer(callOfferedTools([{ tool: 'count', args: { model: 'dcim.device' } }]))
  await service.ask(authorization, 'How many devices are there?')
  const pathsOf = async () => {
    proxy.forget()
    const answer = await service.ask(authorization, 'How many devices are there?')
    expect(answer.status, answer.text).toBe(200)
    return proxy.requests.map(({ method, path }) => `${method} ${path}`)
  }
  expect(await pathsOf()).toEqual(['GET /api/plugins/ai-ops/count/dcim.device/'])
  scripted.answer(() => [say('Hello.')])
  expect(await pathsOf()).toEqual([])
})
