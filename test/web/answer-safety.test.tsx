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
// Here, so that it is there when it is asked for.
import '../../src/web/WhyPanel.tsx'
import { lookedUpRun, lookedUpStep } from '../browser/support/looked-up-runs.ts'
import { findings } from './support/findings.ts'
import { hostileRun } from './support/hostile-run.ts'
import { PAYLOADS } from './support/payloads.ts'
import { click, render, settled } from './support/render.tsx'

/** A chat whose service tells the payload wherever a run that is looked up can carry it. */
function chatOf(payload: string): Chat {
  const step = lookedUpStep('c1', {
    ...{ name: payload, server: payload, result: payload, arguments: { [payload]: payload } },
    recipes: { curl: payload, pynautobot: payload, graphql: payload }
  })
  const run = lookedUpRun({
    ...{ username: payload, model: payload, prompt: { name: payload, version: payload } },
    standIns: [{ name: payload, insteadOf: payload, reason: payload }],
    steps: [step, { ...step, toolCallId: 'c2', isError: true }]
  })
  return {
    view: createCell(initialView(undefined)),
    messages: createMessageStore(),
    lookUp: async () => run,
    signInUrl: undefined
  } as unknown as Chat
}

test.each(PAYLOADS)('[S7] %j stays text wherever a run can carry it', async (payload) => {
  const answer = hostileRun('run', payload).reduce(fold, emptyAnswer('a', 'q'))
  using rendered = render(
    <ChatContext value={chatOf(payload)}>
      <TrustedHosts value={new Set(['nautobot.example'])}>
        <Answer answer={answer} />
      </TrustedHosts>
    </ChatContext>
  )
  for (const closed of rendered.container.querySelectorAll('[aria-expanded]')) await click(closed)
  await settled()
  expect(rendered.container.querySelector('.why-body')?.textContent).toContain(payload)
  expect(rendered.container.querySelector('.summary-text')?.textContent).toBe(payload)
  const links = findings(rendered.container).filter((found) => !found.startsWith('http'))
  expect(links).toEqual([])
})
