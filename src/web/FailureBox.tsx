import type { ReactNode } from 'react'
import { useCell } from './cell.ts'
import { nextStep } from './chat-error.ts'
import { useChat } from './chat-hooks.ts'
import { RetryIcon } from './icons.tsx'
import type { Answer, Failure } from './message.ts'

const SIGN_IN_CODES: ReadonlySet<string> = new Set(['SIGN_IN', 'UNAUTHENTICATED'])

interface FailureBoxProps {
  readonly answer: Answer
  readonly failure: Failure
}

/** What went wrong, its code, and what can be done. */
export function FailureBox({ answer, failure }: FailureBoxProps) {
  const chat = useChat()
  const { openAnswerId } = useCell(chat.view)
  return (
    <FailureText failure={failure}>
      {failure.code === 'CONVERSATION_NOT_FOUND' && (
        <button type="button" onClick={chat.newConversation}>
          New conversation
        </button>
      )}
      <button
        type="button"
        disabled={openAnswerId !== undefined}
        onClick={() => void chat.retry(answer.id)}
      >
        <RetryIcon /> Retry
      </button>
    </FailureText>
  )
}

interface FailureTextProps {
  readonly failure: Failure
  readonly children?: ReactNode
}

export function FailureText({ failure, children }: FailureTextProps) {
  const { signInUrl } = useChat()
  return (
    <div className="failure">
      <p>
        <strong>{failure.message}</strong> {nextStep(failure)}
      </p>
      <div className="failure-actions">
        {SIGN_IN_CODES.has(failure.code) && signInUrl && (
          <a className="button" href={signInUrl}>
            Sign in again
          </a>
        )}
        {children}
        <code>{failure.code}</code>
      </div>
    </div>
  )
}
