import { memo, useId, useState } from 'react'
import type { ToolProgressNote } from '../agent/agent-events.ts'
import { CodeBlock } from './CodeBlock.tsx'
import { CheckIcon, ChevronIcon, CrossIcon } from './icons.tsx'
import type { ToolPart } from './message.ts'
import { ProofLinks } from './ProofLinks.tsx'
import { callWords, duration, pretty, progressWords, rowsOf } from './tool-words.ts'

/** Characters of a result on the page; copying it takes all that came. */
export const MAX_SHOWN_RESULT_CHARS = 20_000

export function ToolSteps({ parts }: { readonly parts: readonly ToolPart[] }) {
  return (
    <ul className="steps" aria-label="Steps">
      {parts.map((part) => (
        <ToolStep key={part.id} part={part} />
      ))}
    </ul>
  )
}

const ToolStep = memo(function ToolStep({ part }: { readonly part: ToolPart }) {
  const [isOpen, setOpen] = useState(false)
  const detailsId = useId()
  const { title, details } = callWords(part.name, part.args)
  return (
    <li className={`step ${part.state}`}>
      <button
        type="button"
        className="step-head"
        aria-expanded={isOpen}
        aria-controls={detailsId}
        onClick={() => setOpen(!isOpen)}
      >
        <StepState state={part.state} />
        <span className="step-label">{title}</span>
        <span className="step-summary">{details}</span>
        <span className="step-rows">{rowsOf(part)}</span>
        <span className="step-time">{part.note && duration(part.note.durationMs)}</span>
        <span className="chevron">
          <ChevronIcon />
        </span>
      </button>
      {part.state === 'running' && part.progress && (
        <StepProgress title={title} told={part.progress} />
      )}
      {isOpen && (
        <div className="step-details" id={detailsId}>
          <StepDetails part={part} />
        </div>
      )}
    </li>
  )
})

const STATES = {
  running: ['running', <span className="spinner" key="running" />],
  waiting: ['waits for your approval', <span className="pulse" key="waiting" />],
  done: ['done', <CheckIcon key="done" />],
  failed: ['failed', <CrossIcon key="failed" />],
  abandoned: ['ended without a result', <CrossIcon key="abandoned" />]
} as const

interface StepProgressProps {
  readonly title: string
  readonly told: ToolProgressNote
}

/** Without a total, the bar shows only that something moves. */
function StepProgress({ title, told: { progress, total, message } }: StepProgressProps) {
  return (
    <p className="step-progress muted">
      <progress aria-label={`Progress of ${title}`} max={total} value={total && progress} />
      <span className="step-words">
        {progressWords(progress, total)}
        {total && message && ' · '}
        <bdi>{message}</bdi>
      </span>
    </p>
  )
}

/** How a step stands, as an icon and in words for screen readers. */
export function StepState({ state }: { readonly state: ToolPart['state'] }) {
  const [words, icon] = STATES[state]
  return (
    <span className="step-state">
      {icon}
      <span className="visually-hidden">{words}</span>
    </span>
  )
}

function StepDetails({ part }: { readonly part: ToolPart }) {
  const result = part.result === undefined ? undefined : pretty(part.result)
  return (
    <>
      <p className="muted">
        Tool <code>{part.name}</code>
        {part.note && ` of ${part.note.server}`}
      </p>
      <CodeBlock language="Arguments" label="Arguments" text={pretty(part.args || '{}')} />
      {result !== undefined && (
        <CodeBlock
          language={part.state === 'failed' ? 'Error' : 'Result'}
          label="Result"
          text={result}
          shownChars={MAX_SHOWN_RESULT_CHARS}
        />
      )}
      {part.note && <ProofLinks links={part.note.links} label="Shown in Nautobot" />}
    </>
  )
}
