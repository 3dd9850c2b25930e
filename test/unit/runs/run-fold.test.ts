import { expect, it, vi } from 'vitest'
import type { AgentEvent, ModelNote, ToolCallNote } from '../../../src/agent/agent-events.ts'
import { createLogCut } from '../../../src/runs/log-cut.ts'
import { eventOf } from '../../../src/runs/run.ts'
import { foldEvent } from '../../../src/runs/run-fold.ts'
import { createMemoryRunLog } from '../../../src/runs/run-log.ts'
import { startOutcome } from '../../../src/runs/run-outcome.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { transcriptOf } from '../../../src/runs/run-transcript.ts'
import { calling, FINISHED, QUESTION, RUN_ID, returning } from '../../support/run-events.ts'

const PROMPT = { name: 'Night shift', version: '3fa9c1e2' }
const model = (value: ModelNote): AgentEvent => ({ type: 'CUSTOM', name: 'model', value })
const first = model({ name: 'X', isLab: false, prompt: PROMPT })
const standIn = model({
  name: 'Y',
  isLab: false,
  insteadOf: { name: 'X', reason: 'is busy' }
})
const fact = (change: Partial<ToolCallNote> = {}): AgentEvent => ({
  type: 'CUSTOM',
  name: 'tool_call',
  value: {
    ...{ toolCallId: 'c1', server: 'nautobot', isError: false, durationMs: 4, links: [] },
    ...change
  }
})
const WHY = {
  model: 'Y',
  prompt: PROMPT,
  standIns: [{ name: 'Y', insteadOf: 'X', reason: 'is busy' }]
}

it('names the models that stood in, each once, and the prompt of the one that was asked', () => {
  expect(outcomeOf([first, standIn])).toMatchObject(WHY)
  expect(outcomeOf([first, standIn, first, standIn])).toMatchObject(WHY)
  expect(outcomeOf([first, standIn, model({ name: 'X', isLab: false })])).toMatchObject({
    ...{ model: 'X', prompt: undefined, standIns: WHY.standIns }
  })
})

it('knows which model call asked for a step, and nothing of it that is for the footer', () => {
  const events = [...calling('c1', 'm1', '{}'), ...returning('c1', '7')]
  const { steps } = outcomeOf([...events, fact({ modelCall: 2, gaps: ['Roles are hidden.'] })])
  expect(steps).toHaveLength(1)
  expect(steps[0]).toMatchObject({ modelCall: 2, server: 'nautobot' })
  expect(steps[0]).not.toHaveProperty('gaps')
})

it('says the same after the log was cut', async () => {
  const log = createMemoryRunLog()
  const history = vi.fn(async () => [QUESTION])
  const limits = { maxLogEvents: 3, maxLogCharacters: 100_000 }
  const cut = createLogCut({ runId: RUN_ID, log, history, ...limits })
  const again = [first, standIn, fact({ modelCall: 1 }), fact({ modelCall: 1 })]
  for (const event of [first, standIn, ...calling('c1', 'm1', '{}'), ...again]) {
    const instead = cut.eventsAfter(event, log.append(event))
    for (const one of instead) log.append(one)
    if (instead.length > 0) log.trim(instead.length)
    await new Promise(setImmediate)
  }
  const events = log.events().map(eventOf)
  expect(events.map((event) => (event.type === 'CUSTOM' ? event.name : event.type))).toContain(
    'log_cut'
  )
  expect(outcomeOf(events)).toMatchObject(WHY)
  expect(outcomeOf(events).steps).toMatchObject([{ toolCallId: 'c1', modelCall: 1 }])
})

it('keeps of the claims what the API promises, and not the message that they belong to', () => {
  const outcome = startOutcome()
  const note = { found: 2, missing: 0, marks: [] }
  foldEvent(outcome, { type: 'CUSTOM', name: 'claims', value: { messageId: 'm1', ...note } })
  expect(outcome.claims).toStrictEqual(note)
})

const progress = (progress: number, message?: string): AgentEvent => ({
  type: 'CUSTOM',
  name: 'tool_progress',
  value: { toolCallId: 'c1', progress, total: 9, ...(message && { message }) }
})
const progressOf = (events: readonly AgentEvent[]) => outcomeOf(events).steps[0]?.progress

it('knows how far a call has come while it runs, and nothing of it afterwards', () => {
  const running = [...calling('c1', 'm1'), progress(1, 'copying'), progress(2)]
  expect(progressOf(running)).toEqual({ progress: 2, total: 9 })

  const [result = FINISHED] = returning('c1', '7')
  const snapshot: AgentEvent = { type: 'MESSAGES_SNAPSHOT', messages: [QUESTION] }
  const failed: AgentEvent = { type: 'RUN_ERROR', code: 'INTERNAL', message: 'No.' }
  for (const end of [result, snapshot, FINISHED, failed]) {
    expect(progressOf([...running, end])).toBeUndefined()
  }
  const told = { type: 'MESSAGES_SNAPSHOT', messages: transcriptOf([QUESTION], running) } as const
  expect(outcomeOf([...running, told]).steps).toMatchObject([{ progress: undefined }])
  expect(progressOf([...running, told, progress(1)])).toEqual({ progress: 1, total: 9 })
})

it('has no step for progress of a call that nobody has begun', () => {
  expect(outcomeOf([progress(1)]).steps).toEqual([])
})
