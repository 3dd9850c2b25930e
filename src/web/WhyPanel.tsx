import { type ReactNode, useEffect, useReducer, useState } from 'react'
import type { RunView } from './api.ts'
import { toFailure } from './chat-error.ts'
import { useChat } from './chat-hooks.ts'
import { FailureText } from './FailureBox.tsx'
import { RetryIcon } from './icons.tsx'
import type { Answer, Failure } from './message.ts'
import { useSheet } from './sheets.ts'
import css from './styles/why.css?inline'
import { WhySteps } from './WhySteps.tsx'
import { WhyExpired, WhySummary } from './WhySummary.tsx'
import { entriesOfRun, isUnderWay } from './why-entries.ts'

interface WhyPanelProps {
  readonly answer: Answer
  /** Undefined where the page does not know which run it was. */
  readonly runId: string | undefined
}

/** What the service knows of how an answer came about; what the page itself knows where that is gone. */
export function WhyPanel({ answer, runId }: WhyPanelProps) {
  const sheet = useSheet(css)
  const { run, failure, isLoading, again } = useRun(answer, runId)
  return (
    <div className="why-body" ref={sheet} aria-busy={isLoading}>
      {isLoading && !run && <Loading />}
      {failure && <WhyFailure answer={answer} failure={failure} again={again} />}
      {run && (
        <>
          <WhySummary run={run} />
          <WhySteps entries={entriesOfRun(run)} username={run.username}>
            {run.steps.length === 0 && <NoTools run={run} />}
          </WhySteps>
          {isUnderWay(run) && <Again isLoading={isLoading} again={again} />}
        </>
      )}
    </div>
  )
}

interface Look {
  readonly run: RunView | undefined
  readonly failure: Failure | undefined
  readonly isLoading: boolean
}

const GONE: Look = { run: undefined, failure: undefined, isLoading: true }
const EXPIRED: Failure = {
  code: 'RUN_NOT_FOUND',
  message: 'There is no such run.',
  retryable: false,
  details: undefined
}

/** Reads the run again when its answer has moved on: begun, decided on, ended. */
function useRun(answer: Answer, runId: string | undefined): Look & { readonly again: () => void } {
  const chat = useChat()
  const [look, setLook] = useState(GONE)
  const [attempt, again] = useReducer((count: number) => count + 1, 0)
  const decided = answer.approvals.filter(({ decision }) => decision).length
  const progress = `${attempt} ${answer.phase} ${decided}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: `progress` says when to look again
  useEffect(() => {
    const left = new AbortController()
    setLook(({ run }) => ({ run, failure: undefined, isLoading: true }))
    const reading = runId === undefined ? undefined : chat.lookUp(runId, left.signal)
    Promise.resolve(reading).then(
      (run) => {
        if (left.signal.aborted) return
        setLook({ run, failure: run ? undefined : EXPIRED, isLoading: false })
      },
      (error: unknown) => {
        if (left.signal.aborted) return
        setLook({ run: undefined, failure: toFailure(error), isLoading: false })
      }
    )
    return () => left.abort()
  }, [chat, runId, progress])
  return { ...look, again }
}

function WhyFailure(props: {
  readonly answer: Answer
  readonly failure: Failure
  readonly again: () => void
}): ReactNode {
  const { answer, failure, again } = props
  if (failure.code === 'RUN_NOT_FOUND') return <WhyExpired answer={answer} />
  return (
    <FailureText failure={failure}>
      <button type="button" onClick={again}>
        <RetryIcon /> Try again
      </button>
    </FailureText>
  )
}

function NoTools({ run }: { readonly run: RunView }) {
  if (isUnderWay(run)) return <p className="muted">No tool has been asked yet.</p>
  return (
    <p className="muted">
      No tool was asked, so nothing was read for this answer. It rests on what was said before in
      this conversation, or on the model alone.
    </p>
  )
}

function Again({ isLoading, again }: { readonly isLoading: boolean; readonly again: () => void }) {
  return (
    <p className="why-again">
      <span className="muted">This is how far it is.</span>
      <button type="button" className="why-copy" disabled={isLoading} onClick={again}>
        Look again
      </button>
    </p>
  )
}

function Loading() {
  return (
    <p className="why-loading muted" role="status">
      <span className="spinner" aria-hidden="true" /> Looking up what was done…
    </p>
  )
}
