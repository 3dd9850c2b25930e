import { type KeyboardEvent, useEffect, useRef } from 'react'
import { MAX_MESSAGE_CHARS } from './api.ts'
import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { CrossIcon, PlusIcon, SendIcon, StopIcon } from './icons.tsx'
import { ModelPicker } from './ModelPicker.tsx'
import { nounOf } from './nouns.ts'
import { ServerPicker } from './ServerPicker.tsx'

/** Characters left from which on the count is shown. */
const COUNT_FROM_CHARS = 1_000

export function Composer() {
  const chat = useChat()
  const { list } = chat
  const draft = useCell(chat.draft)
  const { openAnswerId, waitsToSend } = useCell(chat.view)
  const left = MAX_MESSAGE_CHARS - draft.length
  const maySend = draft.trim() !== '' && left >= 0 && !openAnswerId && !waitsToSend

  const send = (): void => {
    if (maySend) void chat.ask(draft)
  }
  return (
    <form
      className="composer column"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className="composer-box">
        <AboutChip />
        <QuestionField send={send} />
        <div className="composer-bar">
          {!list && <NewConversation />}
          <ModelPicker />
          <ServerPicker />
          <span className={left < 0 ? 'left over' : 'left'} role="status">
            {waitsToSend ? waitingWords(openAnswerId) : left < COUNT_FROM_CHARS && leftWords(left)}
          </span>
          {openAnswerId ? <StopButton /> : <SendButton disabled={!maySend} />}
        </div>
      </div>
    </form>
  )
}

function waitingWords(openAnswerId: string | undefined): string {
  return openAnswerId
    ? 'Sent when this answer is complete…'
    : 'Sent as soon as the service answers…'
}

function leftWords(left: number): string {
  const count = Math.abs(left).toLocaleString('en')
  return left < 0 ? `${count} characters too long` : `${count} characters left`
}

function QuestionField({ send }: { readonly send: () => void }) {
  const chat = useChat()
  const draft = useCell(chat.draft)
  const { openAnswerId } = useCell(chat.view)
  const placeholder = openAnswerId ? 'Type the next question…' : 'Ask about your network…'
  const field = useRef<HTMLTextAreaElement>(null)

  useEffect(() => field.current?.focus({ preventScroll: true }), [])

  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes a character, Enter only confirms it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <div className="grow" data-text={draft === '' ? placeholder : `${draft} `}>
      <textarea
        ref={field}
        rows={1}
        value={draft}
        aria-label="Your question"
        placeholder={placeholder}
        onChange={(event) => chat.setDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
    </div>
  )
}

function AboutChip() {
  const chat = useChat()
  const { about } = useCell(chat.view)
  if (!about) return null
  return (
    <span className="chip">
      About this {nounOf(about.objectType)}
      <button
        type="button"
        aria-label="Ask without this object"
        title="Ask without this object"
        onClick={() => chat.choose({ about: undefined })}
      >
        <CrossIcon />
      </button>
    </span>
  )
}

function NewConversation() {
  const chat = useChat()
  const ids = useCell(chat.messages.order)
  return (
    <button
      type="button"
      className="bar-button"
      title="New conversation"
      aria-label="New conversation"
      disabled={ids.length === 0}
      onClick={chat.newConversation}
    >
      <PlusIcon />
      <span className="wide-only">New</span>
    </button>
  )
}

function SendButton({ disabled }: { readonly disabled: boolean }) {
  return (
    <button
      type="submit"
      className="send"
      disabled={disabled}
      aria-label="Send"
      title="Send (Enter)"
    >
      <SendIcon />
    </button>
  )
}

function StopButton() {
  const chat = useChat()
  return (
    <button
      type="button"
      className="send stop"
      aria-label="Stop"
      title="Stop (Escape)"
      onClick={() => void chat.stop()}
    >
      <StopIcon />
    </button>
  )
}
