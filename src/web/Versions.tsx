import { useEffect, useRef, useState } from 'react'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { ChevronIcon } from './icons.tsx'

interface VersionsProps {
  /** In order of asking. */
  readonly ids: readonly string[]
  readonly shown: string
}

/** Leads to the other questions that were asked in this place, each with what came after it. */
export function Versions({ ids, shown }: VersionsProps) {
  const chat = useChat()
  const { openAnswerId, isReading, switched } = useCell(chat.view)
  const [failure, setFailure] = useState<string>()
  const group = useRef<HTMLDivElement>(null)
  const place = ids.indexOf(shown)

  const isLocked = openAnswerId !== undefined || isReading

  useEffect(() => {
    if (switched?.to === shown && !isLocked && group.current) takeFocus(group.current, switched.by)
  }, [switched, shown, isLocked])

  const step = (by: 1 | -1, label: string) => {
    const id = ids[place + by]
    return (
      <button
        type="button"
        className="icon-button"
        title={label}
        aria-label={label}
        disabled={!id || isLocked}
        onClick={async () => setFailure(id && (await chat.showVersion(id, by)))}
      >
        <ChevronIcon />
      </button>
    )
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div className="versions" role="group" aria-label="Versions of this question" ref={group}>
      {failure}
      {step(-1, 'Previous version')}
      {place + 1} / {ids.length}
      {step(1, 'Next version')}
    </div>
  )
}

/** The button that was pressed is gone: a keyboard goes on from its successor, or at the end from the way back. */
function takeFocus(group: HTMLElement, by: 1 | -1): void {
  const { activeElement } = group.getRootNode() as Document | ShadowRoot
  if (activeElement && activeElement !== document.body) return
  const buttons = [...group.querySelectorAll('button')]
  const inOrder = by > 0 ? buttons.reverse() : buttons
  inOrder.find(({ disabled }) => !disabled)?.focus()
}
