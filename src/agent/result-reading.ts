const MAX_MATCHES_SHOWN = 30
const MAX_MATCHES_COUNTED = 10_000
const CONTEXT_CHARACTERS = 160
/** What is said around a page or a list of matches. */
const FRAME_CHARACTERS = 300
const MIN_PAGE_CHARACTERS = 500

/** One page of a long text, counted from 1, and what is around it. */
export function pageOf(text: string, page: number, maxCharacters: number): string {
  const size = Math.max(MIN_PAGE_CHARACTERS, maxCharacters - FRAME_CHARACTERS)
  const pages = Math.max(1, Math.ceil(text.length / size))
  if (page > pages) return `There is no page ${page}: the result has ${pages}.`
  const from = (page - 1) * size
  const shown = text.slice(from, from + size)
  return `[Page ${page} of ${pages}, characters ${from + 1} to ${from + shown.length} of ${text.length}]\n${shown}`
}

/** Where a text holds a word, with what stands around it. Upper and lower case are the same. */
export function matchesIn(text: string, search: string, maxCharacters: number): string {
  const pattern = new RegExp(escaped(search), 'giu')
  const places: number[] = []
  let count = 0
  for (const { index } of text.matchAll(pattern)) {
    count += 1
    const isApart = index > (places.at(-1) ?? -CONTEXT_CHARACTERS - 1) + CONTEXT_CHARACTERS
    if (isApart && places.length < MAX_MATCHES_SHOWN) places.push(index)
    if (count >= MAX_MATCHES_COUNTED) break
  }
  if (count === 0) return `Nothing in the result holds "${search}".`
  return matchText({ text, count, places, width: search.length }, maxCharacters)
}

interface Matches {
  readonly text: string
  readonly count: number
  readonly places: readonly number[]
  readonly width: number
}

function matchText({ text, count, places, width }: Matches, maxCharacters: number): string {
  const room = maxCharacters - FRAME_CHARACTERS
  const shown: string[] = []
  let characters = 0
  for (const place of places) {
    const piece = text.slice(
      Math.max(0, place - CONTEXT_CHARACTERS),
      place + width + CONTEXT_CHARACTERS
    )
    characters += piece.length
    if (shown.length > 0 && characters > room) break
    shown.push(`[at character ${place + 1}]\n${piece}`)
  }
  const total = count >= MAX_MATCHES_COUNTED ? `at least ${count}` : String(count)
  return [`[${total} matches; ${shown.length} places are shown]`, ...shown].join('\n')
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
