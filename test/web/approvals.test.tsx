import { expect, test, vi } from 'vitest'
import type { AgentEvent, ApprovalAction } from '../../src/agent/agent-events.ts'
import { Approvals } from '../../src/web/Approvals.tsx'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { fold } from '../../src/web/fold.ts'
import { type Answer, emptyAnswer, undecided } from '../../src/web/message.ts'
import { click, render, type } from './support/render.tsx'

const action = (toolCallId: string, title = toolCallId): ApprovalAction => ({
  toolCallId,
  name: 'tickets_open_ticket',
  server: 'tickets',
  arguments: { title },
  hash: `hash-${toolCallId}`
})

const REQUESTED: AgentEvent[] = [
  { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' },
  ...['a', 'b'].map((toolCallId) => ({
    type: 'TOOL_CALL_START' as const,
    toolCallId,
    toolCallName: 'tickets_open_ticket'
  })),
  {
    type: 'CUSTOM',
    name: 'approval_requested',
    value: { actions: [action('a'), action('b')], lapsesAt: '2026-11-27T10:00:00.000Z' }
  }
]

const decided = (toolCallId: string, decision: 'approve' | 'reject'): AgentEvent => ({
  type: 'CUSTOM',
  name: 'approval_decided',
  value: { toolCallId, decision, hash: `hash-${toolCallId}`, decidedAt: '2026-11-26T10:00:00.000Z' }
})

const foldAll = (events: readonly AgentEvent[]): Answer =>
  events.reduce(fold, emptyAnswer('answer', 'question'))
const states = ({ parts }: Answer) =>
  parts.flatMap((part) => (part.kind === 'tool' ? part.state : []))

test('steps wait until all is decided, then move', () => {
  expect(states(foldAll(REQUESTED))).toEqual(['waiting', 'waiting'])
  const half = foldAll([...REQUESTED, decided('a', 'approve')])
  expect(states(half)).toEqual(['waiting', 'waiting'])
  expect(undecided(half).map(({ toolCallId }) => toolCallId)).toEqual(['b'])
  const all = foldAll([...REQUESTED, decided('a', 'approve'), decided('b', 'reject')])
  expect(states(all)).toEqual(['running', 'running'])
  expect(undecided(all)).toEqual([])
})

test('a request that is told again by a new attempt asks nothing again', () => {
  const told = [...REQUESTED.slice(1), decided('a', 'approve'), decided('b', 'reject')]
  const again = foldAll([...REQUESTED, ...told.slice(-2), ...told])
  expect(undecided(again)).toEqual([])
})

test('steps that nobody decided on are left when the run ends', () => {
  const end: AgentEvent = { type: 'RUN_ERROR', code: 'APPROVAL_LAPSED', message: 'Too late.' }
  expect(states(foldAll([...REQUESTED, end]))).toEqual(['abandoned', 'abandoned'])
})

function show(answer: Answer, problem?: string) {
  const decide = vi.fn<Chat['decide']>(async () => problem)
  const rendered = render(
    <ChatContext value={{ decide } as unknown as Chat}>
      <Approvals answer={answer} />
    </ChatContext>
  )
  const button = (name: string) => rendered.container.querySelector(`[aria-label="${name}"]`)
  return { decide, rendered, button, text: () => rendered.container.textContent ?? '' }
}

test('decides on all of them with one press, with the reason for a rejection alone', async () => {
  const { decide, rendered, button, text } = show(foldAll(REQUESTED))
  using _ = rendered
  expect(text()).toContain('2 actions wait for your approval.')
  await type(rendered.container.querySelector('input'), ' Not at night. ')
  await click(button('Reject all'))
  await click(button('Approve all'))

  expect(decide.mock.calls).toEqual([
    [
      'answer',
      ['a', 'b'].map((toolCallId) => ({ toolCallId, decision: 'reject', reason: 'Not at night.' }))
    ],
    ['answer', ['a', 'b'].map((toolCallId) => ({ toolCallId, decision: 'approve' }))]
  ])
})

test('decides on one of them, and shows what is decided already', async () => {
  const { decide, rendered, button, text } = show(foldAll([...REQUESTED, decided('a', 'approve')]))
  using _ = rendered
  expect(text()).toMatch(/This action waits for your approval.*Approved/s)
  expect(button('Reject all')).toBeNull()
  await click(button('Reject Tickets open ticket'))

  expect(decide.mock.calls).toEqual([['answer', [{ toolCallId: 'b', decision: 'reject' }]]])
})

test('says why a decision did not count', async () => {
  const { rendered, button } = show(foldAll(REQUESTED), 'The action was decided otherwise before.')
  using _ = rendered
  await click(button('Approve all'))

  expect(rendered.container.querySelector('[role="alert"]')?.textContent).toBe(
    'The action was decided otherwise before.'
  )
})

test('spells out in the arguments what has no shape on the screen', () => {
  const hidden = foldAll([
    {
      type: 'CUSTOM',
      name: 'approval_requested',
      value: { actions: [action('a', 'a\u202Eb\u200Bc')], lapsesAt: '' }
    }
  ])
  const { rendered, text } = show(hidden)
  using _ = rendered
  expect(text()).toContain('a\\u{202e}b\\u{200b}c')
})
