const MAX_TITLE_CHARACTERS = 80
const ELLIPSIS = '…'
const UNTITLED = 'Untitled conversation'

/** A conversation as a list shows it. */
export interface ConversationSummary {
  readonly id: string
  readonly title: string
  /** Milliseconds since 1970, like `updatedAt`. */
  readonly createdAt: number
  /** When the newest question was asked. */
  readonly updatedAt: number
  /** The run under way. */
  readonly runId: string | undefined
}

/** Where a page ended. A conversation that is asked meanwhile moves to the front, the others stay. */
export type ConversationPlace = Pick<ConversationSummary, 'id' | 'updatedAt'>

export interface ConversationQuery {
  readonly limit: number
  readonly after: ConversationPlace | undefined
  /** Part of the title; case does not matter. */
  readonly search: string | undefined
}

export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[]
  /** Undefined on the last page. */
  readonly next: ConversationPlace | undefined
}

/** A title for a conversation: its first question in one line, cut at a word. */
export function titleOf(question: string): string {
  const line = oneLine(question)
  const characters = Array.from(line)
  if (characters.length <= MAX_TITLE_CHARACTERS) return line || UNTITLED
  const head = characters.slice(0, MAX_TITLE_CHARACTERS - ELLIPSIS.length)
  const isWordCut = characters[head.length] !== ' '
  const end = isWordCut ? head.lastIndexOf(' ') : head.length
  // One endless word is cut in the middle.
  const kept = end > 0 ? head.slice(0, end) : head
  return `${kept.join('').trimEnd()}${ELLIPSIS}`
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Searches and pages what a user has, newest first: one user's conversations are few. */
export function pageOf(
  all: readonly ConversationSummary[],
  { limit, after, search }: ConversationQuery
): ConversationPage {
  const wanted = search?.toLowerCase()
  const found = all
    .filter(({ title }) => wanted === undefined || title.toLowerCase().includes(wanted))
    .filter((summary) => after === undefined || byNewest(after, summary) < 0)
    .sort(byNewest)
  const conversations = found.slice(0, limit)
  const last = conversations.at(-1)
  const next = last && found.length > limit ? { id: last.id, updatedAt: last.updatedAt } : undefined
  return { conversations, next }
}

/** Questions of the same millisecond have an order too, or a page could skip one. */
function byNewest(left: ConversationPlace, right: ConversationPlace): number {
  if (left.updatedAt !== right.updatedAt) return right.updatedAt - left.updatedAt
  if (left.id === right.id) return 0
  return left.id < right.id ? 1 : -1
}
