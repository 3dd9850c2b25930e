import { focusQuestion } from './ConversationSidebar.tsx'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import type { ConversationList } from './conversation-list.ts'
import { PanelIcon, PlusIcon } from './icons.tsx'

interface ConversationBarProps {
  readonly list: ConversationList
  readonly show: () => void
}

/** Above the log while the conversations are out of sight. */
export function ConversationBar({ list, show }: ConversationBarProps) {
  const chat = useChat()
  const { conversationId } = useCell(chat.view)
  const { items } = useCell(list.view)
  const title = items.find(({ id }) => id === conversationId)?.title
  return (
    <div className="conversation-bar">
      <button
        type="button"
        className="icon-button"
        title="Show conversations"
        aria-label="Show conversations"
        onClick={show}
      >
        <PanelIcon />
      </button>
      <span className="conversation-title">{title ?? 'New conversation'}</span>
      <button
        type="button"
        className="icon-button"
        title="New conversation"
        aria-label="New conversation"
        onClick={(event) => {
          chat.newConversation()
          focusQuestion(event.currentTarget)
        }}
      >
        <PlusIcon />
      </button>
    </div>
  )
}
