import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { AgentEvent, SnapshotMessage } from '../../../src/agent/agent-events.ts'
import { createLogCut, type LogCutOptions } from '../../../src/runs/log-cut.ts'
import { eventOf } from '../../../src/runs/run.ts'
import { createMemoryRunLog } from '../../../src/runs/run-log.ts'
import { outcomeOf } from '../../../src/runs/run-store.ts'
import { transcriptOf } from '../../../src/runs/run-transcript.ts'
import {
  calling,
  MODEL,
  QUESTION,
  RUN_ID,
  returning,
  runEvents,
  STARTED,
  saying
} from '../../support/run-events.ts'

const settle = () => new Promise(setImmediate)

function cutOf(change: Partial<LogCutOptions> = {}) {
  const log = createMemoryRunLog()
  const history = vi.fn<LogCutOptions['history']>(async () => [QUESTION])
  const limits = { maxLogEvents: 3, maxLogCharacters: 100_000 }
  const cut = createLogCut({ runId: RUN_ID, log, history, ...limits, ...change })
  /** As the pen does it: answers what was logged in place of what was before. */
  async function put(event: AgentEvent): Promise<AgentEvent[]> {
    const more = cut.eventsAfter(event, log.append(event))
    for (const one of more) log.append(one)
    if (more.length > 0) log.trim(more.length)
    await settle()
    return more
  }
  async function putAll(events: readonly AgentEvent[]): Promise<AgentEvent[][]> {
    const all = []
    for (const event of events) all.push(await put(event))
    return all
  }
  return { log, history, put, putAll }
}

const nameOf = (event: AgentEvent) => (event.type === 'CUSTOM' ? event.name : event.type)

describe('the messages that events come to', () => {
  it('are the history, then each answer with its calls and their results', () => {
    const events = [
      ...saying('m1', 'Let me', ' look.'),
      ...calling('c1', 'm1', '{"model":'),
      { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '1}' } as const,
      ...returning('c1', '7'),
      ...saying('m2', 'Seven.')
    ]
    const call = { name: 'count', arguments: '{"model":1}' }
    expect(transcriptOf([QUESTION], events)).toEqual([
      QUESTION,
      {
        id: 'm1',
        role: 'assistant',
        content: 'Let me look.',
        toolCalls: [{ id: 'c1', type: 'function', function: call }]
      },
      { id: 'c1-result', role: 'tool', toolCallId: 'c1', content: '7' },
      { id: 'm2', role: 'assistant', content: 'Seven.' }
    ])
  })

  it('begin anew with a snapshot, and know calls of a message that has no text', () => {
    const messages: SnapshotMessage[] = [QUESTION, { id: 'm1', role: 'assistant', content: 'One' }]
    const start = { type: 'TOOL_CALL_START', toolCallId: 'c9', toolCallName: 'find' } as const
    const events: AgentEvent[] = [
      ...saying('lost', 'Lost'),
      { type: 'MESSAGES_SNAPSHOT', messages },
      { type: 'TOOL_CALL_ARGS', toolCallId: 'unknown', delta: '{}' },
      start
    ]
    expect(transcriptOf([], events)).toEqual([
      ...messages,
      {
        id: 'c9-call',
        role: 'assistant',
        content: '',
        toolCalls: [{ id: 'c9', type: 'function', function: { name: 'find', arguments: '' } }]
      }
    ])
  })

  it('change nothing of what they were made from', () => {
    const before = Object.freeze([Object.freeze({ ...QUESTION })])
    const first = transcriptOf(before, saying('m1', 'One'))
    const kept = structuredClone(first)
    transcriptOf(first, [...saying('m1', ' more'), ...calling('c1', 'm1')])
    expect(first).toEqual(kept)
  })
})

it('gives way to a snapshot at the end of a text, with the facts that no message has', async () => {
  const { log, putAll } = cutOf({ maxLogEvents: 10 })
  await putAll([STARTED, MODEL, ...calling('c1', 'm1'), ...returning('c1', '7', true)])
  const answers = await putAll(saying('m2', 'a', 'b', 'c', 'd'))

  expect(answers.slice(0, -1).flat()).toEqual([])
  expect(log.events().map(eventOf).map(nameOf)).toEqual([
    'log_cut',
    'MESSAGES_SNAPSHOT',
    'model',
    'tool_call'
  ])
  expect(log.events()[0]?.id).toBe('1-14')
})

it('is never cut inside a text, nor between a call and its result', async () => {
  const { putAll } = cutOf({ maxLogEvents: 1 })
  const texts = await putAll([STARTED, ...saying('m1', 'a', 'b').slice(0, -1)])
  const calls = await putAll([...calling('c1', 'm1'), ...returning('c1', '7').slice(0, 1)])

  expect([...texts, ...calls].flat()).toEqual([])
})

it('is cut by its characters, too', async () => {
  const { putAll } = cutOf({ maxLogEvents: 1_000, maxLogCharacters: 500 })
  expect((await putAll(saying('m1', 'short'))).flat()).toEqual([])
  const answers = await putAll(saying('m2', 'x'.repeat(400)))

  expect(answers.at(-1)?.map(nameOf)).toEqual(['log_cut', 'MESSAGES_SNAPSHOT'])
})

