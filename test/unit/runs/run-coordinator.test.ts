import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventOf } from '../../../src/runs/run.ts'
import {
  caller,
  catalogOf,
  llmModel,
  mcpServer,
  startAgentFixture,
  toolSet
} from '../../support/agent-fixture.ts'
import { say, silence } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({ respond: () => [say(['One', ' two'])] })
})
afterEach(() => model.stop())

function silently() {
  model.answer(() => [say('Thinking'), silence()])
}

it('refuses a second question while one is being answered, and names the run', async () => {
  silently()
  const { ask, runs } = startAgentFixture({ url: model.url })
  const { runId, conversationId } = await ask('Think')

  await expect(ask('And?', { conversationId })).rejects.toMatchObject({
    code: 'CONVERSATION_BUSY',
    details: { runId }
  })
  await runs.cancel(caller(), runId)
})

it('takes the next question as soon as the end of the last one can be read', async () => {
  const slowRelease = () => toolSet(undefined, { release: () => sleep(30) })
  const { ask, runs } = startAgentFixture({ url: model.url, tools: slowRelease })
  const { runId, conversationId } = await ask('Hello')
  const { signal } = new AbortController()
  for await (const { type } of runs.events(caller(), runId, { afterId: undefined, signal })) {
    if (type === 'RUN_FINISHED') await ask('And?', { conversationId })
  }

  expect((await runs.view(caller(), runId)).state).toBe('succeeded')
})

