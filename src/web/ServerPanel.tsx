import type { ServerOption } from './api.ts'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { isSame, shownChoice } from './shown-choice.ts'

/** A box to tick for each MCP server that the user may choose. */
export function ServerPanel({ all }: { readonly all: readonly ServerOption[] }) {
  const chat = useChat()
  const { servers: chosen, standard, hasOwn } = shownChoice(useCell(chat.view))
  const isStandard = isSame(chosen, standard)
  const toggle = (serverId: string, isOn: boolean): void => {
    const next = all
      .map((server) => server.id)
      .filter((other) => {
        return other === serverId ? isOn : chosen.includes(other)
      })
    chat.choose({ servers: isSame(next, standard) ? null : next })
  }
  return (
    <>
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
      {hasOwn && (
        <button
          type="button"
          className="bar-button"
          disabled={isStandard}
          onClick={() => chat.choose({ servers: null })}
        >
          {isStandard ? 'As set for this model' : 'Back to the model’s own'}
        </button>
      )}
    </>
  )
}
