import { type FocusEvent, type KeyboardEvent, useId, useRef, useState } from 'react'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { ServersIcon } from './icons.tsx'
import { Late } from './Late.tsx'
import { shownChoice } from './shown-choice.ts'

const loadPanel = () => import('./ServerPanel.tsx')

/** Which MCP servers the next questions may use, beside Nautobot itself. */
export function ServerPicker() {
  const chat = useChat()
  const view = useCell(chat.view)
  const all = view.options?.mcpServers ?? []
  const opener = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const panelId = useId()
  if (all.length === 0) return null
  const { servers: chosen } = shownChoice(view)

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !isOpen) return
    // Not also a stop of the running answer.
    event.preventDefault()
    setOpen(false)
    opener.current?.focus()
  }
  const onBlur = (event: FocusEvent<HTMLElement>): void => {
    if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: closes when the focus leaves, or on Escape
    <span className="servers" onKeyDown={onKeyDown} onBlur={onBlur}>
      <button
        ref={opener}
        type="button"
        className="bar-button"
        aria-expanded={isOpen}
        aria-controls={panelId}
        title="MCP servers"
        onClick={() => setOpen(!isOpen)}
      >
        <ServersIcon />
        <span>
          {all.length > 1 && chosen.length === all.length ? 'All' : chosen.length}
          <span className="wide-only"> {chosen.length === 1 ? 'server' : 'servers'}</span>
        </span>
      </button>
      {isOpen && (
        <fieldset className="panel" id={panelId}>
          <Late load={loadPanel}>{({ ServerPanel }) => <ServerPanel all={all} />}</Late>
        </fieldset>
      )}
    </span>
  )
}
