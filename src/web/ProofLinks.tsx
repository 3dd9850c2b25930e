import { useState } from 'react'
import type { ProofLink } from '../tool-server.ts'
import { safeAddress } from './address.ts'
import { LinkIcon } from './icons.tsx'

/** Links in sight; the rest is one click away. */
export const SHOWN_LINKS = 6

interface ProofLinksProps {
  readonly links: readonly ProofLink[]
  readonly label: string
}

/** Links that the service's own code has made from tool results. */
export function ProofLinks({ links, label }: ProofLinksProps) {
  const [all, setAll] = useState(false)
  const usable = distinct(links)
  if (usable.length === 0) return null
  const shown = all ? usable : usable.slice(0, SHOWN_LINKS)
  return (
    <ul className="proof" aria-label={label}>
      {shown.map(({ label: text, url }) => (
        <li key={url}>
          <a href={url} target="_blank" rel="noopener" title={`Open in Nautobot: ${text}`}>
            <LinkIcon />
            <span>{text}</span>
          </a>
        </li>
      ))}
      {shown.length < usable.length && (
        <li>
          <button type="button" className="quiet" onClick={() => setAll(true)}>
            {usable.length - shown.length} more
          </button>
        </li>
      )}
    </ul>
  )
}

function distinct(links: readonly ProofLink[]): readonly ProofLink[] {
  const byUrl = new Map<string, ProofLink>()
  for (const link of links) {
    const url = safeAddress(link.url)
    if (url && !byUrl.has(url)) byUrl.set(url, { label: link.label, url })
  }
  return [...byUrl.values()]
}
