import { isRecord } from '../../platform/json.ts'

const MAX_ROW_NUMBERS = 8
/** Of rows with the same word; a word of more rows names none of them. */
const MAX_WORD_NUMBERS = 16
/** Nobody tells the shares of a longer list. */
const MAX_SHARED_ROWS = 60

export interface RowFacts {
  /** Lengths of lists, rows with one value, different values. */
  readonly counts: ReadonlySet<number>
  /** Of columns, and of their cells in rows with one value. */
  readonly sums: readonly number[]
  /** What is left of a column without one of its parts. */
  readonly rests: readonly number[]
  readonly averages: readonly number[]
  /** Percents that cells, and rows with one value together, have of the sum of their column. */
  readonly shares: readonly number[]
  /** Numbers of the rows that carry a name; of the name in lower case, or of one of its words. */
  rowsOf(name: string): readonly number[]
}

interface Numbers {
  readonly counts: Set<number>
  readonly sums: number[]
  readonly rests: number[]
  readonly averages: number[]
  readonly shares: number[]
}

/** Counts and adds up rows; takes nothing more once it has seen `maxCells`. */
export function createRowTally(maxCells: number) {
  const numbers: Numbers = { counts: new Set(), sums: [], rests: [], averages: [], shares: [] }
  const rows = new Map<string, number[]>()
  let cells = 0

  return {
    isFull: () => cells > maxCells,
    addCount: (count: number) => void numbers.counts.add(count),

    addList(list: readonly unknown[]): void {
      numbers.counts.add(list.length)
      const columns = columnsOf(list)
      for (const column of columns) {
        cells += column.length
        countValues(column, numbers)
      }
      addUp(columns, numbers)
      for (const row of list) if (Array.isArray(row)) noteRow(row, rows)
    },

    /** `isAlone`: an object by itself, whose numbers are set against each other. */
    addRow(row: Readonly<Record<string, unknown>>, isAlone: boolean): void {
      const amounts = noteRow(Object.values(row), rows)
      if (isAlone) for (const rest of differences(amounts)) numbers.counts.add(rest)
    },

    facts: (): RowFacts => ({ ...numbers, rowsOf: (name) => rows.get(name) ?? [] })
  }
}

function columnsOf(list: readonly unknown[]): unknown[][] {
  const columns = new Map<string, unknown[]>()
  for (const row of list) {
    const cells = typeof row === 'object' && row !== null ? Object.entries(row) : [['', row]]
    for (const [key = '', cell] of cells as [string, unknown][]) {
      const column = columns.get(key)
      if (column) column.push(cell)
      else columns.set(key, [cell])
    }
  }
  return [...columns.values()]
}

/** How many rows have which value, how many different ones there are, and how many rows have one at all. */
function countValues(column: readonly unknown[], { counts }: Numbers): void {
  const byValue = new Map<string, number>()
  for (const word of column.flatMap(wordsOf)) byValue.set(word, (byValue.get(word) ?? 0) + 1)
  counts.add(byValue.size)
  for (const count of byValue.values()) counts.add(count)
  counts.add(column.length - (byValue.get('') ?? 0))
}

function addUp(columns: readonly (readonly unknown[])[], numbers: Numbers): void {
  let all = 0
  for (const column of columns) {
    const amounts = column.filter((cell) => typeof cell === 'number')
    if (amounts.length < 2) continue
    const sum = sumOf(amounts)
    all += sum
    numbers.sums.push(sum)
    numbers.averages.push(sum / amounts.length)
    if (sum > 0 && amounts.length <= MAX_SHARED_ROWS) {
      addParts([...amounts, ...sumsByValue(column, columns)], amounts, numbers)
    }
  }
  numbers.sums.push(all)
}

/** What parts of a column come to, and the rest without each; the largest two, three, … together. */
function addParts(parts: readonly number[], amounts: readonly number[], numbers: Numbers): void {
  const sum = sumOf(amounts)
  const largest = amounts.toSorted((one, other) => other - one)
  const together = largest.map((_, place) => sumOf(largest.slice(0, place + 1)))
  for (const part of new Set([...parts, ...together])) {
    numbers.sums.push(part)
    numbers.rests.push(sum - part)
    numbers.shares.push((100 * part) / sum)
  }
}

function differences(amounts: readonly number[]): number[] {
  return amounts.flatMap((one) => amounts.flatMap((other) => (one > other ? [one - other] : [])))
}

const sumOf = (amounts: readonly number[]) => amounts.reduce((one, other) => one + other, 0)

/** The sum of a column over the rows that have the same value elsewhere: all that are active, of whatever role. */
function sumsByValue(
  amounts: readonly unknown[],
  columns: readonly (readonly unknown[])[]
): number[] {
  const sums = new Map<string, number>()
  for (const column of columns) {
    if (column === amounts || column.length !== amounts.length) continue
    column.forEach((cell, row) => {
      const amount = amounts[row]
      if (typeof amount !== 'number' || typeof cell === 'number') return
      for (const word of wordsOf(cell).flatMap(namesIn))
        sums.set(word, (sums.get(word) ?? 0) + amount)
    })
  }
  return [...sums.values()]
}

/** What a row is called, and its numbers. */
function noteRow(cells: readonly unknown[], rows: Map<string, number[]>): number[] {
  const amounts = cells.filter((cell) => typeof cell === 'number').slice(0, MAX_ROW_NUMBERS)
  if (amounts.length === 0) return []
  for (const name of new Set(cells.flatMap(wordsOf).flatMap(namesIn))) {
    const known = rows.get(name)
    if (!known) rows.set(name, [...amounts])
    else if (known.length < MAX_WORD_NUMBERS) known.push(...amounts)
  }
  return amounts
}

/** A name, each of its words, and what it is called after: `AMS01` of the room `AMS01-R1`. */
function namesIn(label: string): string[] {
  const lower = label.toLowerCase()
  const words = lower.split(' ')
  const stems = words.flatMap((word) => /^(.*\d)-/.exec(word)?.[1] ?? [])
  return [...new Set([lower, ...words, ...stems])]
}

/** What a cell says, as somebody who counts the rows by it would read it. */
function wordsOf(cell: unknown): string[] {
  if (Array.isArray(cell)) return cell.length === 0 ? [''] : cell.flatMap(wordsOf)
  if (!isRecord(cell)) return [String(cell ?? '')]
  const label = cell.name ?? cell.label ?? cell.display ?? cell.value
  return label === undefined ? [] : [String(label)]
}
