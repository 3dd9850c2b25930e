import type { NumberClaim, Reading } from './claim.ts'
import type { CountedFacts } from './counted-facts.ts'
import type { Facts } from './facts.ts'
import type { Neighbours } from './neighbours.ts'

/** Numbers that are set against each other at most. */
const MAX_OPERANDS = 40
/** `over 1,200` may be up to this much less than it is, in parts of the number. */
const ROUGH_SHARE = 0.05
const UNIT_STEPS = [
  2 ** -30,
  2 ** 30,
  1e-9,
  1e-6,
  1e-3,
  1e3,
  1e6,
  1e9,
  2 ** -10,
  2 ** -20,
  2 ** 10,
  2 ** 20
]
/** Words for what is left of a whole. */
const REST =
  /[−-]|\b(?:minus|leaves?|left|remain\w*|rest|others?|without|but|except|not|no|outside|ohne|außer|übrig\w*|ander\w*|weitere\w*|nicht|kein\w*|bleib\w*)\b/i

/** Words for so many of one thing for each of another. */
const RATIO =
  /\b(?:ratio|verhältnis|per|each|every|average|avg|mean|times|fold|je|jede[nrms]?|pro|mal|fache?|schnitt|mittel|durchschnitt\w*)\b/i
/** From here on, a whole number in another unit may be a rounded one. */
const MIN_ROUNDED = 20
const ROUNDING_ERROR = 1e-9

/** The value of a number that stands in the data, or that counting its rows gives; undefined for none. */
export function knownValue(claim: NumberClaim, facts: Facts): number | undefined {
  const stated = facts.stated()
  const exact = claim.readings.find(({ value }) => stated.has(value))
  if (exact) return exact.value
  // Two numbers that only look like the groups of one.
  const parts = claim.text.split(' ').map(Number)
  if (parts.length > 1 && parts.every((part) => stated.has(part))) return parts[0]
  if (claim.isLiteral) return undefined
  const { counts, sums, shares } = facts.counted()
  if (claim.isPercent) return complement(claim, stated) ?? shareOf(claim, shares)
  const added = claim.readings.find(({ value }) => sums.includes(value))
  if (added) return added.value
  if (claim.hasUnit) return inOtherUnit(claim, [...stated, ...sums]) ?? rounded(claim, facts)
  const counted = claim.readings.find(({ value }) => counts.has(value))
  return counted?.value ?? rounded(claim, facts)
}

/** 17 % free where the data has 83 % in use. */
function complement({ readings }: NumberClaim, stated: ReadonlySet<number>): number | undefined {
  return readings.find(({ value }) => value <= 100 && stated.has(100 - value))?.value
}

/** Of a column, or of what two rows have in common. */
function shareOf({ readings }: NumberClaim, shares: readonly number[]): number | undefined {
  return readings.find(({ value, tolerance }) => hasWithin(shares, value, tolerance || 0.5))?.value
}

function inOtherUnit({ readings }: NumberClaim, numbers: readonly number[]): number | undefined {
  const isKnown = ({ value, tolerance }: Reading) =>
    UNIT_STEPS.some((step) =>
      hasWithin(numbers, value * step, (tolerance || (value >= MIN_ROUNDED ? 0.5 : 0)) * step)
    )
  return readings.find(isKnown)?.value
}

function rounded(claim: NumberClaim, facts: Facts): number | undefined {
  const { counts, sums, averages } = facts.counted()
  const reading = claim.readings.find((one) => {
    const { value } = one
    const tolerance = toleranceOf(claim, one)
    if (tolerance === 0) return averages.includes(value)
    return [facts.stated(), counts, sums, averages].some((some) =>
      hasWithin(some, value, tolerance)
    )
  })
  return reading?.value
}

function toleranceOf({ isRough }: NumberClaim, { value, tolerance }: Reading): number {
  return isRough ? Math.max(tolerance, value * ROUGH_SHARE) : tolerance
}

function hasWithin(numbers: Iterable<number>, value: number, tolerance: number): boolean {
  for (const number of numbers) if (isNear(number, value, tolerance)) return true
  return false
}

function isNear(number: number, value: number, tolerance: number): boolean {
  return Math.abs(number - value) <= tolerance + ROUNDING_ERROR
}

/** Whether a number is the sum, the difference, the share, the average or the count of what stands around it. */
export function isDerived(claim: NumberClaim, neighbours: Neighbours, facts: Facts): boolean {
  if (claim.isLiteral) return false
  const { totals, rowsOf } = facts.counted()
  const rows = neighbours.names.map(rowsOf)
  const line = [...neighbours.line, ...rows.flat()].slice(0, MAX_OPERANDS)
  const around = { ...neighbours, line, columns: [...neighbours.columns, ...rows] }
  if (claim.isPercent) return claim.readings.some((one) => isShare(one, around, totals))
  const derived = claim.hasUnit ? amounts(around, []) : numbersFrom(around, facts.counted())
  const tolerances = claim.readings.map((one) => ({ ...one, tolerance: toleranceOf(claim, one) }))
  for (const number of derived) {
    if (tolerances.some(({ value, tolerance }) => isNear(number, value, tolerance))) return true
  }
  return false
}

function* numbersFrom(around: Neighbours, { totals, rests }: CountedFacts): Generator<number> {
  yield* around.counts.filter((count) => count > 0)
  if (REST.test(around.text)) yield* rests
  yield* amounts(around, totals)
}

/** What has a unit counts nothing, but may be a sum. */
function* amounts(
  { columns, line, text }: Neighbours,
  totals: readonly number[]
): Generator<number> {
  for (const column of columns) {
    if (column.length < 2) continue
    yield sumOf(column)
    yield sumOf(column) / column.length
  }
  if (line.length > 2) yield sumOf(line)
  const isRatio = RATIO.test(text)
  const operands = [...line, ...totals].slice(0, MAX_OPERANDS)
  for (const [place, one] of operands.entries()) {
    for (const other of operands.slice(place + 1)) {
      yield one + other
      yield Math.abs(one - other)
      if (isRatio) yield* ratios(one, other)
    }
  }
}

/** As they are, and as people round them. */
function ratios(one: number, other: number): number[] {
  return [one / other, other / one].flatMap((ratio) => [ratio, Math.round(ratio)])
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0)
}

/** Percents are rounded to what is written, or cut. */
function isShare(
  { value, tolerance }: Reading,
  { line, around, columns }: Neighbours,
  totals: readonly number[]
): boolean {
  const sums = columns.map(sumOf)
  const wholes = [...new Set([...line, ...around, ...totals, ...sums])].slice(0, MAX_OPERANDS)
  const parts = line.length > 0 ? line : wholes
  const near = tolerance || 0.5
  return wholes.some(
    (whole) =>
      whole > 0 &&
      parts.some((part) => {
        const share = (100 * part) / whole
        return isNear(share, value, near) || isNear(Math.abs(100 - share), value, near)
      })
  )
}