it('is cut again when as much has come again, not at every text', async () => {
  const { putAll, history } = cutOf({ maxLogEvents: 6 })
  const texts = Array.from({ length: 9 }, (_, place) => saying(`m${place}`, 'x'))
  const answers = await putAll([STARTED, MODEL, ...texts.flat()])
  const cuts = answers.flat().filter((event) => nameOf(event) === 'log_cut')

  expect(cuts).toHaveLength(3)
  expect(history).toHaveBeenCalledOnce()
  const snapshots = answers.flat().filter(({ type }) => type === 'MESSAGES_SNAPSHOT')
  expect(snapshots.at(-1)).toMatchObject({
    messages: [
      QUESTION,
      ...texts.slice(0, 8).map((_, place) => ({ id: `m${place}`, content: 'x' }))
    ]
  })
})

it('waits for a history that cannot be had at first, and asks for it again', async () => {
  const { log, history, putAll } = cutOf({ maxLogEvents: 3 })
  history.mockRejectedValueOnce(new Error('Redis is gone'))
  const first = await putAll([STARTED, ...saying('m1', 'One')])
  expect(first.flat()).toEqual([])
  expect(log.events()).toHaveLength(4)
  const second = await putAll(saying('m2', 'Two'))

  expect(history).toHaveBeenCalledTimes(2)
  expect(second.at(-1)?.map(nameOf)).toEqual(['log_cut', 'MESSAGES_SNAPSHOT'])
})

it('asks for no history while it is short', async () => {
  const { history, putAll } = cutOf({ maxLogEvents: 50 })
  await putAll([STARTED, ...saying('m1', 'One')])
  expect(history).not.toHaveBeenCalled()
})

it('comes to the same as the whole, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(runEvents, fc.nat(20), async (events, maxLogEvents) => {
      const { log, putAll } = cutOf({ maxLogEvents })
      await putAll(events)
      expect(outcomeOf(log.events().map(eventOf))).toEqual(outcomeOf(events))
    }),
    { numRuns: 200 }
  )
})

it('keeps what waited for a person and what they decided, and that the run went on after it', async () => {
  const { putAll, log } = cutOf()
  const decided: AgentEvent = {
    type: 'CUSTOM',
    name: 'approval_decided',
    value: { toolCallId: 'c0', decision: 'approve', hash: 'h', decidedAt: '' }
  }
  const requested: AgentEvent = {
    type: 'CUSTOM',
    name: 'approval_requested',
    value: {
      actions: [{ toolCallId: 'c0', name: 'reboot', server: 's', arguments: {}, hash: 'h' }],
      lapsesAt: ''
    }
  }
  await putAll([STARTED, MODEL, requested, decided, ...saying('m1', 'One', ' two')])
  const kept = log.events().map(eventOf)

  expect(kept.map(nameOf)).toEqual([
    ...['log_cut', 'MESSAGES_SNAPSHOT', 'approval_requested', 'approval_decided', 'model']
  ])
  expect(outcomeOf([STARTED, ...kept])).toMatchObject({
    state: 'running',
    approvals: [{ toolCallId: 'c0', decision: 'approve' }]
  })
})

it('keeps how far a call has come that still runs, the newest word of it, and forgets it of one that has ended', async () => {
  const progress = (toolCallId: string, progress: number): AgentEvent => ({
    ...{ type: 'CUSTOM', name: 'tool_progress' },
    value: { toolCallId, progress }
  })
  const { log, putAll } = cutOf({ maxLogEvents: 9 })
  await putAll([...calling('c1', 'm1'), ...calling('c2', 'm1')])
  await putAll([progress('c1', 1), progress('c2', 1), progress('c2', 2), progress('c1', 2)])
  await putAll(returning('c1', '7'))

  const events = log.events().map(eventOf)
  expect(events.map(nameOf)).toEqual([
    ...['log_cut', 'MESSAGES_SNAPSHOT', 'tool_progress', 'tool_call']
  ])
  expect(outcomeOf(events).steps).toMatchObject([
    { toolCallId: 'c1', result: '7', progress: undefined },
    { toolCallId: 'c2', result: undefined, progress: { progress: 2 } }
  ])
})

it('keeps the forms that wait for their asker, and of others only that they are closed', async () => {
  const { log, putAll } = cutOf()
  const form = (elicitationId: string): AgentEvent => ({
    type: 'CUSTOM',
    name: 'elicitation_requested',
    value: {
      ...{ elicitationId, toolCallId: 'c', server: 'calendar', tool: 'plan' },
      ...{ message: 'When?', fields: [], lapsesAt: '2026-11-27T10:00:00.000Z' }
    }
  })
  const closed: AgentEvent = {
    type: 'CUSTOM',
    name: 'elicitation_closed',
    value: { elicitationId: 'a', outcome: 'accepted' }
  }
  await putAll([
    STARTED,
    MODEL,
    form('a'),
    closed,
    form('b'),
    ...saying('m', 'x'),
    ...saying('n', 'y')
  ])
  const kept = log.events().map(eventOf)
  expect(kept[0]).toMatchObject({ name: 'log_cut' })
  expect(outcomeOf(kept).elicitations.map((one) => one.elicitationId)).toEqual(['b'])
  expect(JSON.stringify(kept).split('"a"')).toHaveLength(2)
})
