import { CopyButton } from './CopyButton.tsx'
import { ScrollBox } from './ScrollBox.tsx'

interface CodeBlockProps {
  /** What stands over it. */
  readonly language: string
  readonly text: string
  /** Its name for screen readers. */
  readonly label?: string
  /** Characters on the page; copying takes all of them. */
  readonly shownChars?: number
}

export function CodeBlock({ language, text, label = 'Code', shownChars }: CodeBlockProps) {
  const isCut = shownChars !== undefined && text.length > shownChars
  return (
    <figure className="code">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={() => text} label={`Copy ${label.toLowerCase()}`} />
      </figcaption>
      <ScrollBox className="code-scroll" label={label}>
        <pre>
          <code>{isCut ? `${text.slice(0, shownChars)}\n… copy it to see the rest` : text}</code>
        </pre>
      </ScrollBox>
    </figure>
  )
}
