import { expect, test } from 'vitest'
import { Answer } from '../../src/web/Answer.tsx'
import { createCell } from '../../src/web/cell.ts'
import type { Chat } from '../../src/web/chat.ts'
import { ChatContext } from '../../src/web/chat-hooks.ts'
import { initialView } from '../../src/web/chat-view.ts'
import { fold } from '../../src/web/fold.ts'
import { TrustedHosts } from '../../src/web/ModelLink.tsx'
import { emptyAnswer } from '../../src/web/message.ts'
import { createMessageStore } from '../../src/web/message-store.ts'
import { findings } from './support/findings.ts'
import { hostileRun } from './support/hostile-run.ts'
import { PAYLOADS } from './support/payloads.ts'
import { click, render } from './support/render.tsx'

const chat = {
  view: createCell(initialView(undefined)),
  messages: createMessageStore(),
  signInUrl: undefined
} as unknown as Chat

test.each(PAYLOADS)('[S7] %j stays text wherever a run can carry it', async (payload) => {
  const answer = hostileRun('run', payload).reduce(fold, emptyAnswer('a', 'q'))
  using rendered = render(
    <ChatContext value={chat}>
      <TrustedHosts value={new Set(['nautobot.example'])}>
        <Answer answer={answer} />
      </TrustedHosts>
    </ChatContext>
  )
  await click(rendered.container.querySelector('[aria-expanded]'))
  const links = findings(rendered.container).filter((found) => !found.startsWith('http'))
  expect(links).toEqual([])
})
