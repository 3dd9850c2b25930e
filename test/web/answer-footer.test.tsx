import { expect, test } from 'vitest'
import { AnswerFooter } from '../../src/web/AnswerFooter.tsx'
import { createCell } from '../../src/web/cell.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { initialView } from '../../src/web/chat-view.ts'
import { type Answer, emptyAnswer } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { ProofLinks, SHOWN_OBJECTS } from '../../src/web/ProofLinks.tsx'
import { click, render } from './support/render.tsx'

const BADGE = 'Lab model, not a language model'
const LAB = { name: 'lab model', isLab: true }

const answer = (id: string, model: Answer['model']): Answer => ({
  ...emptyAnswer(id, `q-${id}`),
  phase: 'finished',
  model
})

function footers(answers: readonly Answer[]): string[] {
  const messages = createMessageStore()
  for (const one of answers) {
    messages.put({ kind: 'question', id: one.questionId, text: 'x', about: undefined })
    messages.put(one)
  }
  const view = createCell(initialView(undefined))
  const chat = { view, messages, signInUrl: undefined } as unknown as Chat
  using rendered = render(
    <ChatContext value={chat}>
      {answers.map((one) => (
        <AnswerFooter key={one.id} answer={one} />
      ))}
    </ChatContext>
  )
  return [...rendered.container.querySelectorAll('.meta')].map((meta) => meta.textContent ?? '')
}

test('the badge of the lab model stands where it takes over, its name in the answers after', () => {
  const other = { name: 'GPT', isLab: false }
  const models = [LAB, LAB, other, LAB, undefined, LAB]
  const said = footers(models.map((model, index) => answer(`${index}`, model)))
  expect(said).toEqual([BADGE, 'lab model', 'GPT', BADGE, '', BADGE])
})

test('lists come first, then some of the objects, and the rest on demand', async () => {
  const objects = Array.from({ length: SHOWN_OBJECTS + 3 }, (_, index) => ({
    label: `device d${index}`,
    url: `https://nautobot.example/dcim/devices/${index}/`
  }))
  const list = { label: 'Devices: 7', url: 'https://nautobot.example/dcim/devices/?role=x' }
  using rendered = render(<ProofLinks links={[...objects, list, ...objects]} label="Evidence" />)
  const texts = () => [...rendered.container.querySelectorAll('a')].map((link) => link.textContent)
  expect(texts()).toEqual(['Devices: 7', 'device d0', 'device d1', 'device d2', 'device d3'])
  const more = rendered.container.querySelector('button')
  expect(more?.textContent).toBe('+3 more')
  await click(more)
  expect(texts()).toHaveLength(SHOWN_OBJECTS + 4)
  await click(more)
  expect(texts()).toHaveLength(SHOWN_OBJECTS + 1)
})
