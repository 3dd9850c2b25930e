import { CopyButton } from './CopyButton.tsx'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { RetryIcon, WarningIcon } from './icons.tsx'
import { ModelMark } from './ModelMark.tsx'
import { type Answer, answerText } from './message.ts'
import { ProofLinks } from './ProofLinks.tsx'
import { duration } from './tool-words.ts'
import { Why } from './Why.tsx'

/** What is behind the answer, what it did not see, and what can be done with it. */
export function AnswerFooter({ answer }: { readonly answer: Answer }) {
  const { footer, phase } = answer
  return (
    <footer className="answer-footer">
      {phase === 'stopped' && <p className="mark">Stopped. What came before is kept.</p>}
      {phase === 'finished' && footer?.incomplete && (
        <p className="mark">This answer was cut short.</p>
      )}
      {footer && <ProofLinks links={footer.evidence} label="Evidence" />}
      {footer && footer.gaps.length > 0 && (
        <ul className="gaps" aria-label="Not seen">
          {[...new Set(footer.gaps)].map((gap) => (
            <li key={gap}>
              <WarningIcon />
              <span>{gap}</span>
            </li>
          ))}
        </ul>
      )}
      <Why answer={answer}>
        <Actions answer={answer} />
        <ModelMark answer={answer} />
        {footer && <span className="usage">{usageWords(footer.usage)}</span>}
      </Why>
    </footer>
  )
}

function Actions({ answer }: { readonly answer: Answer }) {
  const chat = useChat()
  const { openAnswerId } = useCell(chat.view)
  const text = answerText(answer)
  return (
    <span className="actions">
      {text !== '' && <CopyButton text={() => text} label="Copy answer" />}
      {!answer.failure && (
        <button
          type="button"
          className="icon-button"
          title="Ask again"
          aria-label="Ask again"
          disabled={openAnswerId !== undefined}
          onClick={() => void chat.retry(answer.id)}
        >
          <RetryIcon />
        </button>
      )}
    </span>
  )
}

function usageWords(usage: NonNullable<Answer['footer']>['usage']): string {
  const tokens = usage.inputTokens + usage.outputTokens
  const words = [duration(usage.durationMs)]
  if (tokens > 0) words.unshift(`${tokens.toLocaleString('en')} tokens`)
  return words.join(' · ')
}
