import { afterEach, beforeEach, expect, it } from 'vitest'
import { answeringModels } from '../../../src/agent/model-chain.ts'
import { planTurn } from '../../../src/agent/turn-plan.ts'
import type { LlmModel } from '../../../src/catalog/catalog.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { readAsForeignClient } from '../../support/ag-ui-client.ts'
import {
  caller,
  catalogOf,
  llmModel,
  startAgentFixture,
  userToken
} from '../../support/agent-fixture.ts'
import { callTool, cut, type ModelStep, pause, refuse, say } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({})
})
afterEach(() => model.stop())

const named = (name: string, fallbackModelId?: string, change: Partial<LlmModel> = {}) =>
  llmModel({ id: name, name, modelName: name, isDefault: name === 'X', fallbackModelId, ...change })

const CHAIN = [named('X', 'Y'), named('Y', 'Z'), named('Z', 'W'), named('W')]

/** What each model does, whenever it is asked. */
function models(scripts: Readonly<Record<string, readonly ModelStep[]>>): void {
  model.answer(({ body }) => scripts[body.model ?? ''] ?? [refuse(500)])
}

async function answer(llmModels: readonly LlmModel[] = CHAIN) {
  const fixture = startAgentFixture({
    url: model.url,
    catalog: () => catalogOf({ llmModels }),
    patience: { maxTries: 2 },
    permitted: llmModels.map(({ id }) => id)
  })
  const { runId } = await fixture.ask('How many?')
  const events = await fixture.eventsOf(runId)
  const told = events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'model' ? [event.value] : []
  )
  return { events, told, outcome: outcomeOf(events), passed: fixture.passed }
}

const asked = () => model.requests.map(({ body }) => body.model)

it('[T24] lets the fall-back model answer, and says so', async () => {
  models({ X: [refuse(429)], Y: [say('Seven.')] })
  const { told, outcome, passed } = await answer()

  expect(asked()).toEqual(['X', 'X', 'Y'])
  expect(passed).toEqual(['MODEL_RATE_LIMITED: again', 'MODEL_RATE_LIMITED: Y'])
  expect(told).toEqual([
    { name: 'X', isLab: false },
    { name: 'Y', isLab: false, insteadOf: { name: 'X', reason: 'is busy' } }
  ])
  expect(outcome).toMatchObject({ state: 'succeeded', model: 'Y', response: 'Seven.' })
  expect(outcome.standIns).toEqual([{ name: 'Y', insteadOf: 'X', reason: 'is busy' }])
  expect(outcome.footer?.gaps).toEqual(['"X" could not answer (it is busy); "Y" answered.'])
})

it.each<[string, ModelStep, string]>([
  ['a wrong key', refuse(401), 'has a key that its provider refuses'],
  ['an unknown model', refuse(404), 'failed'],
  ['an overload', refuse(503), 'is busy']
])('falls back after %s', async (_name, step, reason) => {
  models({ X: [step], Y: [say('Seven.')] })
  const { outcome } = await answer()

  expect(outcome.footer?.gaps).toEqual([`"X" could not answer (it ${reason}); "Y" answered.`])
})

it('goes on with the model that stood in', async () => {
  let calls = 0
  model.answer(({ body }) => {
    if (body.model === 'X') return [refuse(500)]
    calls += 1
    return calls === 1 ? [callTool('count', {})] : [say('Seven.')]
  })
  const { outcome } = await answer()

  expect(asked()).toEqual(['X', 'X', 'Y', 'Y'])
  expect(outcome.footer?.gaps).toHaveLength(1)
})

it('begins a text anew with the fall-back model', async () => {
  models({ X: [say('There are'), pause(20), cut()], Y: [say('Seven.')] })
  const { events, outcome } = await answer()

  expect(outcome).toMatchObject({ response: 'Seven.', state: 'succeeded' })
  const { messages, failure } = await readAsForeignClient(events)
  expect(failure).toBeUndefined()
  expect(messages.map(({ content }) => content)).toEqual(['How many?', 'Seven.'])
})

it('tells the failure of the model that was asked for when nobody could answer', async () => {
  models({ X: [refuse(401)], Y: [refuse(429)], Z: [refuse(404)] })
  const { outcome } = await answer()

  expect(asked()).toEqual(['X', 'Y', 'Y', 'Z'])
  expect(outcome).toMatchObject({ state: 'failed', error: { code: 'MODEL_CREDENTIAL_REFUSED' } })
  expect(outcome.footer?.gaps).toEqual([
    '"Y" could not answer either (it is busy).',
    '"Z" could not answer either (it failed).'
  ])
})

it('does not look for a model that gets round a content filter', async () => {
  const body = { error: { code: 'content_filter', message: 'No.' } }
  models({ X: [refuse(400, { body })], Y: [say('Seven.')] })
  const { outcome } = await answer()

  expect(asked()).toEqual(['X'])
  expect(outcome.error?.code).toBe('MODEL_CONTENT_FILTERED')
})

it('waits less for a busy provider when another model could answer', async () => {
  models({ X: [refuse(429, { headers: { 'retry-after': '6' } })], Y: [say('Seven.')] })
  await answer()

  expect(asked()).toEqual(['X', 'Y'])
})

const chainOf = (llmModels: readonly LlmModel[], permitted = ['X', 'Y', 'Z', 'W']) => {
  const wishes = { caller: caller(), model: undefined, mcpServers: undefined }
  const plan = planTurn(wishes, catalogOf({ llmModels }), userToken('alice', permitted))
  return answeringModels(plan).map(({ name }) => name)
}

it('follows at most two fall-backs', () => {
  expect(chainOf(CHAIN)).toEqual(['X', 'Y', 'Z'])
})

it('leaves out a fall-back that is off, in maintenance or not permitted, and follows its own', () => {
  const [x, , z] = CHAIN as [LlmModel, LlmModel, LlmModel]
  expect(chainOf([x, named('Y', 'Z', { enabled: false }), z])).toEqual(['X', 'Z'])
  expect(chainOf([x, named('Y', 'Z', { status: 'Maintenance' }), z])).toEqual(['X', 'Z'])
  expect(chainOf(CHAIN, ['X', 'Z'])).toEqual(['X', 'Z'])
})

it('asks no model twice, and none that is gone', () => {
  expect(chainOf([named('X', 'Y'), named('Y', 'X')])).toEqual(['X', 'Y'])
  expect(chainOf([named('X', 'X')])).toEqual(['X'])
  expect(chainOf([named('X', 'gone')])).toEqual(['X'])
})
