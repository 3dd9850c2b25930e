/** Compares one value of an object with one value that was asked for. */
type Compare = (value: string, wanted: string) => boolean

const insensitive =
  (compare: Compare): Compare =>
  (value, wanted) =>
    compare(value.toLowerCase(), wanted.toLowerCase())

const TEXT_LOOKUPS: Readonly<Record<string, Compare>> = {
  '': (value, wanted) => value === wanted,
  ic: insensitive((value, wanted) => value.includes(wanted)),
  ie: insensitive((value, wanted) => value === wanted),
  isw: insensitive((value, wanted) => value.startsWith(wanted)),
  iew: insensitive((value, wanted) => value.endsWith(wanted))
}

const ORDER_LOOKUPS: Readonly<Record<string, (value: number, wanted: number) => boolean>> = {
  '': (value, wanted) => value === wanted,
  lte: (value, wanted) => value <= wanted,
  lt: (value, wanted) => value < wanted,
  gte: (value, wanted) => value >= wanted,
  gt: (value, wanted) => value > wanted
}

/** Whether a lookup such as `n` or `nic` turns another one around, and which. */
export function splitNegation(
  lookup: string,
  negatable: readonly string[]
): { negated: boolean; positive: string } {
  if (lookup === 'n') return { negated: true, positive: '' }
  const positive = lookup.slice(1)
  if (lookup.startsWith('n') && negatable.includes(positive)) return { negated: true, positive }
  return { negated: false, positive: lookup }
}

/** How texts are compared under a lookup; undefined when there is no such lookup. */
export function textLookup(lookup: string): Compare | undefined {
  const { negated, positive } = splitNegation(lookup, Object.keys(TEXT_LOOKUPS))
  const compare = TEXT_LOOKUPS[positive]
  return compare && (negated ? (value, wanted) => !compare(value, wanted) : compare)
}

/** How numbers are compared under a lookup. */
export function orderLookup(
  lookup: string
): ((value: number, wanted: number) => boolean) | undefined {
  const { negated, positive } = splitNegation(lookup, [])
  const compare = ORDER_LOOKUPS[positive]
  return compare && (negated ? (value, wanted) => !compare(value, wanted) : compare)
}

/** Whether a lookup holds when no wanted value matches, rather than when one does. */
export function isNegation(lookup: string): boolean {
  return splitNegation(lookup, Object.keys(TEXT_LOOKUPS)).negated
}

const TIME =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i

/** Milliseconds of a date or time as Nautobot reads it, in UTC unless it says otherwise; undefined when it is none. */
export function parseTime(written: string): number | undefined {
  const match = TIME.exec(written.trim())
  if (!match) return undefined
  const [whole, zone] = match
  const dated = whole.length === 10 ? `${whole}T00:00` : whole.replace(' ', 'T')
  const milliseconds = Date.parse(zone ? dated : `${dated}Z`)
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

/** A whole number as Nautobot reads it. */
export function parseWhole(written: string): number | undefined {
  return /^\s*-?\d{1,15}\s*$/.test(written) ? Number(written) : undefined
}

/** True and false in the spellings Nautobot takes; undefined for anything else, which filters nothing there. */
export function parseBoolean(written: string | undefined): boolean | undefined {
  const lower = written?.toLowerCase()
  if (lower === 'true' || lower === '1') return true
  return lower === 'false' || lower === '0' ? false : undefined
}
