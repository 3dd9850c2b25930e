import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { shownChoice } from './shown-choice.ts'

export function ModelPicker() {
  const chat = useChat()
  const view = useCell(chat.view)
  const { options } = view
  if (!options) return null
  if (options.models.length === 0) return <span className="muted">No model is set up yet</span>
  return (
    <label className="picker">
      <span className="visually-hidden">Model</span>
      <select
        value={shownChoice(view).model}
        onChange={(event) => chat.choose({ model: event.target.value })}
      >
        {options.models.map(({ id, name, status, isLab, probe }) => (
          <option key={id} value={id} title={probe?.sentence}>
            {probe?.ok === false ? '⚠ ' : ''}
            {name}
            {isLab && !/\blab\b/i.test(name) ? ' (lab)' : ''}
            {status === 'Healthy' ? '' : ` · ${status}`}
          </option>
        ))}
      </select>
    </label>
  )
}
