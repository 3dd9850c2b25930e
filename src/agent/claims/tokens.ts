import type { AnswerLine } from './answer-lines.ts'

/** A word of an answer, without the punctuation around it. */
export interface Token {
  readonly text: string
  readonly lower: string
  readonly start: number
  readonly end: number
  readonly line: AnswerLine
  readonly lineNumber: number
  readonly cell: number | undefined
  /** What stands between it and the token before it in the same line, or between it and the line's beginning. */
  readonly gap: string
  /** The two signs behind it. */
  readonly behind: string
  /** In the same line. */
  previous: Token | undefined
  next: Token | undefined
}

const WORD = /[/+\-−~≈]?[\p{L}\p{N}][\p{L}\p{M}\p{N}_.,:/+'’@\\%#$\u00a0\u202f\u2009-]*/gu
/** A longer one is no name, no number and no address. */
const MAX_WORD_CHARACTERS = 300
/** Of a number in groups, with the spaces between them. */
const MAX_NUMBER_CHARACTERS = 20
const TRAILING = /[.,:/+'’@\\#$_\u00a0\u202f\u2009-]+$/
const LEADING = /^[+\-−~≈]+|^\/(?!\d)/
/** Spaces belong into a number alone. */
const NARROW = /[\u00a0\u202f\u2009]/
const NUMBER_WITH_SPACES = /^\d{1,3}(?:[\u00a0\u202f\u2009]\d{3})+(?!\d)/
const POSSESSIVE = /['’]s?$/

export function* readTokens(lines: readonly AnswerLine[]): Generator<Token> {
  for (const [lineNumber, line] of lines.entries()) {
    if (line.kind === 'blank' || line.kind === 'rule') continue
    yield* tokensOf(line, lineNumber)
  }
}

function tokensOf(line: AnswerLine, lineNumber: number): Token[] {
  const tokens: Token[] = []
  let end = 0
  let cell = 0
  for (const { word, at } of wordsOf(line.text)) {
    const { text, lead } = trimmed(word)
    if (text === '') continue
    const start = at + lead
    const gap = line.text.slice(end, start)
    end = start + text.length
    cell += gap.split('|').length - 1
    const previous = tokens.at(-1)
    if (gap === ' ' && joinNumber(previous, text, line.start + end)) continue
    const token: Token = {
      ...{ text, lower: text.toLowerCase(), gap, line, lineNumber, previous, next: undefined },
      ...{ start: line.start + start, end: line.start + end },
      behind: line.text.slice(end, end + 2),
      cell: line.kind === 'table' ? cell : undefined
    }
    if (previous) previous.next = token
    tokens.push(token)
  }
  return tokens
}

function trimmed(word: string): { readonly text: string; readonly lead: number } {
  const lead = LEADING.exec(word)?.[0].length ?? 0
  const text = word.slice(lead).replace(TRAILING, '').replace(POSSESSIVE, '').replace(TRAILING, '')
  return { text, lead }
}

/** `128 431` is one number. Answers whether it was joined. */
function joinNumber(previous: Token | undefined, text: string, end: number): boolean {
  if (
    !previous ||
    previous.text.length > MAX_NUMBER_CHARACTERS ||
    !/^\d{3}$/.test(text) ||
    !/^\d{1,3}(?: \d{3})*$/.test(previous.text)
  )
    return false
  Object.assign(previous, { text: `${previous.text} ${text}`, end })
  return true
}

/** A hard space joins the groups of a number, and parts everything else. */
function* wordsOf(text: string): Generator<{ word: string; at: number }> {
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (word.length > MAX_WORD_CHARACTERS) continue
    if (NARROW.test(word)) yield* partsOf(word, index)
    else yield { word, at: index }
  }
}

function* partsOf(word: string, start: number): Generator<{ word: string; at: number }> {
  const joined = NUMBER_WITH_SPACES.exec(word)?.[0] ?? ''
  if (joined !== '') yield { word: joined, at: start }
  let at = start + joined.length
  for (const part of word.slice(joined.length).split(NARROW)) {
    if (part !== '') yield { word: part, at }
    at += part.length + 1
  }
}
