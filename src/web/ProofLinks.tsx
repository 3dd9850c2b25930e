import { useState } from 'react'
import type { ProofLink } from '../tool-server.ts'
import { safeAddress } from './address.ts'
import { LinkIcon } from './icons.tsx'

/** Lists in sight: each shows all that one tool call has seen. */
export const SHOWN_LISTS = 4
/** Single objects in sight; the rest is one click away. */
export const SHOWN_OBJECTS = 4

interface ProofLinksProps {
  readonly links: readonly ProofLink[]
  readonly label: string
}

/** Links that the service's own code has made from tool results: lists first, then some of the objects. */
export function ProofLinks({ links, label }: ProofLinksProps) {
  const [isOpen, setOpen] = useState(false)
  const usable = distinct(links)
  if (usable.length === 0) return null
  const lists = usable.filter(isList)
  const objects = usable.filter((link) => !isList(link))
  const brief = [...lists.slice(0, SHOWN_LISTS), ...objects.slice(0, SHOWN_OBJECTS)]
  const more = usable.length - brief.length
  return (
    <ul className="proof" aria-label={label}>
      {(isOpen ? [...lists, ...objects] : brief).map(({ label: text, url }) => (
        <li key={url}>
          <a href={url} target="_blank" rel="noopener" title={`Open in Nautobot: ${text}`}>
            <LinkIcon />
            <span>{text}</span>
          </a>
        </li>
      ))}
      {more > 0 && (
        <li>
          <button
            type="button"
            className="quiet"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? 'Fewer' : `+${more} more`}
          </button>
        </li>
      )}
    </ul>
  )
}

/** A list's address carries its filters; an object's ends with its id. */
function isList({ url }: ProofLink): boolean {
  return URL.parse(url)?.search !== ''
}

function distinct(links: readonly ProofLink[]): readonly ProofLink[] {
  const byUrl = new Map<string, ProofLink>()
  for (const link of links) {
    const url = safeAddress(link.url)
    if (url && !byUrl.has(url)) byUrl.set(url, { label: link.label, url })
  }
  return [...byUrl.values()]
}
