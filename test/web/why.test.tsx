import { expect, test, vi } from 'vitest'
import { Answer as AnswerOnPage } from '../../src/web/Answer.tsx'
import type { RunView } from '../../src/web/api.ts'
import { createCell } from '../../src/web/cell.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatError } from '../../src/web/chat-error.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { initialView } from '../../src/web/chat-view.ts'
import { type Answer, emptyAnswer, type ToolPart } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { Why } from '../../src/web/Why.tsx'
// Here, so that it is there when it is asked for.
import '../../src/web/WhyPanel.tsx'
import { entriesOfRun } from '../../src/web/why-entries.ts'
import { sizeWords, totalsOf } from '../../src/web/why-words.ts'
import { lookedUpRun, lookedUpStep } from '../browser/support/looked-up-runs.ts'
import { click, type Rendered, render, settled } from './support/render.tsx'

/** Until a script that is known has come, and the service has answered. */
const SCRIPT_MS = 50
const PART: ToolPart = {
  kind: 'tool',
  id: 'c1',
  name: 'find',
  args: '{"model": "dcim.device", "filters": {"name": "a\u202Eb"}}',
  state: 'done',
  result: '[]',
  note: undefined
}

const answer = (change: Partial<Answer> = {}): Answer => ({
  ...emptyAnswer('answer', 'question'),
  phase: 'finished',
  parts: [PART],
  ...change
})

/** The answer's "Why", opened; `lookUp` plays the service. */
async function openWhy(
  lookUp: Chat['lookUp'],
  change: Partial<Answer> = { runId: 'run-1' },
  messageId?: string
): Promise<Rendered & { readonly text: () => string }> {
  const messages = createMessageStore()
  messages.put({ kind: 'question', id: 'question', text: 'x', about: undefined, messageId })
  const view = createCell(initialView(undefined))
  const chat = { view, messages, lookUp, signInUrl: undefined } as unknown as Chat
  const rendered = render(
    <ChatContext value={chat}>
      <Why answer={answer(change)} />
    </ChatContext>
  )
  await click(rendered.container.querySelector('button'))
  await settled(SCRIPT_MS)
  expect(rendered.container.querySelector('.why-body[aria-busy="false"]')).not.toBeNull()
  return { ...rendered, text: () => rendered.container.textContent ?? '' }
}

const kinds = (run: RunView) =>
  entriesOfRun(run).map((entry) => (entry.kind === 'model' ? entry.number : entry.id))

test('each call of the model comes before the steps it asked for, and unknown places last', () => {
  const steps = [
    lookedUpStep('a', { modelCall: 2 }),
    lookedUpStep('b', { modelCall: 1 }),
    lookedUpStep('c', { modelCall: 9 })
  ]
  const { modelCall: _, ...running } = lookedUpStep('d')
  const run = lookedUpRun({ steps: [...steps, running as never], approvals: [] })
  expect(kinds(run)).toEqual([1, 'b', 2, 'a', 3, 'c', 'd'])
  const { modelCalls: __, ...older } = run
  expect(kinds(older)).toEqual(['a', 'b', 'c', 'd'])
})

test.each([
  ['running', false, 'running'],
  ['waiting', true, 'waiting'],
  ['stopped', false, 'abandoned']
] as const)('a step without a result in a run that is %s', (state, waits, expected) => {
  const {
    approvals: [approval]
  } = lookedUpRun()
  const { decision: _, ...open } = approval ?? { decision: undefined }
  const { result: __, isError: ___, ...step } = lookedUpStep('c3')
  const run = lookedUpRun({
    state,
    steps: [step as never],
    approvals: waits ? [open as never] : []
  })
  const [entry] = entriesOfRun(run).filter(({ kind }) => kind === 'step')
  expect(entry).toMatchObject({ id: 'c3', state: expected })
})

