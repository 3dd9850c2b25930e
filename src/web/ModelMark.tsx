import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import type { Answer } from './message.ts'
import { useMessage } from './message-store.ts'

/** Which model answered: as a badge where the lab model takes over, by its name in the answers after. */
export function ModelMark({ answer }: { readonly answer: Answer }) {
  const before = useAnswerBefore(answer)
  const { model } = answer
  if (!model) return null
  const isSame = before?.model?.name === model.name && before.model.isLab === model.isLab
  if (!model.isLab || isSame) return <span>{model.name}</span>
  return (
    <span className="badge" title={model.name}>
      Lab model, not a language model
    </span>
  )
}

function useAnswerBefore(answer: Answer): Answer | undefined {
  const { messages } = useChat()
  const ids = useCell(messages.order)
  // Questions and answers alternate.
  const before = useMessage(messages, ids[ids.indexOf(answer.id) - 2] ?? '')
  return before?.kind === 'answer' ? before : undefined
}
