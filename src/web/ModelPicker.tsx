import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'

export function ModelPicker() {
  const chat = useChat()
  const { options, model } = useCell(chat.view)
  if (!options) return null
  if (options.models.length === 0) return <span className="muted">No model is set up yet</span>
  const fallback = options.models.find((entry) => entry.isDefault) ?? options.models[0]
  return (
    <label className="picker">
      <span className="visually-hidden">Model</span>
      <select
        value={model ?? fallback?.id}
        onChange={(event) => chat.choose({ model: event.target.value })}
      >
        {options.models.map(({ id, name, status, isLab }) => (
          <option key={id} value={id}>
            {name}
            {isLab && !/\blab\b/i.test(name) ? ' (lab)' : ''}
            {status === 'Healthy' ? '' : ` · ${status}`}
          </option>
        ))}
      </select>
    </label>
  )
}
