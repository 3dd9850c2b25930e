import { act } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { App } from '../../src/web/App.tsx'
import {
  type ChatApi,
  type ChatOptions,
  MAX_MESSAGE_CHARS,
  type ModelOption
} from '../../src/web/api.ts'
import { type Chat, createChat } from '../../src/web/chat.ts'
import { ChatError } from '../../src/web/chat-error.ts'
import { parseAbout } from '../../src/web/chat-view.ts'
import { SHOWN_MESSAGES } from '../../src/web/Log.tsx'
import { createSessionMemory } from '../../src/web/session-memory.ts'
import { click, press, type Rendered, render, settled, type } from './support/render.tsx'
import { createStorage } from './support/storage.ts'

const OPTIONS: ChatOptions = {
  version: '0.1.0',
  environment: 'LAB',
  identity: { username: 'lab' },
  models: [],
  mcpServers: [
    { id: 's1', name: 'One', status: 'Healthy' },
    { id: 's2', name: 'Two', status: 'Failed' }
  ]
}

const DEVICE = 'dcim.device:4d2f0d3c-4a51-4f0e-9d7e-0f6f6f0a9d11'
let asked: unknown[]
let options: () => Promise<ChatOptions>
let storage: Storage

beforeEach(() => {
  asked = []
  options = () => Promise.resolve(OPTIONS)
  storage = createStorage()
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      disconnect(): void {}
    }
  )
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const api: ChatApi = {
  options: () => options(),
  ask: (question) => {
    asked.push(question)
    return Promise.reject(new ChatError('TOO_MANY_RUNS', 'Too many.', { retryable: true }))
  },
  follow: () => Promise.reject(new ChatError('RUN_NOT_FOUND', 'Gone.')),
  run: () => Promise.reject(new ChatError('RUN_NOT_FOUND', 'Gone.')),
  cancel: () => Promise.resolve(),
  decide: () => Promise.resolve(),
  answer: () => Promise.resolve()
}

async function open(about?: string): Promise<{ rendered: Rendered; chat: Chat }> {
  const chat = createChat({
    api,
    memory: createSessionMemory(storage, ''),
    about: parseAbout(about ?? null),
    version: '0.1.0',
    signInUrl: '/login/?next=%2F'
  })
  const rendered = render(<App chat={chat} trustedHosts={new Set()} />)
  await settled()
  return { rendered, chat }
}

function field({ container }: Rendered): HTMLTextAreaElement {
  const found = container.querySelector('textarea')
  if (!found) throw new Error('There is no field')
  return found
}

function button({ container }: Rendered, name: string): HTMLButtonElement | undefined {
  return [...container.querySelectorAll('button')].find(
    (found) => found.getAttribute('aria-label') === name || found.textContent?.trim() === name
  )
}

test('Enter sends, Shift+Enter does not, nor does Enter that confirms a composed character', async () => {
  const { rendered } = await open()
  using _ = rendered
  await type(field(rendered), 'How many?')
  await press(field(rendered), 'Enter', { shiftKey: true })
  await press(field(rendered), 'Enter', { isComposing: true })
  expect(asked).toEqual([])
  await press(field(rendered), 'Enter')
  expect(asked).toEqual([{ message: 'How many?' }])
  expect(field(rendered).value).toBe('')
})

test('an empty question and one over the limit are not sent', async () => {
  const { rendered } = await open()
  using _ = rendered
  await type(field(rendered), '   ')
  await press(field(rendered), 'Enter')
  await type(field(rendered), 'x'.repeat(MAX_MESSAGE_CHARS + 1))
  await press(field(rendered), 'Enter')
  expect(asked).toEqual([])
  expect(rendered.container.textContent).toContain('1 characters too long')
  await type(field(rendered), 'x'.repeat(MAX_MESSAGE_CHARS))
  await press(field(rendered), 'Enter')
  expect(asked).toHaveLength(1)
})

test('a draft survives a reload', async () => {
  const first = await open()
  await type(field(first.rendered), 'Half a ques')
  first.rendered[Symbol.dispose]()
  const second = await open()
  using _ = second.rendered
  expect(field(second.rendered).value).toBe('Half a ques')
})

test('the object that the person came from can be left out', async () => {
  const { rendered } = await open(DEVICE)
  using _ = rendered
  expect(rendered.container.textContent).toContain('About this device')
  await click(button(rendered, 'Ask without this object'))
  expect(rendered.container.textContent).not.toContain('About this device')
  await click(button(rendered, 'What can you do?'))
  expect(asked).toEqual([{ message: 'What can you do?' }])
})

test('a failure shows its sentence, its code, what to do, and a retry', async () => {
  const { rendered } = await open()
  using _ = rendered
  await click(button(rendered, 'What can you do?'))
  await settled()
  const box = rendered.container.querySelector('.failure')
  expect(box?.textContent).toContain('Too many.')
  expect(box?.textContent).toContain('Try again in a moment.')
  expect(box?.querySelector('code')?.textContent).toBe('TOO_MANY_RUNS')
  await click(button(rendered, 'Retry'))
  expect(asked).toHaveLength(2)
})

test('an ended session offers the way to sign in again', async () => {
  options = () => Promise.reject(new ChatError('SIGN_IN', 'Your Nautobot session has ended.'))
  const { rendered } = await open()
  using _ = rendered
  const link = [...rendered.container.querySelectorAll('a')].find(
    (found) => found.textContent === 'Sign in again'
  )
  expect(link?.getAttribute('href')).toBe('/login/?next=%2F')
  options = () => Promise.resolve(OPTIONS)
  await click(button(rendered, 'Try again'))
  await settled()
  expect(rendered.container.querySelector('.failure')).toBeNull()
})