test('totals say of how many calls they know the price', () => {
  const [first, second] = lookedUpRun().modelCalls ?? []
  if (!first || !second) throw new Error('The sample has no calls')
  const { cost: _, ...free } = second
  expect(totalsOf([first, free], undefined)).toEqual({
    tokens: '3,618 in (1,024 cached), 82 out',
    cost: '0.00213 for 1 of 2 calls, in the currency of the model’s prices'
  })
  expect(totalsOf([free], undefined).cost).toBeUndefined()
  expect(totalsOf([], undefined)).toEqual({ tokens: undefined, cost: undefined })
})

test.each([
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_000, '1.0 KB'],
  [3_400_000, '3.4 MB']
])('%i bytes are said as %s', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words)
})

test('the run of a stored answer is that of its question', async () => {
  const lookUp = vi.fn(async () => lookedUpRun())
  using shown = await openWhy(lookUp, {}, 'stored-run')
  expect(lookUp).toHaveBeenCalledWith('stored-run', expect.any(AbortSignal))
  expect(shown.text()).toContain('Night shift, version 3fa9c1e2')
})

test('a service that is older than the page shows what it knows', async () => {
  const { username, standIns, prompt, modelCalls, ...older } = lookedUpRun()
  using shown = await openWhy(async () => older)
  expect(shown.text()).toContain('location AMS01')
  expect(shown.text()).not.toMatch(/undefined|NaN|Rights|Tokens/)
})

test('where the run is gone, the page tells what it still knows, and spells out what has no shape', async () => {
  const gone = async () => {
    throw new ChatError('RUN_NOT_FOUND', 'There is no such run.')
  }
  const footer = {
    ...{ evidence: [], gaps: [], incomplete: false },
    usage: { modelCalls: 1, toolCalls: 1, inputTokens: 1_200, outputTokens: 40, durationMs: 2_700 }
  }
  using shown = await openWhy(gone, {
    runId: 'run-1',
    footer,
    model: { name: 'GPT', isLab: false }
  })
  expect(shown.text()).toContain('no longer kept')
  expect(shown.text()).toContain('1,200 in, 40 out')
  expect(shown.text()).toContain('name a\\u{202e}b')
  expect(shown.container.querySelector('.failure')).toBeNull()
})

test('an answer whose run nobody knows has its steps too, and one without anything has no button', async () => {
  const lookUp = vi.fn<Chat['lookUp']>()
  using shown = await openWhy(lookUp, {})
  expect(shown.text()).toContain('no longer kept')
  expect(lookUp).not.toHaveBeenCalled()
  const chat = { messages: createMessageStore() } as unknown as Chat
  using bare = render(
    <ChatContext value={chat}>
      <Why answer={answer({ parts: [] })} />
    </ChatContext>
  )
  expect(bare.container.querySelector('button')).toBeNull()
})

test('an answer that waits for an approval offers it, and one that is being written does not', async () => {
  const chat = {
    view: createCell(initialView(undefined)),
    messages: createMessageStore(),
    lookUp: async () => lookedUpRun({ state: 'waiting' })
  } as unknown as Chat
  const action = {
    ...{ toolCallId: 'c1', name: 'open_ticket', server: 'Ticketing' },
    ...{ arguments: {}, hash: 'h' }
  }
  const shown = (approvals: Answer['approvals']) => {
    using rendered = render(
      <ChatContext value={chat}>
        <AnswerOnPage answer={answer({ phase: 'running', runId: 'run-1', approvals })} />
      </ChatContext>
    )
    return rendered.container.querySelector('.why-button') !== null
  }
  expect(shown([])).toBe(false)
  expect(shown([action])).toBe(true)
})

test('closing ends the request', async () => {
  let signal: AbortSignal | undefined
  const lookUp: Chat['lookUp'] = async (_runId, given) => {
    signal = given
    return lookedUpRun()
  }
  using shown = await openWhy(lookUp)
  expect(signal?.aborted).toBe(false)
  await click(shown.container.querySelector('button'))
  expect(signal?.aborted).toBe(true)
  expect(shown.container.querySelector('.why')).toBeNull()
})
