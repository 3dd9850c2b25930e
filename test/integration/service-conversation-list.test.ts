import { afterAll, beforeAll, expect, it } from 'vitest'
import { conversationListSchema, conversationSchema } from '../../src/http/conversation-schemas.ts'
import { callTool, say, silence } from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const LIST = '/api/v1/conversations'
const QUESTION = 'How many devices are there?'

let redis: RunningRedis
let model: ScriptedModel

beforeAll(async () => {
  redis = await startRedis()
  model = await startScriptedModel({ respond: () => [say('Understood.')] })
})
afterAll(async () => {
  await model.stop()
  await redis.stop()
})

async function ask({ url }: LabSidecar, message: string, conversationId?: string) {
  const response = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, conversationId })
  })
  return response.json()
}

async function list({ url }: LabSidecar) {
  return conversationListSchema.parse(await (await fetch(`${url}${LIST}`)).json()).conversations
}

it.each(['memory', 'Redis'])(
  'keeps, shows, renames, exports and deletes conversations in %s',
  async (store) => {
    const service = await startLabSidecar(
      model.url,
      store === 'Redis' ? { REDIS_URL: redis.url } : {}
    )
    model.answer(({ body }) =>
      body.messages.at(-1)?.role === 'user'
        ? [callTool('count', { model: 'dcim.device' })]
        : [say('Quite a few.')]
    )
    const { conversationId } = await ask(service, QUESTION)
    const one = `${service.url}${LIST}/${conversationId}`

    expect(await list(service)).toMatchObject([{ id: conversationId, title: QUESTION }])
    const read = conversationSchema.strict().parse(await (await fetch(one)).json())
    expect(read.messages).toMatchObject([
      { role: 'user', text: QUESTION },
      {
        role: 'assistant',
        toolCalls: [{ name: 'count', result: expect.stringContaining('count') }]
      },
      { role: 'assistant', text: 'Quite a few.' }
    ])
    const renamed = await fetch(one, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Devices' })
    })
    expect(await renamed.json()).toMatchObject({ title: 'Devices' })
    const exported = await fetch(`${one}/export`)
    expect(exported.headers.get('content-disposition')).toBe('attachment; filename="devices.md"')
    expect(await exported.text()).toContain('Quite a few.')

    expect((await fetch(one, { method: 'DELETE' })).status).toBe(204)
    expect(await list(service)).toEqual([])
    expect((await fetch(one)).status).toBe(404)
    await service.stop()
  }
)

it('stops the run on another replica when its conversation is deleted', async () => {
  const environment = { REDIS_URL: redis.url }
  const [one, other] = await Promise.all([
    startLabSidecar(model.url, environment),
    startLabSidecar(model.url, environment)
  ])
  model.answer(() => [say('Thinking'), silence()])
  const asked = ask(one, 'Think')
  await expect.poll(async () => (await list(other))[0]?.runId).toEqual(expect.any(String))
  const [running] = await list(other)
  const deleted = await fetch(`${other.url}${LIST}`, { method: 'DELETE' })

  expect(await deleted.json()).toEqual({ deleted: 1 })
  expect(await asked).toMatchObject({ state: 'stopped' })
  expect((await fetch(`${one.url}${LIST}/${running?.id}`)).status).toBe(404)
  await Promise.all([one.stop(), other.stop()])
})
