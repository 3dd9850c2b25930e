import { afterAll, beforeAll, expect, it } from 'vitest'
import { say, silence } from '../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

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

const start = () => startLabSidecar(model.url, { REDIS_URL: redis.url })

async function ask({ url }: LabSidecar, body: Readonly<Record<string, string>>) {
  const response = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return { status: response.status, body: await response.json() }
}

it('goes on with a conversation after the service was killed', async () => {
  const first = await start()
  const { body } = await ask(first, { message: 'My favourite switch is ams01-sw-01.' })
  first.signal('SIGKILL')
  await first.exited
  const second = await start()
  const next = await ask(second, {
    message: 'Which one did I name?',
    conversationId: body.conversationId
  })
  await second.stop()

  expect(next.status).toBe(200)
  const sent = model.requests.at(-1)?.body.messages ?? []
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(sent[1]?.content).toContain('ams01-sw-01')
})

it('lets one replica answer in a conversation at a time', async () => {
  const [one, other] = await Promise.all([start(), start()])
  const { body } = await ask(one, { message: 'Hello' })
  const { conversationId } = body
  model.answer(() => [say('Thinking'), silence()])
  const asked = ask(one, { message: 'Think', conversationId })
  // Whoever comes first answers; the other one must not.
  await expect.poll(() => model.requests.at(-1)?.body.messages.at(-1)?.content).toMatch(/Think$/)
  const { body: busy } = await ask(other, { message: 'And?', conversationId })
  expect(busy).toMatchObject({
    error: { code: 'CONVERSATION_BUSY', details: { runId: expect.any(String) } }
  })
  const run = `${one.url}/api/v1/runs/${busy.error.details.runId}`
  await expect.poll(async () => (await (await fetch(run)).json()).response).toBe('Thinking')
  await fetch(`${run}/cancel`, { method: 'POST' })

  expect((await asked).body).toMatchObject({ state: 'stopped', response: 'Thinking' })
  model.answer(() => [say('Understood.')])
  expect((await ask(other, { message: 'And now?', conversationId })).status).toBe(200)
  await Promise.all([one.stop(), other.stop()])
})

it('answers 503 with its own code while Redis is gone, stays ready, and recovers', async () => {
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always']
  const mine = await startRedis({ settings })
  const service = await startLabSidecar(model.url, { REDIS_URL: mine.url })
  const { body } = await ask(service, { message: 'Remember me' })
  const { conversationId } = body
  await mine.kill()

  await expect
    .poll(() => ask(service, { message: 'And?', conversationId }))
    .toMatchObject({ status: 503, body: { error: { code: 'REDIS_UNAVAILABLE' } } })
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200)

  await mine.start()
  await expect
    .poll(() => ask(service, { message: 'And?', conversationId }), { timeout: 15_000 })
    .toMatchObject({ status: 200 })
  const sent = model.requests.at(-1)?.body.messages ?? []
  expect(sent[1]?.content).toContain('Remember me')
  await service.stop()
  await mine.stop()
})
