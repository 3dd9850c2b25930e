import { memo, type ReactNode } from 'react'
import type { RetryNote } from '../agent/agent-events.ts'
import { AnswerFooter } from './AnswerFooter.tsx'
import { useSeconds } from './chat-hooks.ts'
import { withMarks } from './claim-marks.tsx'
import { FailureBox } from './FailureBox.tsx'
import { Late } from './Late.tsx'
import { MarkdownBlock, MarkdownTail } from './Markdown.tsx'
import { keyed } from './markdown-rendering.ts'
import {
  type Answer as AnswerMessage,
  isOpen,
  type Part,
  type TextPart,
  undecided
} from './message.ts'
import { groupParts } from './part-groups.ts'
import { SummaryNote } from './SummaryNote.tsx'
import { ToolSteps } from './ToolSteps.tsx'
import { Why } from './Why.tsx'

const loadAsks = () => import('./Asks.tsx')

/** From here on, the wait is said in seconds. */
const LONG_WAIT_SECONDS = 4

export const Answer = memo(function Answer({ answer }: { readonly answer: AnswerMessage }) {
  return (
    <article className="answer" aria-label="Answer" aria-busy={isOpen(answer)}>
      {answer.summary !== undefined && <SummaryNote summary={answer.summary} />}
      {groupParts(answer.parts).map((group) =>
        group.kind === 'text' ? (
          <Text key={group.id} part={group.part} />
        ) : (
          <ToolSteps key={group.id} parts={group.parts} />
        )
      )}
      {isOpen(answer) && asksOf(answer) > 0 && (
        <Late load={loadAsks}>{({ Asks }) => <Asks answer={answer} />}</Late>
      )}
      {isOpen(answer) && undecided(answer).length > 0 && <Why answer={answer} />}
      {isOpen(answer) && <Waiting answer={answer} />}
      {answer.failure && <FailureBox answer={answer} failure={answer.failure} />}
      {!isOpen(answer) && <AnswerFooter answer={answer} />}
    </article>
  )
})

const asksOf = (answer: AnswerMessage) => undecided(answer).length + answer.elicitations.length

const Text = memo(function Text({ part }: { readonly part: TextPart }): ReactNode {
  return (
    <div className="markdown">
      {keyed(markedBlocks(part)).map(({ key, item }) => (
        <MarkdownBlock key={key} text={item} />
      ))}
      {part.tail !== '' && <MarkdownTail text={withMarks(part.tail, 0)} />}
    </div>
  )
})

function markedBlocks({ done, marks }: TextPart): readonly string[] {
  let end = 0
  return done.map((block) => {
    end += block.length
    return withMarks(block, end - block.length, marks)
  })
}

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
  if (answer.retrying) return retryWords(answer.retrying)
  return isMoving(answer.parts.at(-1)) ? undefined : 'Thinking…'
}

function retryWords({ model, reason, seconds }: RetryNote): string {
  return `${model} ${reason}, trying again in ${seconds} s…`
}

function isMoving(last: Part | undefined): boolean {
  if (last?.kind === 'text') return last.tail !== '' || last.done.length > 0
  return last?.state === 'running' || last?.state === 'waiting'
}
