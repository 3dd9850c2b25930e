import { useState } from 'react'
import { CodeBlock } from './CodeBlock.tsx'
import { useChat } from './chat-hooks.ts'
import { CheckIcon, CrossIcon } from './icons.tsx'
import { type Answer, type Approval, undecided } from './message.ts'
import { pretty, toolLabel, visible } from './tool-words.ts'

type Verdict = NonNullable<Approval['decision']>

const MAX_REASON_CHARS = 500
const CHOICES = [
  ['approve', 'Approve', <CheckIcon key="approve" />],
  ['reject', 'Reject', <CrossIcon key="reject" />]
] as const

/** What the run waits for. Nothing of it is carried out before a person has decided on all of it. */
export function Approvals({ answer }: { readonly answer: Answer }) {
  const chat = useChat()
  const [reason, setReason] = useState('')
  const [isSending, setSending] = useState(false)
  const [problem, setProblem] = useState<string>()
  const open = undecided(answer)
  const actions = open.length === 1 ? 'This action waits' : `${open.length} actions wait`

  async function decide(chosen: readonly Approval[], decision: Verdict): Promise<void> {
    setSending(true)
    const why = decision === 'reject' && reason.trim()
    const decisions = chosen.map(({ toolCallId }) => ({
      toolCallId,
      decision,
      ...(why && { reason: why })
    }))
    setProblem(await chat.decide(answer.id, decisions))
    setSending(false)
  }

  const buttons = (chosen: readonly Approval[], about: string) => (
    <div className="notice-actions">
      {CHOICES.map(([decision, word, icon]) => (
        <button
          key={decision}
          type="button"
          aria-label={`${word} ${about}`}
          disabled={isSending || answer.stopping}
          onClick={() => void decide(chosen, decision)}
        >
          {icon} {word}
          {chosen.length > 1 && ' all'}
        </button>
      ))}
    </div>
  )

  return (
    <section className="approvals" aria-label="Waiting for your approval">
      <p>
        <strong>{actions} for your approval.</strong> Nothing is carried out before you decide.
      </p>
      {answer.approvals.map((action) => {
        const label = toolLabel(action.name)
        return (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out like this
          <div key={action.toolCallId} role="group" aria-label={label} className="approval">
            <p>
              <strong>{label}</strong>
              <span className="muted"> of {action.server}</span>
            </p>
            <CodeBlock
              language="Arguments"
              label={`Arguments of ${label}`}
              text={visible(pretty(JSON.stringify(action.arguments)))}
            />
            {action.decision
              ? action.decision === 'approve'
                ? 'Approved'
                : 'Rejected'
              : buttons([action], label)}
          </div>
        )
      })}
      <input
        aria-label="Reason for a rejection"
        placeholder="Reason for a rejection, if you like"
        maxLength={MAX_REASON_CHARS}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      {open.length > 1 && buttons(open, 'all')}
      {problem && <p role="alert">{problem}</p>}
    </section>
  )
}
