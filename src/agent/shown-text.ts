import type { BaseMessage } from '@langchain/core/messages'
import { toSnapshot } from './agent-resume.ts'
import type { AgentStep } from './agent-step.ts'

/**
 * What readers see of one answer, which may be begun several times. As long as nothing was shown, another try is simply
 * the next one. Text that was shown stays until the next try has something to say; then readers get what there is
 * without it, and the answer under a name of its own.
 */
export interface ShownText {
  begin(): ShownTry
}

export interface ShownTry {
  /** Of the message, if this try comes to one. */
  readonly messageId: string
  show(delta: string): void
  /** To be told when the answer is there, also one without text. */
  finish(): void
  hasShown(): boolean
}

export interface ShownTextOptions {
  readonly messageId: string
  /** What is stored of the conversation. */
  readonly messages: readonly BaseMessage[]
  readonly writer: (step: AgentStep) => void
}

export function createShownText({ messageId, messages, writer }: ShownTextOptions): ShownText {
  let restarts = 0
  let isOpen = false

  return {
    begin() {
      const mustRestart = isOpen
      if (mustRestart) restarts += 1
      const id = restarts === 0 ? messageId : `${messageId}-again-${restarts}`
      let isMine = !mustRestart
      let hasShown = false

      function takeOver(): void {
        if (isMine) return
        isMine = true
        writer({ kind: 'restarted', messages: toSnapshot(messages) })
      }

      return {
        messageId: id,
        show(delta) {
          takeOver()
          isOpen = true
          hasShown = true
          writer({ kind: 'text', messageId: id, delta })
        },
        finish: takeOver,
        hasShown: () => hasShown
      }
    }
  }
}
