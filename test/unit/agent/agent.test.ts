import { EventSchemas } from '@ag-ui/core/schemas'
import { afterEach, expect, it } from 'vitest'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { caller, counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, cut, pause, say, silence } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'
import { startSteadyClock } from '../../support/steady-clock.ts'

let model: ScriptedModel

afterEach(() => model.stop())

function typesOf(events: readonly AgentEvent[]): string[] {
  return events.map((event) => (event.type === 'CUSTOM' ? event.name : event.type))
}

function textOf(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : '')).join('')
}

it('answers with what a tool returned, in AG-UI events', async () => {
  model = await startScriptedModel({
    script: [[callTool('count', { model: 'device' })], [say(['There are ', '7 devices.'])]]
  })
  const link = { label: 'devices', url: 'http://nautobot.example/dcim/devices/' }
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(async () => counted('7', { rows: 1, links: [link], gaps: ['Roles are hidden.'] }))
  })
  const { runId, conversationId } = await ask('How many devices?')
  const events = await eventsOf(runId)

  for (const event of events) EventSchemas.parse(event)
  expect(typesOf(events)).toEqual([
    'RUN_STARTED',
    'model',
    'model_call',
    'TOOL_CALL_START',
    'TOOL_CALL_ARGS',
    'TOOL_CALL_END',
    'TOOL_CALL_RESULT',
    'tool_call',
    'TEXT_MESSAGE_START',
    'TEXT_MESSAGE_CONTENT',
    'TEXT_MESSAGE_CONTENT',
    'TEXT_MESSAGE_END',
    'model_call',
    'claims',
    'footer',
    'RUN_FINISHED'
  ])
  expect(textOf(events)).toBe('There are 7 devices.')
  expect(events.at(-2)).toMatchObject({
    value: {
      evidence: [link],
      gaps: ['Roles are hidden.'],
      usage: { modelCalls: 2, toolCalls: 1 },
      incomplete: false
    }
  })
  expect(outcomeOf(events).steps).toMatchObject([{ name: 'count', modelCall: 1 }])
  expect(events[0]).toEqual({ type: 'RUN_STARTED', threadId: conversationId, runId })
})

it('remembers the conversation, and keeps what varies out of the prompt', async () => {
  model = await startScriptedModel({ script: [[say('Hello.')], [say('You said hello.')]] })
  const { ask, eventsOf } = startAgentFixture({ url: model.url })
  const { runId, conversationId } = await ask('Hello')
  await eventsOf(runId)
  const pageContext = { objectType: 'dcim.device', id: 'd1' }
  const second = await ask('What did I say?', { conversationId, pageContext })
  await eventsOf(second.runId)

  const [first, then] = model.requests.map(({ body }) => body.messages)
  expect(then?.slice(0, 2)).toEqual(first)
  expect(then?.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(then?.[3]?.content).toMatch(/\[context\]\n.*page: dcim\.device:d1\n\[\/context\]\nWhat/s)
})

it('runs the tool calls of one answer side by side', async () => {
  model = await startScriptedModel({
    script: [[callTool('count', { model: 'a' }), callTool('count', { model: 'b' })], [say('Both.')]]
  })
  let together = 0
  let most = 0
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(async () => {
        together += 1
        most = Math.max(most, together)
        await new Promise((resolve) => setTimeout(resolve, 20))
        together -= 1
        return counted('1')
      })
  })
  await eventsOf((await ask('Count both')).runId)

  expect(most).toBe(2)
  expect(model.requests[1]?.body.messages.filter(({ role }) => role === 'tool')).toHaveLength(2)
})

it('tells the model that its arguments were not JSON instead of calling', async () => {
  model = await startScriptedModel({ script: [[callTool('count', '{"model": ')], [say('Sorry.')]] })
  let calls = 0
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(async () => {
        calls += 1
        return counted('1')
      })
  })
  await eventsOf((await ask('Count')).runId)

  expect(calls).toBe(0)
  expect(model.requests[1]?.body.messages.at(-1)?.content).toContain('not a JSON object')
})

it('answers with what it has at the limit of model calls, and says so', async () => {
  model = await startScriptedModel({
    respond: ({ body }) =>
      body.tool_choice === 'none' ? [say('So far: 7.')] : [callTool('count', {})]
  })
  const { ask, eventsOf } = startAgentFixture({ url: model.url, limits: { maxModelCalls: 3 } })
  const events = await eventsOf((await ask('Count for ever')).runId)

  expect(model.requests).toHaveLength(3)
  expect(textOf(events)).toBe('So far: 7.')
  expect(events.at(-2)).toMatchObject({
    value: { gaps: ['The limit of 3 model calls for one question was reached.'] }
  })
})

