import { type KeyboardEvent, useState } from 'react'
import { MAX_MESSAGE_CHARS } from './api.ts'
import { focusQuestion } from './ConversationSidebar.tsx'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import type { Question } from './message.ts'

interface QuestionEditorProps {
  readonly question: Question
  readonly end: () => void
}

/** Enter asks, Escape goes back; what was typed is there again when the editor is. */
export function QuestionEditor({ question: { id, text: asked }, end }: QuestionEditorProps) {
  const chat = useChat()
  const { openAnswerId, isReading, options } = useCell(chat.view)
  const [text, setText] = useState(chat.edits.get(id) ?? asked)
  const isTooLong = text.length > MAX_MESSAGE_CHARS
  const maySend = text.trim() !== '' && !isTooLong && !openAnswerId && !isReading && options

  const send = (form: Element): void => {
    if (!maySend) return
    focusQuestion(form)
    void chat.askInstead(id, text)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      send(event.currentTarget)
    }
    if (event.key !== 'Escape') return
    // Not also the running answer.
    event.preventDefault()
    end()
  }
  return (
    <form
      className="composer-box question-editor"
      onSubmit={(event) => {
        event.preventDefault()
        send(event.currentTarget)
      }}
    >
      <div className="grow" data-text={`${text} `}>
        <textarea
          rows={1}
          aria-label="Edit this question"
          value={text}
          // biome-ignore lint/a11y/noAutofocus: it opens where a person has asked for it
          autoFocus
          onFocus={({ target }) => target.setSelectionRange(text.length, text.length)}
          onChange={({ target }) => {
            chat.edits.set(id, target.value)
            setText(target.value)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="question-editor-bar">
        <span className="left over">{isTooLong && 'Too long'}</span>
        <button type="button" className="quiet" onClick={end}>
          Cancel
        </button>
        <button type="submit" className="quiet" disabled={!maySend}>
          Ask
        </button>
      </div>
    </form>
  )
}
