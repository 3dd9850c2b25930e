import { useId, useState } from 'react'
import { ChevronIcon } from './icons.tsx'

/** Says that the model does not read the whole conversation any more, and shows what it reads instead. */
export function SummaryNote({ summary }: { readonly summary: string }) {
  const [isOpen, setOpen] = useState(false)
  const detailsId = useId()
  return (
    <div className="summary-note" role="note">
      <button
        type="button"
        className="step-head"
        aria-expanded={isOpen}
        aria-controls={detailsId}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="step-label">Earlier messages were summarised</span>
        <span className="step-summary">for the model; nothing was deleted</span>
        <span className="chevron">
          <ChevronIcon />
        </span>
      </button>
      {isOpen && (
        <pre id={detailsId} className="summary-text">
          {summary}
        </pre>
      )}
    </div>
  )
}
