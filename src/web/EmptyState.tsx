import { useCell } from './cell.ts'
import { useChat } from './chat-hooks.ts'
import { nounOf } from './nouns.ts'

const EXAMPLES = [
  'How many devices are there, by role?',
  'Which devices have no primary IP address?',
  'Which VLANs are there at each location?',
  'List the prefixes that are in use',
  'Who changed what this week?',
  'What can you do?'
] as const

const OBJECT_EXAMPLES = [
  'Tell me about this',
  'What changed here this week?',
  'Who changed this last?'
] as const

export function EmptyState() {
  const chat = useChat()
  const { about, options } = useCell(chat.view)
  const examples = about
    ? OBJECT_EXAMPLES.map((text) => named(text, nounOf(about.objectType)))
    : EXAMPLES
  return (
    <div className="empty">
      <h2>What do you want to know about your network?</h2>
      <p>
        Answers come from Nautobot’s own data, as{' '}
        {options ? <strong>{options.identity.username}</strong> : 'you'} may see it, and link to the
        pages that prove them.
      </p>
      <ul className="examples">
        {examples.map((text) => (
          <li key={text}>
            <button type="button" disabled={!options} onClick={() => void chat.ask(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function named(text: string, noun: string): string {
  return text.replace(/\bthis\b(?! week)/, `this ${noun}`)
}
