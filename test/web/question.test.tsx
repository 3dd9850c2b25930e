import { act } from 'react'
import { afterEach, expect, test } from 'vitest'
import { type ChatApi, MAX_MESSAGE_CHARS } from '../../src/web/api.ts'
import { type Chat, createChat } from '../../src/web/chat.ts'
import { ChatError } from '../../src/web/chat-error.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import type { ConversationApi } from '../../src/web/conversation-api.ts'
import type { Question as QuestionMessage } from '../../src/web/message.ts'
import { Question } from '../../src/web/Question.tsx'
import { createSessionMemory } from '../../src/web/session-memory.ts'
import { click, press, type Rendered, render, settled, type } from './support/render.tsx'
import { createStorage } from './support/storage.ts'

const gone = (): Promise<never> => Promise.reject(new ChatError('NOT_FOUND', 'There is nothing.'))
const api: ChatApi = {
  options: gone,
  ask: gone,
  run: gone,
  follow: gone,
  cancel: gone,
  decide: gone,
  answer: gone
}
const conversations: ConversationApi = {
  list: gone,
  read: gone,
  rename: gone,
  remove: gone,
  export: gone
}
const QUESTION: QuestionMessage = {
  kind: 'question',
  id: 'local',
  text: 'How many?',
  about: undefined,
  messageId: 'q2',
  versions: ['q1', 'q2', 'q3']
}

const mounted: Rendered[] = []
afterEach(() => {
  for (const rendered of mounted.splice(0)) rendered[Symbol.dispose]()
})

function show(question: QuestionMessage = QUESTION) {
  const sent: unknown[] = []
  const plain = createChat({
    api,
    conversations,
    memory: createSessionMemory(createStorage(), ''),
    about: undefined,
    version: '0.1.0',
    signInUrl: undefined
  })
  const chat: Chat = {
    ...plain,
    askInstead: async (...asked) => void sent.push(asked),
    showVersion: async (...wanted) => {
      sent.push(wanted)
      return 'The service does not answer.'
    }
  }
  plain.view.update((view) => ({
    ...view,
    options: {
      version: '0.1.0',
      environment: 'LAB',
      identity: { username: 'lab' },
      models: [],
      mcpServers: []
    }
  }))
  const rendered = render(
    <ChatContext value={chat}>
      <Question question={question} />
    </ChatContext>
  )
  mounted.push(rendered)
  const { container } = rendered
  const button = (name: string) =>
    [...container.querySelectorAll('button')].find(
      (found) => found.getAttribute('aria-label') === name || found.textContent === name
    )
  const field = () => container.querySelector('textarea')
  return { chat, sent, container, button, field }
}

async function edit(shown: ReturnType<typeof show>): Promise<HTMLTextAreaElement> {
  await click(shown.button('Edit this question'))
  const field = shown.field()
  if (!field) throw new Error('There is no editor')
  return field
}

test('the editor opens with the question, focused, its end under the caret', async () => {
  const shown = show()
  const field = await edit(shown)
  expect(field.value).toBe('How many?')
  expect(document.activeElement).toBe(field)
  expect(field.selectionStart).toBe(field.value.length)
})

test('Enter asks; with Shift, or while a character is composed, it does not', async () => {
  const shown = show()
  const field = await edit(shown)
  await type(field, 'How many racks?')
  await press(field, 'Enter', { shiftKey: true })
  await press(field, 'Enter', { isComposing: true })
  await press(field, 'Escape', { isComposing: true })
  expect(shown.sent).toEqual([])
  await press(field, 'Enter')
  expect(shown.sent).toEqual([['local', 'How many racks?']])
})

test('Cancel and Escape bring the question back, the focus to the pencil, and keep what was typed', async () => {
  const shown = show()
  for (const leave of ['Escape', 'Cancel']) {
    const field = await edit(shown)
    await type(field, `Typed before ${leave}`)
    if (leave === 'Escape') await press(field, 'Escape')
    else await click(shown.button('Cancel'))
    await settled(50)
    expect(shown.field()).toBeNull()
    expect(document.activeElement).toBe(shown.button('Edit this question'))
    expect((await edit(shown)).value).toBe(`Typed before ${leave}`)
    await click(shown.button('Cancel'))
  }
  expect(shown.sent).toEqual([])
})

test('an empty or too long question cannot be asked, and the long one says why', async () => {
  const shown = show()
  const field = await edit(shown)
  await type(field, '  ')
  expect(shown.button('Ask')?.disabled).toBe(true)
  await type(field, 'x'.repeat(MAX_MESSAGE_CHARS + 1))
  expect(shown.button('Ask')?.disabled).toBe(true)
  expect(shown.container.textContent).toContain('Too long')
  await press(field, 'Enter')
  expect(shown.sent).toEqual([])
})

test('the arrows lead to the neighbours and rest while an answer is written; what fails is said beside them', async () => {
  const shown = show()
  expect(shown.container.querySelector('.versions')?.textContent).toBe('2 / 3')
  await click(shown.button('Previous version'))
  await click(shown.button('Next version'))
  expect(shown.sent).toEqual([
    ['q1', -1],
    ['q3', 1]
  ])
  expect(shown.container.textContent).toContain('The service does not answer.')
  await act(async () => {
    shown.chat.view.update((view) => ({ ...view, openAnswerId: 'a' }))
  })
  const names = ['Previous version', 'Next version', 'Edit this question']
  expect(names.map((name) => shown.button(name)?.disabled)).toEqual([true, true, true])
})

test.each([
  ['the only one', { versions: undefined }],
  ['alone after all', { versions: ['q2'] }],
  ['not accepted yet', { messageId: undefined }]
])('a question that is %s has no arrows', (_why, changes) => {
  const shown = show({ ...QUESTION, ...changes })
  expect(shown.container.querySelector('.versions')).toBeNull()
})
