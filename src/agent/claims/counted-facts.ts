import { isRecord } from '../../platform/json.ts'
import { createRowTally, type RowFacts } from './row-facts.ts'
import { countLines } from './text-facts.ts'

/** Cells that are looked at, of all results together. */
const MAX_CELLS = 20_000
/** Results whose totals are set against each other; older ones give way. */
const MAX_TOTALS = 12
const MAX_DEPTH = 6

/** Numbers that a person would get by counting or adding up what the results list. */
export interface CountedFacts extends RowFacts {
  /** What each result says it found, in all and by list; newest first. */
  readonly totals: readonly number[]
}

interface Tally {
  readonly rows: ReturnType<typeof createRowTally>
  readonly totals: Set<number>
}

/** Reads the JSON in these texts, and the lines of those that are none. */
export function countFacts(texts: readonly string[]): CountedFacts {
  const tally: Tally = { rows: createRowTally(MAX_CELLS), totals: new Set() }
  for (const text of texts.toReversed()) {
    const value = jsonIn(text)
    if (value === undefined) for (const count of countLines(text)) tally.rows.addCount(count)
    else walk(value, tally, { depth: 0, isListed: false })
  }
  return { ...tally.rows.facts(), totals: [...tally.totals].slice(0, MAX_TOTALS) }
}

/** Whatever stands around it. */
function jsonIn(text: string): unknown {
  const start = text.search(/[[{]/)
  if (start === -1) return undefined
  const end = text.lastIndexOf(text[start] === '{' ? '}' : ']')
  try {
    return JSON.parse(text.slice(start, end + 1))
  } catch {
    return undefined
  }
}

interface Place {
  readonly depth: number
  /** Inside of a list: a count there is one of many. */
  readonly isListed: boolean
}

function walk(value: unknown, tally: Tally, place: Place): void {
  if (place.depth > MAX_DEPTH || tally.rows.isFull()) return
  if (Array.isArray(value)) {
    walkList(value, tally, place)
  } else if (isRecord(value)) {
    walkRecord(value, tally, place)
  }
}

function walkRecord(
  record: Readonly<Record<string, unknown>>,
  tally: Tally,
  { depth, isListed }: Place
): void {
  tally.rows.addRow(record, !isListed)
  if (!isListed) for (const total of totalsIn(record)) tally.totals.add(total)
  for (const one of Object.values(record)) walk(one, tally, { depth: depth + 1, isListed })
}

function walkList(list: readonly unknown[], tally: Tally, { depth, isListed }: Place): void {
  tally.rows.addList(list)
  if (!isListed && list.some((one) => typeof one === 'object')) tally.totals.add(list.length)
  for (const one of list) walk(one, tally, { depth: depth + 1, isListed: true })
}

function totalsIn(value: Readonly<Record<string, unknown>>): number[] {
  return Object.entries(value).flatMap(([key, one]) => {
    if (typeof one === 'number') return /count|total/i.test(key) ? [one] : []
    const isCounts = /count|total/i.test(key) && isRecord(one)
    return isCounts ? Object.values(one).filter((number) => typeof number === 'number') : []
  })
}
