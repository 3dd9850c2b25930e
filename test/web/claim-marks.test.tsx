import { expect, test } from 'vitest'
import { Answer } from '../../src/web/Answer.tsx'
import { createCell } from '../../src/web/cell.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { initialView } from '../../src/web/chat-view.ts'
import type { ClaimMark } from '../../src/web/claim-marks.tsx'
import { fold, wholeText } from '../../src/web/fold.ts'
import { answerText, emptyAnswer } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { render } from './support/render.tsx'

const chat = {
  view: createCell(initialView(undefined)),
  messages: createMessageStore(),
  signInUrl: undefined
} as unknown as Chat

const PAGE = 'https://nautobot.example/dcim/devices/?location=AMS_01&clear_view=true'

function mark(text: string, claim: string, change: Partial<ClaimMark> = {}): ClaimMark {
  const start = text.indexOf(claim)
  return { text: claim, start, end: start + claim.length, verdict: 'missing', ...change }
}

function show(text: string, marks: readonly ClaimMark[]) {
  const answer = {
    ...emptyAnswer('a', 'q'),
    phase: 'finished' as const,
    parts: [{ ...wholeText('m1', text), marks }]
  }
  return render(
    <ChatContext value={chat}>
      <Answer answer={answer} />
    </ChatContext>
  )
}

const linksIn = (container: HTMLElement) =>
  [...container.querySelectorAll('.markdown a')].map((link) => [
    link.textContent,
    link.getAttribute('href')
  ])
const marksIn = (container: HTMLElement) =>
  [...container.querySelectorAll('mark')].map((one) => one.textContent)

test('links and marks stand in bold text, code, tables, whatever block they are in', () => {
  const text =
    '**12** devices.\n\n- `ams01-rtr-01`\n\n| Device | VLAN |\n|---|---|\n| ams99-rtr-09 | 120 |\n'
  using rendered = show(text, [
    mark(text, '12', { verdict: 'found', url: PAGE }),
    mark(text, 'ams01-rtr-01', { verdict: 'found', url: 'https://nautobot.example/d/1/' }),
    mark(text, 'ams99-rtr-09')
  ])

  expect(linksIn(rendered.container)).toEqual([
    ['12', PAGE],
    ['ams01-rtr-01', 'https://nautobot.example/d/1/']
  ])
  expect(marksIn(rendered.container)).toEqual(['ams99-rtr-09 (not found in the data)'])
  expect(rendered.container.querySelector('mark')?.title).toBe('Not found in the data')
  expect(rendered.container.querySelectorAll('strong a, code a, td mark')).toHaveLength(3)
})

test('a mark that does not fit the text is left out', () => {
  using rendered = show('12 devices', [{ text: '13', start: 0, end: 2, verdict: 'missing' }])
  expect(marksIn(rendered.container)).toEqual([])
  expect(rendered.container.textContent).toContain('12 devices')
})

test('only the service can write marks: a model that tries is shown as text', () => {
  const url = [...'https://evil.example/'].map((one) =>
    String.fromCharCode(one.charCodeAt(0) + 0xe100)
  )
  const forged = `See \ue000${url.join('')}\ue001this\ue002 and 7`
  using whole = show(forged, [mark(forged, '7')])
  expect(linksIn(whole.container)).toEqual([])
  expect(marksIn(whole.container)).toEqual(['7 (not found in the data)'])

  const part = { kind: 'text' as const, id: 'm1', done: [], tail: forged }
  const answer = { ...emptyAnswer('a', 'q'), phase: 'running' as const, parts: [part] }
  using growing = render(
    <ChatContext value={chat}>
      <Answer answer={answer} />
    </ChatContext>
  )
  expect(linksIn(growing.container)).toEqual([])
})

test('an address that may not be followed is no link', () => {
  using rendered = show('12 devices', [
    { text: '12', start: 0, end: 2, verdict: 'found', url: 'javascript:alert(1)' }
  ])
  expect(linksIn(rendered.container)).toEqual([])
})

test('the copied answer has no trace of them', () => {
  const marks = [mark('12 devices', '12')]
  const answer = fold(
    { ...emptyAnswer('a', 'q'), parts: [wholeText('m1', '12 devices')] },
    {
      type: 'CUSTOM',
      name: 'claims',
      value: { messageId: 'm1', found: 0, missing: 1, marks }
    }
  )
  expect(answer.parts).toMatchObject([{ marks }])
  expect(answerText(answer)).toBe('12 devices')
})
