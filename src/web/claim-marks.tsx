import type { ReactNode } from 'react'
import type { AgentEvent } from '../agent/agent-events.ts'
import { safeAddress } from './address.ts'

export type ClaimMark = Extract<AgentEvent, { name: 'claims' }>['value']['marks'][number]

// Private signs: Markdown takes them for letters, and nobody types them.
const OPEN = '\ue000'
const SHOWN = '\ue001'
const CLOSE = '\ue002'
const SHIFT = 0xe100
const MARKED = /\ue000([^\ue000-\ue002]*)\ue001([^\ue000-\ue002]*)\ue002/
/** Nobody but us writes them: a model that did could link to anywhere. */
const PRIVATE = /[\ue000-\uf8ff]/g
const STRAY = /[\ue000-\ue002]|[\ue120-\ue17e]+/g

/** Text whose marks are written into it, so that each block of Markdown carries its own. `at`: where it begins. */
export function withMarks(raw: string, at: number, marks: readonly ClaimMark[] = []): string {
  const text = raw.replace(PRIVATE, '\ufffd')
  let marked = ''
  let end = 0
  for (const { start, end: close, url = '', text: claim } of marks) {
    const from = start - at
    if (from < end || text.slice(from, close - at) !== claim) continue
    marked += text.slice(end, from) + OPEN + shifted(url, SHIFT) + SHOWN + claim + CLOSE
    end = close - at
  }
  return marked + text.slice(end)
}

/** The parts of marked text: plain, linked, or marked as not found. */
export function renderMarks(text: string): ReactNode {
  if (!text.includes(OPEN) && !text.includes(CLOSE)) return text
  const parts = text.split(MARKED)
  return parts.map((part, index) => {
    if (index % 3 === 1) return null
    if (index % 3 === 0) return part.replace(STRAY, '')
    const url = safeAddress(shifted(parts[index - 1] ?? '', -SHIFT))
    return url ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text have no identity but their place
      <a key={index} href={url} target="_blank" rel="noopener" className="fact">
        {part}
      </a>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <mark key={index} title="Not found in the data">
        {part}
        <span className="visually-hidden"> (not found in the data)</span>
      </mark>
    )
  })
}

/** Letters of an address, moved to where Markdown sees no signs in them. */
function shifted(text: string, by: number): string {
  return Array.from(text, (sign) => String.fromCharCode(sign.charCodeAt(0) + by)).join('')
}
