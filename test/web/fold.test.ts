import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AgentEvent, Footer } from '../../src/agent/agent-events.ts'
import { failAnswer, fold, MAX_KEPT_RESULT_CHARS } from '../../src/web/fold.ts'
import { type Answer, answerText, emptyAnswer, isOpen } from '../../src/web/message.ts'

const footer: Footer = {
  evidence: [{ label: '21 devices', url: 'https://nautobot.example/dcim/devices/' }],
  gaps: ['The list was cut.'],
  usage: { modelCalls: 2, toolCalls: 1, inputTokens: 10, outputTokens: 5, durationMs: 900 },
  incomplete: false
}
const note = {
  toolCallId: 'c1',
  server: 'nautobot',
  isError: false,
  durationMs: 12,
  rows: 21,
  links: []
}

const wholeRun: AgentEvent[] = [
  { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' },
  { type: 'CUSTOM', name: 'model', value: { name: 'Lab', isLab: true } },
  { type: 'TOOL_CALL_START', toolCallId: 'c1', toolCallName: 'count' },
  { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '{"model":' },
  { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '"dcim.device"}' },
  { type: 'TOOL_CALL_END', toolCallId: 'c1' },
  { type: 'TOOL_CALL_RESULT', messageId: 'r', toolCallId: 'c1', content: '21', role: 'tool' },
  { type: 'CUSTOM', name: 'tool_call', value: note },
  { type: 'TEXT_MESSAGE_START', messageId: 't1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 't1', delta: 'There are **21**' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 't1', delta: ' devices.\n\n- one\n' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 't1', delta: '- two' },
  { type: 'TEXT_MESSAGE_END', messageId: 't1' },
  { type: 'CUSTOM', name: 'footer', value: footer },
  { type: 'RUN_FINISHED', threadId: 'thread', runId: 'run' }
]

const fresh = (): Answer => emptyAnswer('a', 'q')
const foldAll = (events: readonly AgentEvent[], from = fresh()): Answer => events.reduce(fold, from)

test('a whole run ends with its text, its tool step and its footer', () => {
  const answer = foldAll(wholeRun)
  expect(answer).toMatchObject({
    phase: 'finished',
    runId: 'run',
    conversationId: 'thread',
    model: { name: 'Lab', isLab: true },
    footer,
    parts: [
      {
        kind: 'tool',
        name: 'count',
        args: '{"model":"dcim.device"}',
        state: 'done',
        result: '21',
        note: { rows: 21 }
      },
      { kind: 'text', done: ['There are **21** devices.\n\n', '- one\n- two'], tail: '' }
    ]
  })
  expect(answerText(answer)).toContain('- one\n- two')
})

test('the same log read twice gives the same answer', () => {
  const once = foldAll(wholeRun)
  expect(foldAll(wholeRun, once)).toEqual(once)
})

test('a log cut anywhere and read again from its start gives the same answer', () => {
  for (let cut = 0; cut <= wholeRun.length; cut += 1) {
    expect(foldAll(wholeRun, foldAll(wholeRun.slice(0, cut)))).toEqual(foldAll(wholeRun))
  }
})

test('no event changes the answer that it was given', () => {
  let before = fresh()
  for (const event of wholeRun) {
    const kept = structuredClone(before)
    const after = fold(before, event)
    expect(before).toEqual(kept)
    before = after
  }
})

test('finished blocks keep their identity while the tail grows', () => {
  const start = foldAll(wholeRun.slice(0, 11))
  const grown = fold(start, wholeRun[11] as AgentEvent)
  const [before, after] = [start.parts[1], grown.parts[1]]
  expect(before?.kind === 'text' && after?.kind === 'text' && after.done === before.done).toBe(true)
})

test('text arriving in any pieces adds up to the same Markdown', () => {
  const markdown =
    '# Title\n\nOne **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nx\n\ny\n```\n\nEnd'
  const cuts = fc.array(fc.integer({ min: 0, max: markdown.length }), { maxLength: 12 })
  fc.assert(
    fc.property(cuts, (places) => {
      const edges = [0, ...places.toSorted((a, b) => a - b), markdown.length]
      const deltas = edges.slice(1).map((edge, index) => markdown.slice(edges[index], edge))
      const events = deltas.map(
        (delta): AgentEvent => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 't', delta })
      )
      const text = answerText(foldAll(events))
      expect(text).toBe(markdown)
    })
  )
})

