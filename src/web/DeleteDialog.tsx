import { useEffect, useId, useRef } from 'react'
import { useChat } from './chat-hooks.ts'
import type { ConversationSummary } from './conversation-api.ts'
import { useSheet } from './sheets.ts'
import css from './styles/dialog.css?inline'

interface DeleteDialogProps {
  readonly conversation: ConversationSummary
  /** Takes the dialog off the page. */
  readonly close: () => void
}

/** Asks before a conversation is gone for good. */
export function DeleteDialog({ conversation, close }: DeleteDialogProps) {
  const chat = useChat()
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => dialog.current?.showModal(), [])
  const { id, title, runId } = conversation
  return (
    <div ref={useSheet(css)}>
      <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={close}>
        <p className="dialog-title" id={titleId}>
          Delete this conversation?
        </p>
        <p>
          “<strong>{title}</strong>” and its answers are gone for good.
          {runId && ' The answer being written is stopped.'}
        </p>
        <div className="dialog-actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button
            type="button"
            className="danger"
            onClick={() => {
              // Its entry, which would get the focus back, goes away with it.
              const next = dialog.current
                ?.closest('nav')
                ?.querySelector<HTMLElement>('.new-conversation')
              dialog.current?.close()
              void chat.remove(id).then((isGone) => isGone && next?.focus())
            }}
          >
            Delete
          </button>
        </div>
      </dialog>
    </div>
  )
}
