import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { outcomeOf } from '../../src/runs/run-store.ts'
import { callTool, cut, pause, refuse, say } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { allOf, ask, openEvents, send, viewRun } from './support/sidecar-client.ts'
import { type LabSidecar, startLabSidecar } from './support/sidecar-lab.ts'

const MAX_RUN_TOKENS = 25
const message = 'How many devices are there?'

let model: ScriptedModel
let standIn: ScriptedModel
let service: LabSidecar

beforeAll(async () => {
  model = await startScriptedModel({})
  standIn = await startScriptedModel({ respond: () => [say('Ten, says the other one.')] })
  service = await startLabSidecar(model.url, { AI_OPS_MAX_RUN_TOKENS: String(MAX_RUN_TOKENS) })
  await describeModel({ name: 'Stand-in', remoteUrl: standIn.url })
  await describeModel({ name: 'Chosen', remoteUrl: model.url, fallbackModel: 'Stand-in' })
})

afterAll(async () => {
  await service.stop()
  await model.stop()
  await standIn.stop()
})

beforeEach(() => model.answer(() => [say('Ten.')]))

async function describeModel(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const common = { provider: 'openai', modelName: 'scripted', status: 'Healthy' }
  const response = await send(service.url, {
    path: '/api/v1/llm-models',
    body: { ...common, ...fields }
  })
  expect(response.status).toBe(201)
}

/** The n-th request from now on gets the n-th answer. */
function answers(...scripts: readonly ReturnType<typeof say>[][]): void {
  const first = model.requests.length
  model.answer((_request, index) => scripts[index - first] ?? [refuse(404)])
}

async function readRun(body: Readonly<Record<string, unknown>>) {
  const { events, response } = await openEvents(service.url, { body })
  const seen = (await allOf(events)).map(({ event }) => event)
  return { seen, outcome: outcomeOf(seen), runId: response.headers.get('x-run-id') ?? '' }
}

test('[T24] a busy provider is asked again after the time that it names', async () => {
  answers([refuse(429, { headers: { 'retry-after': '1' } })], [say('Ten.')])
  const startedAt = performance.now()
  const { seen, outcome } = await readRun({ message })

  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000)
  expect(outcome).toMatchObject({ state: 'succeeded', response: 'Ten.', footer: { gaps: [] } })
  const told = seen.filter((event) => event.type === 'CUSTOM' && event.name === 'retrying')
  expect(told.map((event) => event.type === 'CUSTOM' && event.value)).toMatchObject([
    { reason: 'is busy', seconds: 2 },
    { reason: 'is busy', seconds: 0 }
  ])
})

test('[T24] a text that breaks off is begun anew, for all readers alike', async () => {
  answers([say('There are ni'), pause(30), cut()], [say('There are ten.')])
  const { seen, outcome, runId } = await readRun({ message })

  expect(outcome.response).toBe('There are ten.')
  expect(seen.filter(({ type }) => type === 'MESSAGES_SNAPSHOT')).toHaveLength(1)
  expect(await viewRun(service.url, runId)).toMatchObject({
    state: 'succeeded',
    response: 'There are ten.',
    footer: { incomplete: false }
  })
})

test('[T24] a fall-back model answers where the chosen one cannot, and that is said', async () => {
  model.answer(() => [refuse(401)])
  const answer = await ask(service.url, { message, model: 'Chosen' })

  expect(answer).toMatchObject({ response: 'Ten, says the other one.', state: 'succeeded' })
  expect(answer.gaps).toEqual([
    '"Chosen" could not answer (it has a key that its provider refuses); "Stand-in" answered.'
  ])
})

test('a run that has used up its tokens answers with what it has, and says so', async () => {
  let calls = 0
  model.answer(({ body }) => {
    calls += 1
    const args = { model: 'dcim.device', filters: { name: `device-${calls}` } }
    return body.tool_choice === 'none' ? [say('So far: ten.')] : [callTool('nautobot_count', args)]
  })
  const answer = await ask(service.url, { message })

  expect(answer.response).toBe('So far: ten.')
  expect(answer.gaps).toContain(
    `The limit of ${MAX_RUN_TOKENS} tokens for one question was reached.`
  )
})