it('cuts an answer at its limit, and says so', async () => {
  model = await startScriptedModel({ script: [[say(['0123456789', '0123456789'])]] })
  const { ask, eventsOf } = startAgentFixture({
    url: model.url,
    limits: { maxAnswerCharacters: 15 }
  })
  const events = await eventsOf((await ask('Talk')).runId)

  expect(textOf(events)).toBe('012345678901234')
  expect(events.at(-2)).toMatchObject({ value: { gaps: ['The answer is cut at 15 characters.'] } })
})

it('keeps text that was cut in mid-stream, marks it, and goes on with the conversation', async () => {
  model = await startScriptedModel({
    script: [[say(['There are ', 'seven']), pause(60), cut()], [say('Again.')]]
  })
  const { ask, eventsOf, runs } = startAgentFixture({ url: model.url, patience: { maxTries: 1 } })
  const { runId, conversationId } = await ask('How many?')
  const events = await eventsOf(runId)

  expect(typesOf(events).slice(-4)).toEqual(['TEXT_MESSAGE_END', 'footer', 'error', 'RUN_ERROR'])
  expect(textOf(events)).toBe('There are seven')
  const second = await ask('Again', { conversationId })
  const view = await eventsOf(second.runId).then(() => runs.view(caller(), second.runId))
  expect(view).toMatchObject({ state: 'succeeded', response: 'Again.' })
  expect(model.requests[1]?.body.messages[2]).toMatchObject({
    role: 'assistant',
    content: 'There are seven'
  })
})

it('stops the model request within half a second and leaves a valid history', async () => {
  model = await startScriptedModel({ script: [[say('Thinking'), silence()], [say('Go on.')]] })
  const { ask, eventsOf, runs } = startAgentFixture({ url: model.url })
  const { runId, conversationId } = await ask('Think')
  await expect.poll(async () => (await runs.view(caller(), runId)).response).toBe('Thinking')
  const clock = startSteadyClock()
  const view = await runs.cancel(caller(), runId)
  await model.requests[0]?.ended

  expect(clock.stop()).toBeLessThan(500)
  expect(view.state).toBe('stopped')
  expect(typesOf(await eventsOf(runId)).slice(-3)).toEqual(['footer', 'stopped', 'RUN_FINISHED'])
  const second = await ask('Go on', { conversationId })
  await eventsOf(second.runId)
  expect(model.requests[1]?.body.messages.map(({ role }) => role)).toEqual([
    'system',
    'user',
    'assistant',
    'user'
  ])
})

it('stops a tool call, and answers for it in the next question', async () => {
  model = await startScriptedModel({ script: [[callTool('count', {})], [say('Go on.')]] })
  let abortedAt = 0
  const { ask, eventsOf, runs } = startAgentFixture({
    url: model.url,
    tools: () =>
      toolSet(
        (_name, _args, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              abortedAt = performance.now()
              reject(signal.reason)
            })
          })
      )
  })
  const { runId, conversationId } = await ask('Count')
  await expect.poll(async () => (await runs.view(caller(), runId)).steps).toHaveLength(1)
  const stoppedAt = performance.now()
  await runs.cancel(caller(), runId)

  expect(abortedAt - stoppedAt).toBeLessThan(500)
  const second = await ask('Go on', { conversationId })
  await eventsOf(second.runId)
  const sent = model.requests[1]?.body.messages ?? []
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'user'])
  expect(sent[3]?.content).toContain('not finished')
})

it('makes no call after the last one it was allowed, and leaves a valid history', async () => {
  model = await startScriptedModel({ respond: () => [callTool('count', {})] })
  const { ask, eventsOf } = startAgentFixture({ url: model.url, limits: { maxModelCalls: 2 } })
  const { runId, conversationId } = await ask('Count for ever')
  await eventsOf(runId)
  model.answer(() => [say('Done.')])
  const events = await eventsOf((await ask('And?', { conversationId })).runId)

  expect(textOf(events)).toBe('Done.')
  const sent = model.requests.at(-1)?.body.messages ?? []
  expect(sent.filter(({ role }) => role === 'tool')).toHaveLength(1)
  expect(sent.flatMap(({ tool_calls: calls = [] }) => calls)).toHaveLength(1)
})
