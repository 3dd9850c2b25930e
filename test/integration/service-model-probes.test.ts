import { afterAll, beforeAll, expect, test } from 'vitest'
import { callTool, refuse, say } from '../support/model-steps.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { refusalOf, send } from './support/sidecar-client.ts'
import type { LabSidecar } from './support/sidecar-lab.ts'

let world: Replicas
let first: LabSidecar
let second: LabSidecar

beforeAll(async () => {
  world = await startReplicas({
    env: { AI_OPS_EGRESS_ALLOW: '*.example.com', AI_OPS_CATALOG_MAX_AGE_SECONDS: '1' }
  })
  first = await world.start()
  second = await world.start()
})

afterAll(() => world.stop())

const json = async (url: string, path: string, method = 'GET', body?: unknown) => {
  const response = await send(url, { path, method, headers: world.headers, body })
  return { status: response.status, body: await response.json() }
}

/** A model in Nautobot, which every replica knows of. */
async function describeModel(fields: object): Promise<string> {
  const body = { provider: 'openai', modelName: 'scripted', status: 'Healthy', ...fields }
  const { status, body: created } = await json(first.url, '/api/v1/llm-models', 'POST', body)
  expect(status).toBe(201)
  await expect
    .poll(
      async () => (await json(second.url, `/api/v1/llm-models/${created.id}/probe`, 'POST')).status,
      { timeout: 5_000 }
    )
    .toBe(200)
  return created.id
}

test('[S4] a probe says what is wrong, and every replica shows it where models are chosen', async () => {
  const { port } = new URL(world.model.url)
  world.model.answer(() => [callTool('report_ready', { ready: true })])
  // The environment's own model is at this address, so it may be asked whatever the list says.
  const id = await describeModel({ name: 'Fine', remoteUrl: `http://127.0.0.1:${port}/v1` })
  const path = `/api/v1/llm-models/${id}`
  const { body: outcome } = await json(first.url, `${path}/probe`, 'POST')
  expect(outcome).toMatchObject({ ok: true, reason: 'ok', notices: [] })
  for (const { url } of [first, second]) {
    expect((await json(url, path)).body.probe).toEqual(outcome)
    const { items } = (await json(url, '/api/v1/llm-models')).body
    expect(items.find((item: { id: string }) => item.id === id).probe).toEqual(outcome)
    const { models } = (await json(url, '/api/v1/chat/options')).body
    expect(models.find((model: { id: string }) => model.id === id).probe).toEqual(outcome)
  }
  const keys = (await world.command('KEYS', 'ai-ops:default:probe:*')) as string[]
  expect(keys).toContain(`ai-ops:default:probe:${id}`)
  for (const key of keys) expect(await world.command('TTL', key)).toBeGreaterThan(86_400)

  world.model.answer(() => [
    refuse(400, { body: { error: { message: 'x does not support tools' } } })
  ])
  expect((await json(second.url, `${path}/probe`, 'POST')).body).toMatchObject({
    ok: false,
    reason: 'no-tools'
  })
  expect((await json(first.url, path)).body.probe).toMatchObject({ reason: 'no-tools' })

  // It is another model now.
  await json(first.url, path, 'PATCH', { modelName: 'other' })
  await expect.poll(async () => (await json(first.url, path)).body.probe).toBeUndefined()
})

test('[S4] a model that is not on the list is not asked, and says so in the chat, too', async () => {
  const { port } = new URL(world.model.url)
  const before = world.model.requests.length
  const id = await describeModel({ name: 'Elsewhere', remoteUrl: `http://[::1]:${port}/v1` })
  expect((await json(first.url, `/api/v1/llm-models/${id}/probe`, 'POST')).body).toMatchObject({
    ok: false,
    reason: 'egress',
    sentence: expect.stringContaining('AI_OPS_EGRESS_ALLOW')
  })
  expect(world.model.requests).toHaveLength(before)
  const asked = await json(first.url, '/api/v1/chat', 'POST', { message: 'Hi', model: 'Elsewhere' })
  expect(asked.body.error).toMatchObject({
    code: 'MODEL_FAILED',
    message: expect.stringContaining('AI_OPS_EGRESS_ALLOW')
  })
  world.model.answer(() => [say('Fine.')])
  const own = await json(first.url, '/api/v1/chat', 'POST', { message: 'Hi', model: 'scripted' })
  expect(own.body.response).toBe('Fine.')
})

test('[S4] probing needs operate, and the model of an id', async () => {
  const path = '/api/v1/llm-models/environment-openai/probe'
  const refused = await send(first.url, { path, headers: world.otherHeaders })
  expect(refused.status).toBe(403)
  expect(await refusalOf(refused)).toMatchObject({ code: 'FORBIDDEN' })
  const unknown = await json(first.url, '/api/v1/llm-models/nobody/probe', 'POST')
  expect(unknown.body.error.code).toBe('OBJECT_NOT_FOUND')
})

test('a parameter that is not allowed is refused with its name', async () => {
  const { status, body } = await json(first.url, '/api/v1/llm-models', 'POST', {
    ...{ name: 'Wrong', provider: 'openai', modelName: 'x', status: 'Healthy' },
    parameters: { temperature: 3, stream: true }
  })
  expect(status).toBe(400)
  expect(body.error.details.fields).toEqual([
    { path: 'parameters', message: 'Set "temperature" to a number from 0 to 2.' },
    { path: 'parameters', message: expect.stringMatching(/^Remove "stream"/) }
  ])
})
