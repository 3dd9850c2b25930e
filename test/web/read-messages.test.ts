// @vitest-environment node
import { expect, test } from 'vitest'
import { withRuns } from '../../src/web/conversation-actions.ts'
import type { ReadConversation, ReadMessage } from '../../src/web/conversation-api.ts'
import { MAX_KEPT_RESULT_CHARS } from '../../src/web/fold.ts'
import { answerText } from '../../src/web/message.ts'
import { readExchanges } from '../../src/web/read-messages.ts'

const conversation = (...messages: ReadMessage[]): ReadConversation => ({
  id: 'c1',
  title: 'x',
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  messages
})
const asked = (id: string, text: string): ReadMessage => ({ id, role: 'user', text })
const said = (id: string, text: string, more: Partial<ReadMessage> = {}): ReadMessage => ({
  id,
  role: 'assistant',
  text,
  ...more
})

test('a question and all that came after it become one exchange, steps in their order', () => {
  const call = { toolCallId: 't1', name: 'count', arguments: { model: 'dcim.device' } }
  const [first, second, ...rest] = readExchanges(
    conversation(
      asked('m1', 'How many?'),
      said('m2', 'Let me count.', { toolCalls: [{ ...call, result: '3' }] }),
      said('m3', 'There are **3**.\n\nAt AMS01.'),
      asked('m4', 'And there?'),
      said('m5', 'None.')
    )
  )
  expect(rest).toEqual([])
  expect(first?.question).toMatchObject({ kind: 'question', id: 'm1', text: 'How many?' })
  expect(first?.answer).toMatchObject({ phase: 'finished', questionId: 'm1', conversationId: 'c1' })
  expect(first?.answer.parts.map(({ kind, id }) => [kind, id])).toEqual([
    ['text', 'm2'],
    ['tool', 't1'],
    ['text', 'm3']
  ])
  expect(first?.answer.parts[1]).toMatchObject({
    args: '{"model":"dcim.device"}',
    state: 'done',
    result: '3'
  })
  expect(first && answerText(first.answer)).toBe('Let me count.\n\nThere are **3**.\n\nAt AMS01.')
  expect(second?.answer).toMatchObject({ phase: 'finished', questionId: 'm4' })
})

test('an answer that was cut short, and a question without one, were stopped', () => {
  const [cut, none] = readExchanges(
    conversation(
      asked('m1', 'How many?'),
      said('m2', 'There a', { incomplete: true }),
      asked('m3', 'And now?')
    )
  )
  expect(cut?.answer.phase).toBe('stopped')
  expect(none?.answer).toMatchObject({ phase: 'stopped', parts: [] })
})

test.each([
  [{ result: 'x', isError: true }, 'failed'],
  [{ result: 'x' }, 'done'],
  [{}, 'abandoned']
])('a tool call with %j is shown as %s', (outcome, state) => {
  const toolCalls = [{ toolCallId: 't', name: 'count', arguments: '{}', ...outcome }]
  const [exchange] = readExchanges(conversation(asked('m1', '?'), said('m2', '', { toolCalls })))
  expect(exchange?.answer.parts).toMatchObject([{ kind: 'tool', state, args: '{}' }])
})

test('of a huge result only the beginning stays on the page', () => {
  const result = 'x'.repeat(MAX_KEPT_RESULT_CHARS + 1)
  const toolCalls = [{ toolCallId: 't', name: 'find', arguments: {}, result }]
  const [exchange] = readExchanges(conversation(asked('m1', '?'), said('m2', '', { toolCalls })))
  expect(exchange?.answer.parts[0]).toMatchObject({ result: result.slice(1) })
})

test('an answer whose question is not kept any more is still read', () => {
  const [exchange] = readExchanges(conversation(said('m9', 'There are 3.')))
  expect(exchange && answerText(exchange.answer)).toBe('There are 3.')
})

test('a run finds its exchange, and one newer than all comes after', () => {
  const stored = readExchanges(
    conversation(asked('r1', 'A'), said('m2', '1'), asked('r2', 'A'), said('m4', '2'))
  )
  const rows = withRuns(stored, [
    { runId: 'old', question: 'gone' },
    { runId: 'r2', question: 'A' },
    { runId: 'r3', question: 'B' }
  ])
  expect(
    rows.map(({ exchange, runId, isStored }) => [exchange.question.text, runId, isStored])
  ).toEqual([
    ['A', undefined, true],
    ['A', 'r2', true],
    ['B', 'r3', false]
  ])
})

test('an answer that is read again has its links and marks', () => {
  const marks = [{ text: '3', start: 0, end: 1, verdict: 'missing' as const }]
  const [exchange] = readExchanges(
    conversation(asked('m1', 'How many?'), said('m2', '3 devices', { claims: { marks } }))
  )
  expect(exchange?.answer.parts).toMatchObject([{ kind: 'text', marks }])
})
