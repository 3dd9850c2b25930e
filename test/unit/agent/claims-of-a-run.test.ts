import { EventSchemas } from '@ag-ui/core/schemas'
import { afterEach, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import {
  caller,
  catalogOf,
  counted,
  llmModel,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { callTool, say } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

afterEach(() => model.stop())

const url = 'http://nautobot.example/dcim/devices/?clear_view=true'
const tools = () =>
  toolSet(async () => counted('{"count":7}', { links: [{ label: 'Devices: 7', url }] }))

const claimsIn = (events: readonly AgentEvent[]) =>
  events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'claims' ? [event.value] : []
  )
const footerIn = (events: readonly AgentEvent[]) =>
  events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'footer' ? [event.value] : []
  )[0]

it('tells links and marks before the footer, and keeps them with run and message', async () => {
  const answer = 'There are 7 devices, one is ams99-rtr-01.'
  model = await startScriptedModel({
    script: [[callTool('count', { model: 'device' })], [say(answer)]]
  })
  const { ask, eventsOf, runs, checkpointer } = startAgentFixture({ url: model.url, tools })
  const { runId, conversationId } = await ask('How many devices?')
  const events = await eventsOf(runId)

  const [claims] = claimsIn(events)
  for (const event of events) EventSchemas.parse(event)
  expect(claims).toEqual({
    messageId: events.flatMap((e) => (e.type === 'TEXT_MESSAGE_END' ? [e.messageId] : [])).at(-1),
    found: 1,
    missing: 1,
    marks: [
      { text: '7', start: 10, end: 11, verdict: 'found', url },
      { text: 'ams99-rtr-01', start: 28, end: 40, verdict: 'missing' }
    ]
  })
  expect(events.at(-2)).toMatchObject({ name: 'footer' })
  expect(footerIn(events)?.gaps).toEqual(['Not found in the data: ams99-rtr-01.'])
  const stored = await checkpointer.getTuple({ configurable: { thread_id: conversationId } })
  const messages = stored?.checkpoint.channel_values.messages as {
    additional_kwargs: Record<string, unknown>
    artifact?: unknown
  }[]
  const { messageId: _, ...note } = claims ?? { messageId: '' }
  expect((await runs.view(caller(), runId)).claims).toEqual(note)
  expect(messages.at(-1)?.additional_kwargs.claims).toEqual(note)
  expect(messages.at(-2)?.artifact).toMatchObject({ username: 'alice', server: 'nautobot' })
})

it('says in a follow-up when its data was read', async () => {
  model = await startScriptedModel({
    script: [
      [callTool('count', { model: 'device' })],
      [say('There are 7 devices.')],
      [say('Still 7.')]
    ]
  })
  const { ask, eventsOf } = startAgentFixture({ url: model.url, tools })
  const { runId, conversationId } = await ask('How many devices?')
  await eventsOf(runId)
  const second = await ask('And now?', { conversationId })
  const gaps = footerIn(await eventsOf(second.runId))?.gaps

  expect(gaps).toHaveLength(1)
  expect(gaps?.[0]).toMatch(/^Part of this was read for an earlier question, on \d{4}-/)
})

it('sends neither marks nor origins to the model', async () => {
  model = await startScriptedModel({
    script: [[callTool('count', {})], [say('7, or 9.')], [say('Fine.')]]
  })
  const { ask, eventsOf } = startAgentFixture({ url: model.url, tools })
  const { runId, conversationId } = await ask('How many devices?')
  await eventsOf(runId)
  await eventsOf((await ask('Thanks', { conversationId })).runId)

  const sent = JSON.stringify(model.requests.at(-1)?.body)
  expect(sent).not.toMatch(/marks|verdict|readAt|nautobot\.example/)
})

it('tells what each call of the model took, and what the run cost', async () => {
  model = await startScriptedModel({
    script: [[callTool('count', { model: 'device' })], [say('There are 7 devices.')]]
  })
  const priced = llmModel({ inputPrice: 2, cachedInputPrice: 0.5, outputPrice: 8 })
  const { ask, eventsOf, runs } = startAgentFixture({
    ...{ url: model.url, tools },
    catalog: () => catalogOf({ llmModels: [priced] })
  })
  const { runId } = await ask('How many devices?')
  await eventsOf(runId)
  const { modelCalls, steps, footer } = await runs.view(caller(), runId)

  expect(modelCalls).toHaveLength(2)
  expect(modelCalls[1]).toMatchObject({
    model: 'scripted',
    inputTokens: 10,
    cachedInputTokens: 0,
    outputTokens: 1,
    cost: (10 * 2 + 8) / 1_000_000
  })
  expect(steps).toMatchObject([{ bytes: 11, links: [{ url }] }])
  const costs = modelCalls.map(({ cost = Number.NaN }) => cost)
  expect(footer?.usage.cost).toBeCloseTo(
    costs.reduce((one, other) => one + other),
    12
  )
})
