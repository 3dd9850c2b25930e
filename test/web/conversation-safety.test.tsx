import { expect, test } from 'vitest'
import { ConversationItem } from '../../src/web/ConversationItem.tsx'
import { createCell } from '../../src/web/cell.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { initialView } from '../../src/web/chat-view.ts'
import { DeleteDialog } from '../../src/web/DeleteDialog.tsx'
import { PAYLOADS } from './support/payloads.ts'
import { render } from './support/render.tsx'

const chat = { view: createCell(initialView(undefined)) } as unknown as Chat
const NONE = () => undefined

// jsdom knows the element, but not how it opens.
HTMLDialogElement.prototype.showModal ??= NONE

const shown = (title: string) => {
  const at = '2026-11-27T08:00:00.000Z'
  const conversation = { id: 'c1', title, createdAt: at, updatedAt: at, runId: 'run-1' }
  return render(
    <ChatContext value={chat}>
      <nav>
        <ul>
          <ConversationItem conversation={conversation} leave={NONE} askDelete={NONE} />
        </ul>
        <DeleteDialog conversation={conversation} close={NONE} />
      </nav>
    </ChatContext>
  )
}
const elementsOf = (container: HTMLElement) =>
  [...container.querySelectorAll('*')].map(({ tagName, attributes }) =>
    [tagName, ...[...attributes].map(({ name }) => name)].join(' ')
  )

test.each(PAYLOADS)('[S7] %j stays text as the title of a conversation', (payload) => {
  using harmless = shown('Devices at AMS01')
  using rendered = shown(payload)

  const { container } = rendered
  expect(container.querySelector('.conversation-name')?.textContent).toBe(payload)
  expect(container.querySelector('dialog strong')?.textContent).toBe(payload)
  expect(elementsOf(container)).toEqual(elementsOf(harmless.container))
})
