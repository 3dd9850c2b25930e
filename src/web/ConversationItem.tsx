import { type KeyboardEvent, memo, useRef, useState } from 'react'
import { ConversationMenu } from './ConversationMenu.tsx'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { type ConversationSummary, MAX_TITLE_CHARS } from './conversation-api.ts'

interface ConversationItemProps {
  readonly conversation: ConversationSummary
  readonly leave: () => void
  readonly askDelete: () => void
}

export function ConversationItem({ conversation, leave, askDelete }: ConversationItemProps) {
  const chat = useChat()
  const { conversationId } = useCell(chat.view)
  const { id, title, runId } = conversation
  const opener = useRef<HTMLButtonElement>(null)
  const [isRenaming, setRenaming] = useState(false)
  const isCurrent = id === conversationId

  const endRenaming = (): void => {
    setRenaming(false)
    // The field is gone with the next drawing; a keyboard goes on from here.
    requestAnimationFrame(() => opener.current?.focus())
  }
  if (isRenaming) {
    return (
      <li className="conversation renaming">
        <TitleField conversation={conversation} end={endRenaming} />
      </li>
    )
  }
  return (
    <li className={isCurrent ? 'conversation current' : 'conversation'}>
      <button
        ref={opener}
        type="button"
        className="conversation-open"
        title={title}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={() => {
          leave()
          void chat.open(id)
        }}
      >
        {runId && <Running />}
        <span className="conversation-name">{title}</span>
      </button>
      <ConversationMenu
        conversation={conversation}
        rename={() => setRenaming(true)}
        askDelete={askDelete}
      />
    </li>
  )
}

const Running = memo(function Running() {
  return (
    <span className="conversation-running">
      <span className="spinner" aria-hidden="true" />
      <span className="visually-hidden">Being answered: </span>
    </span>
  )
})

interface TitleFieldProps {
  readonly conversation: ConversationSummary
  readonly end: () => void
}

/** Enter and leaving keep the new title, Escape does not. */
function TitleField({ conversation, end }: TitleFieldProps) {
  const chat = useChat()
  const [title, setTitle] = useState(conversation.title)
  const isOver = useRef(false)

  const finish = (isKept: boolean): void => {
    if (isOver.current) return
    isOver.current = true
    end()
    const isChanged = title.trim() !== '' && title.trim() !== conversation.title
    if (isKept && isChanged) void chat.rename(conversation.id, title)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') finish(true)
    if (event.key !== 'Escape') return
    // Not also the drawer.
    event.preventDefault()
    finish(false)
  }
  return (
    <input
      type="text"
      aria-label="Title"
      maxLength={MAX_TITLE_CHARS}
      autoComplete="off"
      value={title}
      ref={(field) => field?.focus()}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTitle(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => finish(true)}
    />
  )
}
