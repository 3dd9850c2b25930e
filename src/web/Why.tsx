import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'
import { useChat } from './chat-hooks.ts'
import { ChevronIcon } from './icons.tsx'
import { Late } from './Late.tsx'
import type { Answer } from './message.ts'

const loadPanel = () => import('./WhyPanel.tsx')

interface WhyProps {
  readonly answer: Answer
  /** What stands before the button, in its row. */
  readonly children?: ReactNode
}

/** Opens in place how an answer came about. */
export function Why({ answer, children }: WhyProps) {
  const [isOpen, setOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const id = useId()
  const runId = useRunId(answer)
  // Without a run there may be steps; without either nothing was done.
  const isKnown = runId !== undefined || answer.parts.length > 0

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    // It closes the panel; the answer that is being written goes on.
    event.preventDefault()
    setOpen(false)
    opener.current?.focus()
  }
  return (
    <>
      <div className="meta">
        {children}
        {isKnown && (
          <button
            ref={opener}
            type="button"
            className="quiet why-button"
            aria-expanded={isOpen}
            aria-controls={isOpen ? id : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            Why
            <span className="chevron">
              <ChevronIcon />
            </span>
          </button>
        )}
      </div>
      {isOpen && (
        <section className="why" id={id} aria-label="Why this answer" onKeyDown={onKeyDown}>
          <Late load={loadPanel}>
            {({ WhyPanel }) => <WhyPanel answer={answer} runId={runId} />}
          </Late>
        </section>
      )}
    </>
  )
}

/** The service calls a question as it calls its run. */
function useRunId({ runId, questionId }: Answer): string | undefined {
  const question = useChat().messages.get(questionId)
  return runId ?? (question?.kind === 'question' ? question.messageId : undefined)
}
