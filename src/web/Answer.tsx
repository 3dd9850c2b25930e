import { memo, type ReactNode } from 'react'
import { AnswerFooter } from './AnswerFooter.tsx'
import { useSeconds } from './chat-hooks.ts'
import { FailureBox } from './FailureBox.tsx'
import { MarkdownBlock, MarkdownTail } from './Markdown.tsx'
import { keyed } from './markdown-rendering.ts'
import { type Answer as AnswerMessage, isOpen, type Part, type TextPart } from './message.ts'
import { groupParts } from './part-groups.ts'
import { ToolSteps } from './ToolSteps.tsx'

/** From here on, the wait is said in seconds. */
const LONG_WAIT_SECONDS = 4

export const Answer = memo(function Answer({ answer }: { readonly answer: AnswerMessage }) {
  return (
    <article className="answer" aria-label="Answer" aria-busy={isOpen(answer)}>
      {groupParts(answer.parts).map((group) =>
        group.kind === 'text' ? (
          <Text key={group.id} part={group.part} />
        ) : (
          <ToolSteps key={group.id} parts={group.parts} />
        )
      )}
      {isOpen(answer) && <Waiting answer={answer} />}
      {answer.failure && <FailureBox answer={answer} failure={answer.failure} />}
      {!isOpen(answer) && <AnswerFooter answer={answer} />}
    </article>
  )
})

const Text = memo(function Text({ part }: { readonly part: TextPart }): ReactNode {
  return (
    <div className="markdown">
      {keyed(part.done).map(({ key, item }) => (
        <MarkdownBlock key={key} text={item} />
      ))}
      {part.tail !== '' && <MarkdownTail text={part.tail} />}
    </div>
  )
})

function Waiting({ answer }: { readonly answer: AnswerMessage }) {
  const words = waitingWords(answer)
  const seconds = useSeconds(words !== undefined)
  if (words === undefined) return null
  const isLong = seconds >= LONG_WAIT_SECONDS
  return (
    <div className="waiting">
      <span className="pulse" aria-hidden="true" />
      {words}
      {isLong && <span className="muted"> {seconds} s</span>}
    </div>
  )
}

/** Undefined while text or a tool step is visibly moving. */
function waitingWords(answer: AnswerMessage): string | undefined {
  if (answer.stopping) return 'Stopping…'
  if (answer.link === 'reconnecting') return 'Connection lost. Reconnecting; nothing is lost…'
  if (answer.phase === 'sending') return 'Sending…'
  if (answer.place) return `Waiting its turn, number ${answer.place} in the queue…`
  return isMoving(answer.parts.at(-1)) ? undefined : 'Thinking…'
}

function isMoving(last: Part | undefined): boolean {
  if (last?.kind === 'text') return last.tail !== '' || last.done.length > 0
  return last?.state === 'running'
}
