import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { callOfferedTools } from '../support/model-steps.ts'
import { countAs } from './support/rest.ts'
import { apiToken, type Service, sessionToken, startService } from './support/service.ts'

const NAUTOBOT_TIMEOUT_SECONDS = 2
const QUESTION = 'How many devices are there?'

let service: Service

beforeAll(async () => {
  service = await startService({
    nautobotIs: 'down',
    env: {
      AI_OPS_NAUTOBOT_TIMEOUT_SECONDS: String(NAUTOBOT_TIMEOUT_SECONDS),
      AI_OPS_CATALOG_MAX_AGE_SECONDS: '1'
    }
  })
})

afterAll(() => service?.stop())

beforeEach(() => {
  service.model.answer(callOfferedTools([{ tool: 'count', args: { model: 'dcim.device' } }]))
})

test('[T23] starts without Nautobot, says what it waits for, and recovers', async () => {
  const { status, body } = await service.call('/readyz')
  expect([status, body.error.code]).toEqual([503, 'NOT_READY'])
  expect(body.error.details.reasons).toContainEqual(
    expect.stringMatching(/^Waiting for the configuration in Nautobot: Nothing answers/)
  )
  expect((await service.call('/livez')).status).toBe(200)
  const refused = await service.ask(apiToken('alice'), QUESTION)
  expect([refused.status, refused.body.error.code]).toEqual([503, 'NAUTOBOT_UNAVAILABLE'])

  await service.proxy.become('up')
  await expect
    .poll(async () => (await service.call('/readyz')).status, { timeout: 10_000 })
    .toBe(200)
  expect((await service.ask(apiToken('alice'), QUESTION)).status).toBe(200)
})

test.each(['down', 'hanging'] as const)(
  '[T23] while Nautobot is %s: conversations go on and nothing is called "none"',
  async (state) => {
    const { authorization } = await sessionToken('bob')
    const devices = await countAs('bob', 'dcim/devices/')
    const before = await service.ask(authorization, QUESTION)
    expect(JSON.parse(before.body.response).count).toBe(devices)

    await service.proxy.become(state)
    const answer = await service.call('/api/v1/chat', {
      authorization,
      body: { message: 'And now?', conversationId: before.body.conversationId }
    })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body.response).toContain('Nautobot could not be asked')
    expect(answer.body.toolCalls).toEqual([expect.objectContaining({ isError: true })])
    expect(answer.body.gaps).toEqual([expect.stringContaining('Nautobot could not be asked')])
    expect(answer.body.response).not.toMatch(/count|none|\b0\b/)
    expect((await service.call('/api/v1/chat/options', { authorization })).status).toBe(200)
    expect((await service.call('/readyz')).status).toBe(200)

    await service.proxy.become('up')
    const after = await service.ask(authorization, QUESTION)
    expect(JSON.parse(after.body.response).count).toBe(devices)
  }
)
