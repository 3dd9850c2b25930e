import { useRef } from 'react'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { PencilIcon } from './icons.tsx'
import type { Question as QuestionMessage } from './message.ts'
import { nounOf } from './nouns.ts'
import { QuestionEditor } from './QuestionEditor.tsx'
import { Versions } from './Versions.tsx'

export function Question({ question }: { readonly question: QuestionMessage }) {
  const chat = useChat()
  const { editing, openAnswerId } = useCell(chat.view)
  const opener = useRef<HTMLButtonElement>(null)
  const { id, text, about, messageId, versions } = question

  const endEditing = (): void => {
    chat.choose({ editing: undefined })
    // The editor is gone with the next drawing; a keyboard goes on from here.
    requestAnimationFrame(() => opener.current?.focus())
  }
  return (
    <article className="question" aria-label="Question">
      {about && <div className="about-mark">About this {nounOf(about.objectType)}</div>}
      {editing === id ? (
        <QuestionEditor question={question} end={endEditing} />
      ) : (
        <div className="asked">
          <button
            ref={opener}
            type="button"
            className="icon-button"
            title="Edit"
            aria-label="Edit this question"
            disabled={openAnswerId !== undefined}
            onClick={() => chat.choose({ editing: id })}
          >
            <PencilIcon />
          </button>
          <div className="bubble">{text}</div>
        </div>
      )}
      {chat.list && versions && versions.length > 1 && messageId && (
        <Versions ids={versions} shown={messageId} />
      )}
    </article>
  )
}