test('a service that is away is asked again, which the page says beside the button', async () => {
  options = () => Promise.reject(new ChatError('SERVICE_UNREACHABLE', 'Away.', { retryable: true }))
  const { rendered } = await open()
  using _ = rendered
  const box = rendered.container.querySelector('.failure')
  expect(box?.textContent).toContain('Trying again by itself in 1 s')
  await type(field(rendered), 'How many?')
  await press(field(rendered), 'Enter')
  expect(rendered.container.textContent).toContain('Sent as soon as the service answers')
  expect(field(rendered).value).toBe('How many?')
  options = () => Promise.resolve(OPTIONS)
  await click(button(rendered, 'Try again'))
  await settled()
  expect(asked).toEqual([{ message: 'How many?' }])
  expect(rendered.container.textContent).not.toContain('by itself')
})

test('a difference of versions is said and can be dismissed', async () => {
  options = () => Promise.resolve({ ...OPTIONS, version: '0.2.0' })
  const { rendered } = await open()
  using _ = rendered
  expect(rendered.container.textContent).toContain(
    'The chat is version 0.1.0, the service 0.2.0: ask an administrator to update the shim.'
  )
  await click(button(rendered, 'Dismiss'))
  expect(rendered.container.textContent).not.toContain('0.2.0')
})

/** The panel's script comes when it is first opened. */
async function openServers({ container }: Rendered): Promise<void> {
  await click(container.querySelector('[title="MCP servers"]'))
  await vi.waitFor(
    async () => {
      await settled()
      expect(container.querySelector('input[type=checkbox]')).not.toBeNull()
    },
    { timeout: 5_000 }
  )
}

test('unticking a server leaves it out, ticking it again asks for all', async () => {
  const { rendered, chat } = await open()
  using _ = rendered
  await openServers(rendered)
  await click(rendered.container.querySelectorAll('input[type=checkbox]')[1])
  expect(chat.view.get().servers).toEqual(['s1'])
  await click(rendered.container.querySelectorAll('input[type=checkbox]')[1])
  expect(chat.view.get().servers).toBeNull()
  await press(field(rendered), 'Escape')
})

test('the servers of the model are those that are ticked, until others are', async () => {
  const model: ModelOption = {
    ...{ id: 'm1', name: 'GPT', provider: 'openai', isDefault: true, isLab: false },
    ...{ status: 'Healthy', mcpServers: ['s2'] }
  }
  options = () => Promise.resolve({ ...OPTIONS, models: [model] })
  const { rendered, chat } = await open()
  using _ = rendered
  await openServers(rendered)
  const ticked = () =>
    [...rendered.container.querySelectorAll<HTMLInputElement>('input[type=checkbox]')].map(
      ({ checked }) => checked
    )
  expect(ticked()).toEqual([false, true])
  expect(button(rendered, 'As set for this model')?.disabled).toBe(true)
  await click(rendered.container.querySelectorAll('input[type=checkbox]')[0])
  expect(chat.view.get().servers).toEqual(['s1', 's2'])
  await click(button(rendered, 'Back to the model’s own'))
  expect(chat.view.get().servers).toBeNull()
  expect(ticked()).toEqual([false, true])
})

test('a long log shows its end and the rest on demand', async () => {
  const { rendered, chat } = await open()
  using _ = rendered
  await act(async () => {
    for (let count = 0; count < SHOWN_MESSAGES + 5; count += 1) {
      chat.messages.put({ kind: 'question', id: `${count}`, text: `n${count}`, about: undefined })
    }
  })
  expect(rendered.container.querySelectorAll('.question')).toHaveLength(SHOWN_MESSAGES)
  await click(button(rendered, 'Show earlier (5)'))
  expect(rendered.container.querySelectorAll('.question')).toHaveLength(SHOWN_MESSAGES + 5)
})

test.each([
  ['dcim.device:4d2f0d3c-4a51-4f0e-9d7e-0f6f6f0a9d11', true],
  ['dcim.device', false],
  ['dcim.device:1', false],
  ['<img>:4d2f0d3c-4a51-4f0e-9d7e-0f6f6f0a9d11', false],
  [null, false]
])('the object %j is one: %j', (about, isOne) => {
  expect(parseAbout(about) !== undefined).toBe(isOne)
})

test('a model whose last probe failed is marked, and says why', async () => {
  const model = { provider: 'openai', isDefault: false, isLab: false, status: 'Healthy' }
  const models = [
    { ...model, id: 'm1', name: 'Fine', probe: { ok: true, sentence: 'It works.' } },
    { ...model, id: 'm2', name: 'Broken', probe: { ok: false, sentence: 'The key is refused.' } },
    { ...model, id: 'm3', name: 'New' }
  ]
  options = () => Promise.resolve({ ...OPTIONS, models })
  const { rendered } = await open()
  using _ = rendered
  const shown = [...rendered.container.querySelectorAll('option')].map(({ textContent, title }) => [
    textContent,
    title
  ])
  expect(shown).toEqual([
    ['Fine', 'It works.'],
    ['⚠ Broken', 'The key is refused.'],
    ['New', '']
  ])
})
