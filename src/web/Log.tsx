import { useEffect, useState } from 'react'
import { Answer } from './Answer.tsx'
import { useCell } from './cell.ts'
import { useChat, usePinnedScroll } from './chat-hooks.ts'
import { EmptyState } from './EmptyState.tsx'
import { FailureText } from './FailureBox.tsx'
import { DownIcon, RetryIcon } from './icons.tsx'
import { useMessage } from './message-store.ts'
import { Question } from './Question.tsx'

/** Messages on the page before "Show earlier". */
export const SHOWN_MESSAGES = 50

export function Log() {
  const chat = useChat()
  const ids = useCell(chat.messages.order)
  const [shown, setShown] = useState(SHOWN_MESSAGES)
  const { scroller, content, isPinned, scrollToEnd } = usePinnedScroll(ids.length > 0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new question brings the end back into sight
  useEffect(() => {
    // Who turns to another version of a question stays where it is.
    if (!chat.view.get().switched) scrollToEnd()
  }, [ids.at(-1), chat, scrollToEnd])

  const hidden = Math.max(0, ids.length - shown)
  return (
    <div className="log-frame">
      <div
        className="log"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label="Conversation"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls only what it can reach
        tabIndex={0}
      >
        <div className="column" ref={content}>
          {ids.length === 0 && <NoMessages />}
          {hidden > 0 && (
            <button
              type="button"
              className="quiet earlier"
              onClick={() => setShown(shown + SHOWN_MESSAGES)}
            >
              Show earlier ({hidden})
            </button>
          )}
          {ids.slice(hidden).map((id) => (
            <Message key={id} id={id} />
          ))}
        </div>
      </div>
      {!isPinned && (
        <button type="button" className="to-end" onClick={scrollToEnd}>
          <DownIcon /> Latest
        </button>
      )}
    </div>
  )
}

/** Before the first question; while a conversation is read; or why it could not be. */
function NoMessages() {
  const chat = useChat()
  const { isReading, readFailure, conversationId } = useCell(chat.view)
  if (isReading) {
    return (
      <div className="log-skeleton" role="status" aria-label="Opening the conversation">
        <span />
        <span />
        <span />
      </div>
    )
  }
  if (!readFailure || !conversationId) return <EmptyState />
  return (
    <FailureText failure={readFailure}>
      {readFailure.code === 'CONVERSATION_NOT_FOUND' ? (
        <button type="button" onClick={chat.newConversation}>
          New conversation
        </button>
      ) : (
        <button type="button" onClick={() => void chat.open(conversationId)}>
          <RetryIcon /> Try again
        </button>
      )}
    </FailureText>
  )
}

function Message({ id }: { readonly id: string }) {
  const message = useMessage(useChat().messages, id)
  if (!message) return null
  return message.kind === 'question' ? <Question question={message} /> : <Answer answer={message} />
}
