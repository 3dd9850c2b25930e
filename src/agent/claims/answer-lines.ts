import { PLACEHOLDER } from '../redaction-patterns.ts'

/** A line of an answer, with what cannot state anything blanked out. */
export interface AnswerLine {
  readonly text: string
  /** Offset in the answer. */
  readonly start: number
  readonly kind: 'prose' | 'list' | 'table' | 'rule' | 'blank'
  /** Lines of one paragraph, list or table share it; a blank line ends it. */
  readonly block: number
  /** Of a table's head. */
  readonly isHead: boolean
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/
/** Under the head of a table, or between paragraphs. */
const RULE = /^[\s|:-]+$/
const LIST_ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s/
/** Addresses of the web, destinations of links, tags: none of it is a statement. */
const SILENT = /\]\([^)\n]{0,500}\)|<[a-z/!][^>\n]{0,200}>|\b(?:https?|ftp|mailto):[^\s)>\]]+/gi
/** Somebody's words: `Ask “How many devices are at AMS01?”`. A name in quotes has fewer. */
const QUOTED = /[“„"][^“”„"\n]{3,300}[”“"]/g
const MIN_QUOTED_WORDS = 4
const CODE_SPAN = /`[^`\n]{1,500}`/g
/** Code in the middle of a sentence: commands, filters and fields; a name in code signs is a name all the same. */
const IS_CODE =
  /\s|[=$(){}<>;|&"*]|^[-/.]|^[a-z][a-z_]*[0-9]?$|^[a-z]+(?:_[a-z0-9]+)+$|^[a-z_]+\.[a-z_.]+$/

const blank = (text: string) => ' '.repeat(text.length)

/** The lines of an answer. Offsets stay what they are: what is left out is replaced by as many spaces. */
export function readLines(answer: string): AnswerLine[] {
  const raw = answer.split('\n')
  const shown = maskFences(raw).map(maskInline)
  const lines: AnswerLine[] = []
  let start = 0
  let block = 0
  shown.forEach((text, index) => {
    const kind = kindOf(text)
    const before = lines.at(-1)?.kind
    const goesOn = before === kind || (kind === 'rule' && before === 'table') || before === 'rule'
    if (!goesOn && !(kind === 'prose' && before === 'list' && /^\s/.test(text))) block += 1
    const isHead = kind === 'table' && isRule(shown[index + 1] ?? '')
    lines.push({ text, start, kind, block, isHead })
    start += (raw[index] ?? '').length + 1
  })
  return lines
}

function isRule(text: string): boolean {
  return (text.includes('--') || text.includes('|-')) && RULE.test(text)
}

function kindOf(text: string): AnswerLine['kind'] {
  if (text.trim() === '') return 'blank'
  if (isRule(text)) return 'rule'
  if (/^\s*\|/.test(text) || text.split('|').length > 2) return 'table'
  return LIST_ITEM.test(text) ? 'list' : 'prose'
}

function maskFences(lines: readonly string[]): string[] {
  let open: string | undefined
  return lines.map((line) => {
    const fence = FENCE.exec(line)?.[1]
    if (open === undefined && fence === undefined) return line
    if (open === undefined) open = fence
    else if (fence?.startsWith(open)) open = undefined
    return blank(line)
  })
}

function maskInline(line: string): string {
  return line
    .replace(CODE_SPAN, (span) => (IS_CODE.test(span.slice(1, -1)) ? blank(span) : span))
    .replace(PLACEHOLDER, blank)
    .replace(SILENT, blank)
    .replace(QUOTED, (text) => (text.split(' ').length >= MIN_QUOTED_WORDS ? blank(text) : text))
}
