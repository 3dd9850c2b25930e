import type { ProofLink } from '../../tool-server.ts'
import type { Claim } from './claim.ts'

/** Finds the page of Nautobot that shows a claim; only links that a tool of our own has made. */
export interface ClaimLinks {
  /** `line`: all of the line that the claim stands in. */
  urlOf(claim: Claim, line: string): string | undefined
}

interface ListLink {
  readonly url: string
  /** Words before the number: `devices, ams01`. */
  readonly words: readonly string[]
}

const COUNTED = /^(.*): (\d+)$/

/** `links`: oldest first; of two for the same, the newer one counts. */
export function createClaimLinks(links: readonly ProofLink[]): ClaimLinks {
  const objects = new Map<string, string>()
  const lists = new Map<string, ListLink[]>()
  for (const { label, url } of links) {
    if (!URL.parse(url)?.search) noteObject(objects, label, url)
    const [, words = '', count] = COUNTED.exec(label) ?? []
    if (count !== undefined) {
      const list = { url, words: words.toLowerCase().split(/[,\s]+/) }
      lists.set(count, [...(lists.get(count) ?? []).filter((one) => one.url !== url), list])
    }
  }
  return {
    urlOf(claim, line) {
      if (claim.kind !== 'number') return objects.get(claim.text.toLowerCase())
      if (claim.isPercent || claim.hasUnit || claim.isLiteral) return undefined
      const candidates = claim.readings.flatMap(({ value }) => lists.get(String(value)) ?? [])
      return bestOf(candidates, line.toLowerCase())
    }
  }
}

/** A label is the kind of thing, in one word or several, and its name: `device type MX204`. */
function noteObject(objects: Map<string, string>, label: string, url: string): void {
  const words = label.toLowerCase().split(' ')
  for (let first = 1; first < words.length; first += 1) {
    objects.set(words.slice(first).join(' '), url)
  }
}

/** Of several lists with this number, the one whose words stand beside it; none where that is open. */
function bestOf(candidates: readonly ListLink[], line: string): string | undefined {
  const [only, ...others] = candidates
  if (others.length === 0) return only?.url
  const scored = candidates.map(({ url, words }) => ({
    url,
    score: words.filter((word) => line.includes(word)).length
  }))
  const [best, next] = scored.toSorted((left, right) => right.score - left.score)
  return best && best.score > (next?.score ?? 0) ? best.url : undefined
}
