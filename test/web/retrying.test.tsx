import { expect, test } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { Answer } from '../../src/web/Answer.tsx'
import { createCell } from '../../src/web/cell.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { initialView } from '../../src/web/chat-view.ts'
import { fold } from '../../src/web/fold.ts'
import { answerText, emptyAnswer } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { render } from './support/render.tsx'

const chat = {
  view: createCell(initialView(undefined)),
  messages: createMessageStore(),
  signInUrl: undefined
} as unknown as Chat

const retrying = (seconds: number): AgentEvent => ({
  type: 'CUSTOM',
  name: 'retrying',
  value: { model: 'GPT', reason: 'is busy', seconds }
})
const begun: AgentEvent[] = [
  { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' },
  { type: 'CUSTOM', name: 'model', value: { name: 'GPT', isLab: false } }
]
const brokenText: AgentEvent[] = [
  { type: 'TEXT_MESSAGE_START', messageId: 't1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 't1', delta: 'There are si' }
]
const begunAnew: AgentEvent[] = [
  { type: 'TEXT_MESSAGE_END', messageId: 't1' },
  { type: 'MESSAGES_SNAPSHOT', messages: [{ id: 'run', role: 'user', content: 'How many?' }] },
  { type: 'TEXT_MESSAGE_START', messageId: 't1-again-1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 't1-again-1', delta: 'Seven.' }
]

const foldAll = (events: readonly AgentEvent[]) => events.reduce(fold, emptyAnswer('a', 'q'))

function waiting(events: readonly AgentEvent[]): string | undefined {
  using rendered = render(
    <ChatContext value={chat}>
      <Answer answer={foldAll(events)} />
    </ChatContext>
  )
  return rendered.container.querySelector('.waiting')?.textContent ?? undefined
}

test('says that the model is busy, and when it is asked again', () => {
  expect(waiting([...begun, retrying(3)])).toBe('GPT is busy, trying again in 3 s…')
  expect(waiting([...begun, retrying(3), retrying(0)])).toBe('Thinking…')
})

test('says so below a text that broke off, too', () => {
  expect(waiting([...begun, ...brokenText, retrying(1)])).toBe('GPT is busy, trying again in 1 s…')
})

test('says nothing of it when another model answers', () => {
  const value = { name: 'Other', isLab: false, insteadOf: { name: 'GPT', reason: 'is busy' } }
  const standIn: AgentEvent = { type: 'CUSTOM', name: 'model', value }
  expect(waiting([...begun, retrying(3), standIn])).toBe('Thinking…')
  expect(foldAll([...begun, standIn]).model?.name).toBe('Other')
})

test('shows a text that is begun anew once', () => {
  const events = [...begun, ...brokenText, retrying(1), retrying(0), ...begunAnew]
  expect(answerText(foldAll(events))).toBe('Seven.')
})