it('shows runs and conversations to their owner only', async () => {
  const { ask, runs, eventsOf } = startAgentFixture({ url: model.url })
  const { runId, conversationId } = await ask('Hello')
  await eventsOf(runId)
  const bob = caller('bob')

  await expect(runs.view(bob, runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  await expect(runs.cancel(bob, runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  await expect(eventsOf(runId, 'bob')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  await expect(ask('Hi', { caller: bob, conversationId })).rejects.toMatchObject({
    code: 'CONVERSATION_NOT_FOUND'
  })
})

it('lets a reader go on where it was', async () => {
  const { ask, runs, eventsOf } = startAgentFixture({ url: model.url })
  const { runId } = await ask('Hello')
  const all = await eventsOf(runId)
  const { signal } = new AbortController()
  const rest = await Array.fromAsync(runs.events(caller(), runId, { afterId: '1-2', signal }))

  expect(rest.map(eventOf)).toEqual(all.slice(2))
  expect(rest[0]?.id).toBe('1-3')
})

it.each(['x', '-1', '3', '1.5', '2-1'])(
  'refuses the event id %s, which the log cannot have given',
  async (afterId) => {
    const { ask, runs, eventsOf } = startAgentFixture({ url: model.url })
    const { runId } = await ask('Hello')
    await eventsOf(runId)
    const { signal } = new AbortController()

    await expect(
      Array.fromAsync(runs.events(caller(), runId, { afterId, signal }))
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  }
)

it('frees a reader that leaves while the run goes on', async () => {
  silently()
  const { ask, runs } = startAgentFixture({ url: model.url })
  const { runId } = await ask('Think')
  const reader = new AbortController()
  const reading = Array.fromAsync(
    runs.events(caller(), runId, { afterId: undefined, signal: reader.signal })
  )
  await expect.poll(async () => (await runs.view(caller(), runId)).response).toBe('Thinking')
  reader.abort()

  expect((await reading).length).toBeGreaterThan(0)
  expect((await runs.view(caller(), runId)).state).toBe('running')
  await runs.cancel(caller(), runId)
})

it('refuses runs beyond its limit and its queue, and says when to come back', async () => {
  silently()
  const { ask, runs } = startAgentFixture({ url: model.url, maxRuns: 1, maxQueuedRuns: 0 })
  const { runId } = await ask('Think')

  await expect(ask('Think too')).rejects.toMatchObject({
    code: 'TOO_MANY_RUNS',
    details: { retryAfterSeconds: 2 }
  })
  await runs.cancel(caller(), runId)
  await expect(ask('Now?')).resolves.toMatchObject({})
})

it('ends a run that takes too long with its own code', async () => {
  silently()
  const { ask, runs, eventsOf } = startAgentFixture({ url: model.url, maxRunMs: 100 })
  const { runId } = await ask('Think')
  await eventsOf(runId)

  expect(await runs.view(caller(), runId)).toMatchObject({
    state: 'failed',
    response: 'Thinking',
    error: { code: 'RUN_TIMEOUT' }
  })
})

it('drains: no new runs, a deadline for running ones, then they are interrupted', async () => {
  silently()
  const { ask, runs } = startAgentFixture({ url: model.url })
  const { runId } = await ask('Think')
  await runs.drain(50)

  expect(await runs.view(caller(), runId)).toMatchObject({
    state: 'interrupted',
    error: { code: 'DRAINING' }
  })
  await expect(ask('More')).rejects.toMatchObject({ code: 'DRAINING' })
})

it('forgets the oldest ended runs at the limit', async () => {
  const { ask, runs, eventsOf } = startAgentFixture({ url: model.url, maxKeptRuns: 2 })
  const first = await ask('1')
  await eventsOf(first.runId)
  await eventsOf((await ask('2')).runId)
  await eventsOf((await ask('3')).runId)

  await expect(runs.view(caller(), first.runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})

it('keeps one checkpoint of a conversation when its run is over', async () => {
  const { ask, eventsOf, checkpointer } = startAgentFixture({ url: model.url })
  const { runId, conversationId } = await ask('Hello')
  await eventsOf(runId)

  expect(Object.keys(checkpointer.storage[conversationId]?.[''] ?? {})).toHaveLength(1)
  expect(Object.keys(checkpointer.writes)).toHaveLength(0)
})

it('takes the default model among those the user may chat with', async () => {
  const models = [
    llmModel({ id: 'model-2', name: 'forbidden', isDefault: true }),
    llmModel({ id: 'model-1', name: 'allowed', isDefault: false })
  ]
  const { ask, runs, eventsOf } = startAgentFixture({
    url: model.url,
    catalog: () => catalogOf({ llmModels: models })
  })
  const { runId } = await ask('Hello')
  await eventsOf(runId)

  expect((await runs.view(caller(), runId)).model).toBe('allowed')
  await expect(ask('Hello', { model: 'forbidden' })).rejects.toMatchObject({
    code: 'MODEL_NOT_PERMITTED'
  })
  await expect(ask('Hello', { model: 'gpt-9' })).rejects.toMatchObject({
    code: 'UNKNOWN_MODEL',
    details: { available: ['allowed'] }
  })
})

it('says that no model is configured', async () => {
  const catalog = () => catalogOf({ llmModels: [llmModel({ enabled: false })] })
  const { ask } = startAgentFixture({ url: model.url, catalog })

  await expect(ask('Hello')).rejects.toMatchObject({ code: 'MODEL_NOT_CONFIGURED' })
})

it('refuses a server that is unknown', async () => {
  const { ask } = startAgentFixture({
    url: model.url,
    catalog: () => catalogOf({ mcpServers: [mcpServer()] })
  })

  await expect(ask('Hello', { mcpServers: ['tickets'] })).rejects.toMatchObject({
    code: 'UNKNOWN_TOOL_SERVER',
    details: { available: ['weather'] }
  })
})

it('keeps with a conversation what was chosen, and names in the footer what of it is gone', async () => {
  model.answer(() => [say('Fine.')])
  let mcpServers = [mcpServer(), mcpServer({ id: 'server-2', name: 'tickets' })]
  const fixture = startAgentFixture({ url: model.url, catalog: () => catalogOf({ mcpServers }) })
  const { ask, eventsOf, conversations } = fixture
  const gapsOf = async (change: Parameters<typeof ask>[1]) => {
    const { runId, conversationId } = await ask('Hello', change)
    const events = await eventsOf(runId)
    const footer = events.find((event) => event.type === 'CUSTOM' && event.name === 'footer')
    return { conversationId, footer }
  }
  const first = await gapsOf({ mcpServers: ['tickets', 'weather'] })
  const { conversationId } = first
  expect(first.footer).toMatchObject({ value: { gaps: [] } })
  expect((await conversations.get('alice', conversationId)).choice).toEqual({
    mcpServers: [
      { id: 'server-2', name: 'tickets' },
      { id: 'server-1', name: 'weather' }
    ]
  })

  mcpServers = [mcpServer({ enabled: false })]
  const gaps = [
    'tickets could not be asked: it is not there any more.',
    'weather could not be asked: it is disabled.'
  ]
  expect((await gapsOf({ conversationId })).footer).toMatchObject({ value: { gaps } })
  expect((await gapsOf({ conversationId })).footer).toMatchObject({ value: { gaps: [gaps[1]] } })
  expect((await gapsOf({ conversationId, mcpServers: null })).footer).toMatchObject({
    value: { gaps: [] }
  })
  expect((await conversations.get('alice', conversationId)).choice).toEqual({})
})

it('holds its limit when many questions start at once', async () => {
  silently()
  const { ask, runs } = startAgentFixture({ url: model.url, maxRuns: 2, maxQueuedRuns: 0 })
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => ask('Think')))
  const started = outcomes.filter(({ status }) => status === 'fulfilled')

  expect(started).toHaveLength(2)
  for (const { value } of started as PromiseFulfilledResult<{ runId: string }>[]) {
    await runs.cancel(caller(), value.runId)
  }
})

it('leaves places for others when one user has taken a share', async () => {
  silently()
  const { ask, runs } = startAgentFixture({
    url: model.url,
    maxRunsPerUser: 1,
    maxQueuedRunsPerUser: 0
  })
  const { runId } = await ask('Think')

  await expect(ask('Think too')).rejects.toMatchObject({ code: 'TOO_MANY_RUNS' })
  const other = await ask('Think', { caller: caller('bob') })
  await runs.cancel(caller(), runId)
  await runs.cancel(caller('bob'), other.runId)
})

it('admits nobody whose question was being prepared when the drain began', async () => {
  const { ask, runs } = startAgentFixture({ url: model.url })
  const asked = ask('Hello')
  await runs.drain(10)

  await expect(asked).rejects.toMatchObject({ code: 'DRAINING' })
})

it('asks a server once, whatever it was called', async () => {
  const catalog = () => catalogOf({ mcpServers: [mcpServer()] })
  const { agent } = startAgentFixture({ url: model.url, catalog })
  const context = { signal: new AbortController().signal, correlationId: 'test' }
  const wishes = { caller: caller(), model: undefined, mcpServers: ['weather', 'server-1'] }

  expect((await agent.prepare(wishes, context)).servers).toHaveLength(1)
})
