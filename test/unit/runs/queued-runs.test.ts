import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { storedMessages } from '../../../src/agent/agent-resume.ts'
import type { RunPhase } from '../../../src/runs/run-execution.ts'
import { caller, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { say, silence } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel

beforeEach(async () => {
  model = await startScriptedModel({ respond: () => [say('Thinking'), silence()] })
})
afterEach(() => model.stop())

/** One run that is answered, and one that waits behind it. */
async function startTwo(change: Partial<Parameters<typeof startAgentFixture>[0]> = {}) {
  const phases: string[] = []
  const onPhase = (from: RunPhase | undefined, to: RunPhase | undefined) =>
    void phases.push(`${from} > ${to}`)
  const fixture = startAgentFixture({ url: model.url, maxRuns: 1, onPhase, ...change })
  const first = await fixture.ask('First')
  const second = await fixture.ask('Second')
  await expect.poll(() => model.requests.length, { interval: 5 }).toBe(1)
  const questions = async () =>
    (await storedMessages(fixture.checkpointer, second.conversationId)).map(({ text }) => text)
  return { ...fixture, first, second, phases, questions }
}

it('answers the next one when the one before it has ended', async () => {
  const { runs, first, second, eventsOf, phases } = await startTwo()
  expect((await runs.view(caller(), second.runId)).state).toBe('queued')
  model.answer(() => [say('My turn.')])
  await runs.cancel(caller(), first.runId)
  const events = await eventsOf(second.runId)

  expect(events[1]).toEqual({ type: 'CUSTOM', name: 'queued', value: { place: 1 } })
  expect(await runs.view(caller(), second.runId)).toMatchObject({
    state: 'succeeded',
    response: 'My turn.'
  })
  expect(phases.toSorted()).toEqual([
    'queued > running',
    'queued > running',
    'running > undefined',
    'running > undefined',
    'undefined > queued',
    'undefined > queued'
  ])
})

it('keeps the question of a run that is stopped while it waits', async () => {
  const { runs, first, second, phases, questions } = await startTwo()

  expect((await runs.cancel(caller(), second.runId)).state).toBe('stopped')
  expect(await questions()).toEqual([expect.stringContaining('Second')])
  expect(phases.at(-1)).toBe('queued > undefined')
  expect(model.requests).toHaveLength(1)
  await runs.cancel(caller(), first.runId)
})

it('keeps the question of a run whose wait takes too long, and says so', async () => {
  // The first gives its place back long after its time is over.
  const tools = () => toolSet(undefined, { release: () => sleep(200) })
  const { runs, second, eventsOf, questions } = await startTwo({ maxRunMs: 100, tools })
  await eventsOf(second.runId)

  expect(await runs.view(caller(), second.runId)).toMatchObject({
    state: 'failed',
    error: { code: 'RUN_TIMEOUT' }
  })
  expect(await questions()).toEqual([expect.stringContaining('Second')])
})

it('interrupts what waits when there is nobody else to answer it', async () => {
  const { runs, second } = await startTwo()
  await runs.drain(20)

  expect(await runs.view(caller(), second.runId)).toMatchObject({
    state: 'interrupted',
    error: { code: 'DRAINING' }
  })
})