test('a failed call is marked failed, whichever of its two events comes first', () => {
  const failedNote: AgentEvent = {
    type: 'CUSTOM',
    name: 'tool_call',
    value: { ...note, isError: true }
  }
  const result = wholeRun[6] as AgentEvent
  const start = wholeRun.slice(0, 6)
  expect(foldAll([...start, result, failedNote]).parts[0]).toMatchObject({ state: 'failed' })
  expect(foldAll([...start, failedNote, result]).parts[0]).toMatchObject({ state: 'failed' })
})

test('a call without a result is abandoned when the run ends', () => {
  const answer = foldAll([...wholeRun.slice(0, 6), wholeRun.at(-1) as AgentEvent])
  expect(answer.parts[0]).toMatchObject({ state: 'abandoned' })
})

test('a stopped run stays stopped and keeps its text', () => {
  const answer = foldAll([
    ...wholeRun.slice(0, 10),
    { type: 'CUSTOM', name: 'stopped', value: { runId: 'run' } },
    { type: 'CUSTOM', name: 'footer', value: { ...footer, incomplete: true } },
    { type: 'RUN_FINISHED', threadId: 'thread', runId: 'run' }
  ])
  expect(answer.phase).toBe('stopped')
  expect(answerText(answer)).toBe('There are **21**')
})

test('a stop that ends with an error is still a stop', () => {
  const answer = foldAll([
    ...wholeRun.slice(0, 2),
    { type: 'CUSTOM', name: 'stopped', value: { runId: 'run' } },
    { type: 'RUN_ERROR', code: 'STOPPED', message: 'stopped' }
  ])
  expect(answer).toMatchObject({ phase: 'stopped', failure: undefined })
})

test('a failed run keeps what came, the code and whether to try again', () => {
  const error = { code: 'MODEL_CREDENTIAL_REFUSED', message: 'Refused.', retryable: false } as const
  const answer = foldAll([
    ...wholeRun.slice(0, 10),
    { type: 'CUSTOM', name: 'error', value: error },
    { type: 'RUN_ERROR', code: error.code, message: error.message }
  ])
  expect(answer).toMatchObject({ phase: 'failed', failure: error, lost: false })
  expect(isOpen(answer)).toBe(false)
})

test('a bare error event is enough', () => {
  const answer = foldAll([{ type: 'RUN_ERROR', code: 'RUN_TIMEOUT', message: 'Too long.' }])
  expect(answer.failure).toMatchObject({ code: 'RUN_TIMEOUT', message: 'Too long.' })
})

test('a run that can no longer be read is marked as lost', () => {
  const failure = { code: 'STREAM_LOST', message: 'Lost.', retryable: false, details: undefined }
  expect(failAnswer(foldAll(wholeRun.slice(0, 10)), failure)).toMatchObject({
    phase: 'failed',
    lost: true,
    failure
  })
})

test('an event of a newer service changes nothing', () => {
  const answer = foldAll(wholeRun.slice(0, 10))
  const unknown = [
    { type: 'STATE_DELTA', delta: [] },
    { type: 'CUSTOM', name: 'mood', value: 'good' }
  ] as unknown as AgentEvent[]
  expect(foldAll(unknown, answer)).toBe(answer)
})

test('a huge result is kept to its limit', () => {
  const content = 'x'.repeat(MAX_KEPT_RESULT_CHARS + 1)
  const answer = foldAll([
    { type: 'TOOL_CALL_RESULT', messageId: 'r', toolCallId: 'c', content, role: 'tool' }
  ])
  expect(answer.parts[0]).toMatchObject({ result: content.slice(1) })
})

test('the summary that the model goes on from belongs to its answer', () => {
  const value = { messageId: 's1', messages: 4, summary: 'Before: 12 devices.' }
  const answer = foldAll([...wholeRun.slice(0, 2), { type: 'CUSTOM', name: 'compacted', value }])
  expect(answer.summary).toBe('Before: 12 devices.')
  expect(foldAll(wholeRun, answer).summary).toBeUndefined()
})
