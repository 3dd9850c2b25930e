import { isIP } from 'node:net'
import { networkOf } from './identifier.ts'
import type { Column } from './selection.ts'

/** Lists are sorted here, over all that match: Nautobot's GraphQL cannot. */
export const MAX_SORTED_ROWS = 1_000

/** What a list is sorted by. */
export interface SortKey {
  readonly column: Column
  readonly isDescending: boolean
}

type Row = Readonly<Record<string, unknown>>
type Compare = (left: string, right: string) => number

const NUMBER = /^-?\d{1,15}(\.\d{1,9})?$/
/** `ams01-sw-2` before `ams01-sw-10`. */
const natural = new Intl.Collator('en', { numeric: true })

/** `-name` → name, descending. */
export function readSortName(written: string) {
  const isDescending = written.startsWith('-')
  return { name: isDescending ? written.slice(1) : written, isDescending }
}

/** Undefined for what is not set: it comes last, whichever way the others go. */
function textOf(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value
  return text === null || text === undefined || text === '' ? undefined : String(text)
}

function isAddress(text: string): boolean {
  const [host = '', mask = '0'] = text.split('/')
  return isIP(host) > 0 && !host.includes('%') && /^\d{1,3}$/.test(mask)
}

function compareAddresses(left: string, right: string): number {
  const [a, b] = [networkOf(left), networkOf(right)]
  if (a.version !== b.version) return a.version - b.version
  if (a.bits !== b.bits) return a.bits < b.bits ? -1 : 1
  return a.maskBits - b.maskBits
}

/** By what the column holds as a whole, so that the order is one. */
function comparisonFor(texts: readonly (string | undefined)[]): Compare {
  const present = texts.filter((text) => text !== undefined)
  if (present.every((text) => NUMBER.test(text))) return (a, b) => Number(a) - Number(b)
  if (present.every(isAddress)) return compareAddresses
  return natural.compare
}

/** Rows in the order of the keys; of what is equal in all of them, in Nautobot's order. */
export function sortRows(rows: readonly Row[], keys: readonly SortKey[]): Row[] {
  const sorters = keys.map(({ column, isDescending }) => {
    const texts = new Map(rows.map((row) => [row, textOf(column.read(row))]))
    const compare = comparisonFor([...texts.values()])
    return (left: Row, right: Row): number => {
      const [a, b] = [texts.get(left), texts.get(right)]
      if (a === undefined || b === undefined)
        return Number(a === undefined) - Number(b === undefined)
      return isDescending ? compare(b, a) : compare(a, b)
    }
  })
  return rows.toSorted((left, right) => {
    for (const sorter of sorters) {
      const order = sorter(left, right)
      if (order !== 0) return order
    }
    return 0
  })
}
