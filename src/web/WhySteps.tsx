import { type ReactNode, useState } from 'react'
import { duration } from './tool-words.ts'
import { WhyStepItem } from './WhyStepItem.tsx'
import type { WhyEntry } from './why-entries.ts'
import { costWords, tokenWords } from './why-words.ts'

/** Entries on the page before "Show more", and with each of it. */
export const SHOWN_ENTRIES = 30

interface WhyStepsProps {
  readonly entries: readonly WhyEntry[]
  /** Who decided on actions. */
  readonly username: string | undefined
  /** What stands over them. */
  readonly children?: ReactNode
}

/** What was done, in order. */
export function WhySteps({ entries, username, children }: WhyStepsProps) {
  const [shown, setShown] = useState(SHOWN_ENTRIES)
  const more = entries.length - shown
  return (
    <>
      {children}
      {entries.length > 0 && (
        <ol className="why-steps" aria-label="What was done">
          {entries.slice(0, shown).map((entry) => (
            <li
              key={entry.id}
              className={entry.kind === 'model' ? 'why-model' : `why-step ${entry.state}`}
            >
              {entry.kind === 'model' ? (
                <ModelCall call={entry} />
              ) : (
                <WhyStepItem step={entry} username={username} />
              )}
            </li>
          ))}
        </ol>
      )}
      {more > 0 && (
        <button type="button" className="quiet" onClick={() => setShown(shown + SHOWN_ENTRIES)}>
          Show {Math.min(more, SHOWN_ENTRIES)} more of {entries.length}
        </button>
      )}
    </>
  )
}

function ModelCall({ call }: { readonly call: Extract<WhyEntry, { kind: 'model' }> }) {
  const { model, cost, durationMs, inputTokens, outputTokens } = call
  const facts = [
    ...(inputTokens + outputTokens > 0 ? [tokenWords(call)] : []),
    ...(cost === undefined ? [] : [`cost ${costWords(cost)}`]),
    duration(durationMs)
  ]
  return (
    <p>
      <span className="why-title">{model}</span> was asked
      <span className="why-facts">{facts.join(' · ')}</span>
    </p>
  )
}
