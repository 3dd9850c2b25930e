import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ToolDefinition } from '../../../src/tool-server.ts'
import { caller, counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { callTool, say } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({
    respond: ({ body }) =>
      body.messages.some(({ role }) => role === 'tool')
        ? [say('Done.')]
        : [callTool('reboot', { device: 'one' })]
  })
})
afterEach(() => model.stop())

const REBOOT: ToolDefinition = {
  name: 'reboot',
  description: 'Restarts a device.',
  inputSchema: { type: 'object', properties: { device: { type: 'string' } } },
  server: 'tickets',
  readOnly: false
}

function start(change: Partial<Parameters<typeof startAgentFixture>[0]> = {}) {
  const call = vi.fn(async () => counted('restarted'))
  const onDecided = vi.fn()
  const onWaiting = vi.fn()
  const fixture = startAgentFixture({
    url: model.url,
    tools: () => toolSet(call, { tools: [REBOOT] }),
    ...{ onDecided, onWaiting },
    ...change
  })
  const stateOf = async (runId: string) => (await fixture.runs.view(caller(), runId)).state
  const waits = (runId: string) =>
    vi.waitFor(async () => expect(await stateOf(runId)).toBe('waiting'), { timeout: 5_000 })
  async function decide(runId: string, decision: 'approve' | 'reject' = 'approve', user = 'alice') {
    const { approvals } = await fixture.runs.view(caller(), runId)
    const decisions = approvals.map(({ toolCallId }) => ({
      ...{ toolCallId, decision },
      reason: undefined
    }))
    const { signal } = new AbortController()
    return fixture.runs.decide(caller(user), runId, { decisions, signal, correlationId: 'c-1' })
  }
  return { ...fixture, call, onDecided, onWaiting, stateOf, waits, decide }
}

it('goes on when it is decided, and tells the audit who decided what', async () => {
  const { ask, waits, decide, eventsOf, call, onDecided, onWaiting } = start()
  const { runId } = await ask('Restart it')
  await waits(runId)
  expect(call).not.toHaveBeenCalled()
  await decide(runId)
  await decide(runId)
  await eventsOf(runId)

  expect(call).toHaveBeenCalledOnce()
  expect(onWaiting).toHaveBeenCalledOnce()
  expect(onDecided.mock.calls).toMatchObject([
    [
      {
        caller: { id: 'alice' },
        runId,
        decision: { decision: 'approve' },
        action: { name: 'reboot' }
      }
    ]
  ])
})

it('leaves its place to the next question, and waits for one when it is decided', async () => {
  const limits = { maxRuns: 1, maxRunsPerUser: 1 }
  const { ask, waits, decide, stateOf, call, runs } = start(limits)
  const { runId } = await ask('Restart it')
  await waits(runId)
  let release = () => {}
  model.answer(async () => {
    await new Promise<void>((resolve) => {
      release = resolve
    })
    return [say('Done.')]
  })
  const other = await ask('Think')
  await vi.waitFor(async () => expect(await stateOf(other.runId)).toBe('running'), {
    timeout: 5_000
  })
  expect(await decide(runId)).toMatchObject({ state: 'queued' })
  expect(call).not.toHaveBeenCalled()
  model.answer(() => [say('Done.')])
  release()

  await vi.waitFor(async () => expect(await stateOf(runId)).toBe('succeeded'), { timeout: 5_000 })
  expect(call).toHaveBeenCalledOnce()
  runs.close()
})

it('is not found by somebody else, and decides nothing without an identity', async () => {
  const refusal = new Error('Sign in again.')
  const grantFor = vi.fn(async () => {
    throw refusal
  })
  const { ask, waits, decide, stateOf } = start({ grantFor })
  const { runId } = await ask('Restart it')
  await waits(runId)

  await expect(decide(runId, 'approve', 'bob')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  expect(grantFor).not.toHaveBeenCalled()
  await expect(decide(runId)).rejects.toBe(refusal)
  expect(await stateOf(runId)).toBe('waiting')
})

it('is stopped while it waits, and its conversation takes the next question', async () => {
  const { ask, waits, runs, eventsOf, call } = start()
  const { runId, conversationId } = await ask('Restart it')
  await waits(runId)
  await expect(ask('And?', { conversationId })).rejects.toMatchObject({
    code: 'CONVERSATION_BUSY',
    details: { runId }
  })

  expect(await runs.cancel(caller(), runId)).toMatchObject({ state: 'stopped' })
  expect(call).not.toHaveBeenCalled()
  model.answer(() => [say('Fine.')])
  const next = await ask('And?', { conversationId })
  await eventsOf(next.runId)
  const sent = model.requests.at(-1)?.body.messages ?? []
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'user'])
})

it('does not hold up a drain', async () => {
  const { ask, waits, runs } = start()
  const { runId } = await ask('Restart it')
  await waits(runId)
  const startedAt = performance.now()
  await runs.drain(10_000)

  expect(performance.now() - startedAt).toBeLessThan(9_000)
})
