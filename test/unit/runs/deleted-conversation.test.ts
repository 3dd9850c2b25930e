import { afterEach, beforeEach, expect, it } from 'vitest'
import { createConversations } from '../../../src/conversations/conversations.ts'
import { caller, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, say, silence } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'
import { startSteadyClock } from '../../support/steady-clock.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({ respond: () => [say('Thinking'), silence()] })
})
afterEach(() => model.stop())

function start(options: Partial<Parameters<typeof startAgentFixture>[0]> = {}) {
  const fixture = startAgentFixture({ url: model.url, ...options })
  const { conversations: registry, checkpointer, runs } = fixture
  const conversations = createConversations({ registry, checkpointer, stopRun: runs.stop })
  return { ...fixture, conversations }
}

it('stops the run of a conversation that is deleted, and keeps nothing of it', async () => {
  const { ask, runs, conversations, checkpointer } = start()
  const { runId, conversationId } = await ask('Think')
  await expect
    .poll(async () => (await runs.view(caller(), runId)).response, { interval: 10 })
    .toBe('Thinking')

  await conversations.remove('alice', conversationId)

  expect((await runs.view(caller(), runId)).state).toBe('stopped')
  expect(await checkpointer.getTuple({ configurable: { thread_id: conversationId } })).toBe(
    undefined
  )
  await expect(ask('And?', { conversationId })).rejects.toMatchObject({
    code: 'CONVERSATION_NOT_FOUND'
  })
})

it('keeps nothing of a run either that does not end when it is stopped', async () => {
  const { promise: isDone, resolve: finish } = Promise.withResolvers<void>()
  // A tool server that takes its time to hang up.
  const tools = () => toolSet(undefined, { release: () => isDone })
  model.answer((_request, index) => (index === 0 ? [callTool('count', {})] : [silence()]))
  const { ask, runs, eventsOf, conversations, checkpointer } = start({ tools })
  const { runId, conversationId } = await ask('Think')
  await expect
    .poll(async () => (await runs.view(caller(), runId)).steps.length, { interval: 10 })
    .toBe(1)

  await conversations.remove('alice', conversationId)
  finish()
  await eventsOf(runId)

  expect(await checkpointer.getTuple({ configurable: { thread_id: conversationId } })).toBe(
    undefined
  )
})

it('stops a run that waits for a person, and tells its readers, when its conversation is deleted', async () => {
  const [count] = toolSet().tools
  const tools = () => toolSet(undefined, { tools: count ? [{ ...count, readOnly: false }] : [] })
  model.answer(() => [callTool('count', {})])
  const { ask, runs, eventsOf, conversations } = start({ tools })
  const { runId, conversationId } = await ask('Do it')
  const reading = eventsOf(runId)
  await expect
    .poll(async () => (await runs.view(caller(), runId)).state, { interval: 10 })
    .toBe('waiting')
  const clock = startSteadyClock()

  await conversations.remove('alice', conversationId)

  expect(clock.stop()).toBeLessThan(500)
  expect((await reading).at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
})

it('finds it no error when the run that is to be stopped is unknown here', async () => {
  const { runs } = start()
  expect(await runs.stop('run-elsewhere', 'conversation-1')).toBeUndefined()
})
