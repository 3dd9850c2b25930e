import { useState } from 'react'
import { useCell } from './cell.ts'
import { useChat, useSeconds } from './chat-hooks.ts'
import { FailureText } from './FailureBox.tsx'
import { CrossIcon, RetryIcon } from './icons.tsx'

/** What concerns the whole chat: the service is away, its version differs, another answer is running. */
export function Notices() {
  const chat = useChat()
  const { failure, loading, nextLoadMs } = useCell(chat.view)
  return (
    <div className="notices column">
      {failure && (
        <FailureText failure={failure}>
          <button type="button" disabled={loading} onClick={() => void chat.load()}>
            <RetryIcon /> {loading ? 'Trying…' : 'Try again'}
          </button>
          {nextLoadMs !== undefined && <NextLoad delayMs={nextLoadMs} />}
        </FailureText>
      )}
      <VersionNotice />
      <BusyNotice />
    </div>
  )
}

function NextLoad({ delayMs }: { readonly delayMs: number }) {
  const seconds = useSeconds(true)
  const left = Math.max(1, Math.round(delayMs / 1_000) - seconds)
  return <span className="muted">Trying again by itself in {left} s</span>
}

function VersionNotice() {
  const chat = useChat()
  const { options } = useCell(chat.view)
  const [isDismissed, setDismissed] = useState(false)
  if (!options || options.version === chat.version || isDismissed) return null
  return (
    <div className="notice" role="note">
      <span>
        The chat is version {chat.version}, the service {options.version}: ask an administrator to
        update the shim.
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label="Dismiss"
        title="Dismiss"
        onClick={() => setDismissed(true)}
      >
        <CrossIcon />
      </button>
    </div>
  )
}

function BusyNotice() {
  const chat = useChat()
  const { busyRunId } = useCell(chat.view)
  if (!busyRunId) return null
  return (
    <div className="notice" role="note">
      <span>
        Another answer is being written in this conversation. Your question is kept below.
      </span>
      <span className="notice-actions">
        <button type="button" onClick={() => void chat.followBusy()}>
          Show it
        </button>
        <button type="button" onClick={() => void chat.stopBusy()}>
          Stop the running answer
        </button>
      </span>
    </div>
  )
}
