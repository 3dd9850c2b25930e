import { expect, test, vi } from 'vitest'
import type { AgentEvent, ElicitationRequest } from '../../src/agent/agent-events.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { Elicitation } from '../../src/web/Elicitation.tsx'
import { fold } from '../../src/web/fold.ts'
import { type Answer, emptyAnswer } from '../../src/web/message.ts'
import { click, render, type } from './support/render.tsx'

const request = (elicitationId: string, change: Partial<ElicitationRequest> = {}) => ({
  elicitationId,
  toolCallId: 'call-1',
  server: 'calendar',
  tool: 'plan',
  message: 'When?',
  fields: [],
  lapsesAt: '2026-11-27T10:00:00.000Z',
  ...change
})
const requested = (elicitationId: string): AgentEvent => ({
  type: 'CUSTOM',
  name: 'elicitation_requested',
  value: request(elicitationId)
})
const closed = (elicitationId: string): AgentEvent => ({
  type: 'CUSTOM',
  name: 'elicitation_closed',
  value: { elicitationId, outcome: 'accepted' }
})
const STARTED: AgentEvent = { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' }
const model = (insteadOf?: { name: string; reason: string }): AgentEvent => ({
  type: 'CUSTOM',
  name: 'model',
  value: { name: 'm', isLab: false, ...(insteadOf && { insteadOf }) }
})

const foldAll = (...events: AgentEvent[]): Answer =>
  events.reduce(fold, emptyAnswer('answer', 'question'))
const open = (...events: AgentEvent[]) =>
  foldAll(STARTED, ...events).elicitations.map(({ elicitationId }) => elicitationId)

test('a form is there until it is closed, the run goes on elsewhere, or ends', () => {
  expect(open(requested('a'), requested('b'), requested('a'))).toEqual(['b', 'a'])
  expect(open(requested('a'), requested('b'), closed('a'))).toEqual(['b'])
  expect(open(requested('a'), model({ name: 'n', reason: 'is busy' }))).toEqual(['a'])
  expect(open(requested('a'), model())).toEqual([])
  const end: AgentEvent = { type: 'RUN_ERROR', code: 'RUN_TIMEOUT', message: 'Too late.' }
  expect(open(requested('a'), end)).toEqual([])
})

function show(asked: ElicitationRequest, problem?: Awaited<ReturnType<Chat['answer']>>) {
  const answer = vi.fn<Chat['answer']>(async () => problem)
  const rendered = render(
    <ChatContext value={{ answer } as unknown as Chat}>
      <Elicitation answer={emptyAnswer('answer', 'question')} asked={asked} />
    </ChatContext>
  )
  const find = (selector: string) => rendered.container.querySelector<HTMLInputElement>(selector)
  return { answer, rendered, find, text: () => rendered.container.textContent ?? '' }
}

const FIELDS: ElicitationRequest['fields'] = [
  { kind: 'text', name: 'who', title: 'Who', isRequired: true, maxLength: 10 },
  { kind: 'text', name: 'note', title: 'Note', isRequired: false, maxLength: 10 },
  {
    ...{ kind: 'text', name: 'at', title: 'At', isRequired: false, maxLength: 40 },
    ...{ format: 'date-time', default: '2026-11-27T10:00:00.000Z' }
  },
  {
    kind: 'number',
    name: 'size',
    title: 'Size',
    isRequired: false,
    isInteger: false,
    default: 3.5
  },
  { kind: 'boolean', name: 'sure', title: 'Sure', isRequired: false, default: true },
  {
    ...{ kind: 'choices', name: 'some', title: 'Some', isRequired: false, default: ['b'] },
    options: [
      { value: 'a', label: 'A' },
      { value: 'b', label: 'B' }
    ]
  }
]

test('sends what was filled in, in its types, and leaves out what was not', async () => {
  const { answer, rendered, find, text } = show(request('a', { fields: FIELDS }))
  using _ = rendered
  expect(text()).toContain('calendar asks, not Nautobot.')
  await type(find('input'), 'Ada')
  await click(find('[type=submit]'))
  expect(answer).toHaveBeenCalledWith('answer', 'a', {
    action: 'accept',
    content: { who: 'Ada', at: '2026-11-27T10:00:00.000Z', size: 3.5, sure: true, some: ['b'] }
  })
})

test('says beside each field what is wrong with it', async () => {
  const problem = { message: 'content.who: is required.', fields: { who: 'is required' } }
  const { rendered, find, text } = show(request('a', { fields: FIELDS }), problem)
  using _ = rendered
  await click(find('[type=submit]'))
  const who = find('input')
  expect(who?.getAttribute('aria-invalid')).toBe('true')
  const described = who?.getAttribute('aria-describedby') ?? ''
  expect(document.getElementById(described)?.textContent).toBe('Who is required.')
  expect(text()).toContain('Not sent: some fields need another look.')
  expect(document.activeElement).toBe(who)
})

test.each([
  [1, 'decline'],
  [2, 'cancel']
])('button %i sends nothing but %s', async (place, action) => {
  const { answer, rendered } = show(request('a', { fields: FIELDS }))
  using _ = rendered
  await click(rendered.container.querySelectorAll('button')[place] ?? null)
  expect(answer).toHaveBeenCalledWith('answer', 'a', { action })
})

test('a form that cannot be sent says why', async () => {
  const problem = { message: 'Nobody waits for this answer any more.', fields: {} }
  const { rendered, find, text } = show(request('a'), problem)
  using _ = rendered
  await click(find('[type=submit]'))
  expect(text()).toContain('Nobody waits for this answer any more.')
})

test('what hides in the words of a server is shown', () => {
  const { rendered, text } = show(request('a', { message: 'When\u202e?' }))
  using _ = rendered
  expect(text()).toContain('When\\u{202e}?')
})
