import { type FocusEvent, type KeyboardEvent, useId, useRef, useState } from 'react'
import type { ServerOption } from './api.ts'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { ServersIcon } from './icons.tsx'

/** Which MCP servers the next questions may use, beside Nautobot itself. */
export function ServerPicker() {
  const chat = useChat()
  const { options, servers } = useCell(chat.view)
  const all = options?.mcpServers ?? []
  const opener = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const panelId = useId()
  if (all.length === 0) return null
  const chosen = servers ?? all.map(({ id }) => id)

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
      {isOpen && <Panel id={panelId} all={all} chosen={chosen} />}
    </span>
  )
}

interface PanelProps {
  readonly id: string
  readonly all: readonly ServerOption[]
  readonly chosen: readonly string[]
}

function Panel({ id, all, chosen }: PanelProps) {
  const chat = useChat()
  const toggle = (serverId: string, isOn: boolean): void => {
    const next = all
      .map((server) => server.id)
      .filter((other) => {
        return other === serverId ? isOn : chosen.includes(other)
      })
    chat.choose({ servers: next.length === all.length ? undefined : next })
  }
  return (
    <fieldset className="panel" id={id}>
      <legend>MCP servers, beside Nautobot</legend>
      {all.map((server) => (
        <label key={server.id}>
          <input
            type="checkbox"
            checked={chosen.includes(server.id)}
            onChange={(event) => toggle(server.id, event.target.checked)}
          />
          <span>{server.name}</span>
          {server.status !== 'Healthy' && <span className="muted">{server.status}</span>}
        </label>
      ))}
    </fieldset>
  )
}
