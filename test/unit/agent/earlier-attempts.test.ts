import { expect, it } from 'vitest'
import type { AgentEvent, SnapshotMessage } from '../../../src/agent/agent-events.ts'
import { readEarlier, resumeEvents } from '../../../src/agent/earlier-attempts.ts'
import { calling, QUESTION, returning, saying } from '../../support/run-events.ts'

const noteOf = (events: readonly AgentEvent[]) =>
  events.flatMap((event) =>
    event.type === 'CUSTOM' && event.name === 'tool_call' ? [event.value] : []
  )[0]

it('knows the results that were shown and the newest word on each call', () => {
  const first = returning('c1', 'six')
  const second = returning('c1', 'seven', true)
  const { notes, results } = readEarlier([...calling('c1', 'm1'), ...first, ...second])

  expect([...results]).toEqual([['c1', 'seven']])
  expect([...notes.values()]).toEqual([noteOf(second)])
})

it('knows the text that was cut off, of whichever attempt', () => {
  const [start, ...rest] = saying('m2', 'Two', ' more')
  const open = [...saying('m1', 'One'), start, ...rest.slice(0, 2)] as AgentEvent[]
  expect(readEarlier(open).openText).toEqual({ messageId: 'm2', text: 'Two more' })
  const snapshot: AgentEvent = { type: 'MESSAGES_SNAPSHOT', messages: [QUESTION] }
  const closed: AgentEvent = { type: 'TEXT_MESSAGE_END', messageId: 'm2' }

  expect(readEarlier([...open, closed, snapshot]).openText).toBeUndefined()
  expect(readEarlier([...open, closed, snapshot, start as AgentEvent]).openText).toEqual({
    messageId: 'm2',
    text: ''
  })
  expect(readEarlier([]).openText).toBeUndefined()
})

it('knows results whose events have given way to a snapshot, of this run alone', () => {
  const messages: SnapshotMessage[] = [
    { id: 'run-0', role: 'user', content: 'Before' },
    { id: 'c0-result', role: 'tool', toolCallId: 'c0', content: 'of another run' },
    QUESTION,
    { id: 'c1-result', role: 'tool', toolCallId: 'c1', content: 'kept' },
    { id: 'c2-result', role: 'tool', toolCallId: 'c2', content: 'This result is not shown.' }
  ]
  const snapshot: AgentEvent = { type: 'MESSAGES_SNAPSHOT', messages }
  const { results } = readEarlier([...returning('c2', 'whole'), snapshot])

  expect(Object.fromEntries(results)).toEqual({ c1: 'kept', c2: 'whole' })
})

it('ends what was open, then tells what there is and what is known of finished calls', () => {
  const known = returning('c1', 'seven')
  const unknown = returning('c2', 'lost')
  const earlier = readEarlier([...known, ...unknown, ...saying('m2', 'Half').slice(0, 2)])
  const messages: SnapshotMessage[] = [
    QUESTION,
    { id: 'c1-result', role: 'tool', toolCallId: 'c1', content: 'seven' }
  ]

  expect(resumeEvents(earlier, messages)).toEqual([
    { type: 'TEXT_MESSAGE_END', messageId: 'm2' },
    { type: 'MESSAGES_SNAPSHOT', messages },
    known[1]
  ])
})
