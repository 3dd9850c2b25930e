import { Lexer } from 'marked'
import remend from 'remend'

/** A tail that never closes a block is cut here all the same, so each update stays cheap. */
export const MAX_TAIL_CHARS = 65_536

interface Cut {
  readonly done: readonly string[]
  readonly tail: string
}

/**
 * Cuts finished blocks off the front of streaming Markdown. Only whole lines are judged: half a line can
 * still turn a paragraph into a list item or a table.
 */
export function cutBlocks(text: string): Cut {
  const source = text.replaceAll('\r\n', '\n')
  const end = source.lastIndexOf('\n') + 1
  if (end === 0) return overflow(source)
  const raws = blockRaws(source.slice(0, end))
  const open = raws.findLastIndex((raw) => raw.trim() !== '')
  if (open <= 0) return overflow(source)
  const done = withSpace(raws.slice(0, open))
  const length = done.reduce((sum, raw) => sum + raw.length, 0)
  return { done, tail: source.slice(length) }
}

/** The space after a block belongs to it, so that the blocks together are the whole text. */
function withSpace(raws: readonly string[]): string[] {
  const blocks: string[] = []
  for (const raw of raws) {
    if (raw.trim() === '' && blocks.length > 0) blocks.push((blocks.pop() ?? '') + raw)
    else blocks.push(raw)
  }
  return blocks
}

function overflow(source: string): Cut {
  return source.length > MAX_TAIL_CHARS ? { done: [source], tail: '' } : { done: [], tail: source }
}

function blockRaws(source: string): string[] {
  const raws = new Lexer({ gfm: true }).blockTokens(source, []).map((token) => token.raw)
  const total = raws.reduce((sum, raw) => sum + raw.length, 0)
  // A lexer that rewrote its input can no longer say where a block ends in ours.
  return total === source.length ? raws : [source]
}

/** Closes what the tail has opened, so half an emphasis or half a table never flickers as raw signs. */
export function closeTail(tail: string): string {
  return remend(withoutTableHead(tail), {
    images: false,
    katex: false,
    linkMode: 'text-only',
    htmlTags: false
  })
}

const TABLE_LINE = /^\s*\|/
const DELIMITER_START = /^[\s|:-]*$/

/** Holds a table's header row back until its delimiter row is there: before that it is a paragraph. */
function withoutTableHead(tail: string): string {
  const lines = tail.split('\n')
  const start = lines.findLastIndex((line) => !TABLE_LINE.test(line)) + 1
  const rows = lines.slice(start)
  const isHead = rows.length === 1 || (rows.length === 2 && DELIMITER_START.test(rows[1] ?? ''))
  return isHead ? lines.slice(0, start).join('\n') : tail
}
