import { readNumber } from './number-form.ts'

/** Digits with what may belong to the same number. */
const DIGITS = /\d[\d.,]*/g
/** A longer list of digits is no number. */
const MAX_CHARACTERS = 200
const LETTER = /[\p{L}\p{N}_]/u
const UNIT_LETTERS = /[a-z%]{0,5}/y
/** `[12,345]` is two numbers, "12,345" is one: which it was, nobody can tell from the digits. */
const GROUPED = /^\d{1,3}(?:,\d{3})+$/
const WHOLE = /^\d{1,15}$/

/** Every number that stands in a text, not those in names, addresses and dates; the port behind an address is one. */
export function statedNumbers(text: string): ReadonlySet<number> {
  const numbers = new Set<number>()
  const seen = new Set<string>()
  for (const { 0: written, index } of text.matchAll(DIGITS)) {
    if (written.length > MAX_CHARACTERS) continue
    const digits = /[.,]$/.test(written) ? written.replace(/[.,]+$/, '') : written
    if (seen.has(digits) || !standsAlone(text, index, index + digits.length)) continue
    seen.add(digits)
    for (const number of valuesOf(digits)) numbers.add(number)
  }
  return numbers
}

function standsAlone(text: string, start: number, end: number): boolean {
  return mayBegin(text, start) && mayEnd(text, end)
}

function mayBegin(text: string, start: number): boolean {
  const sign = text[start - 1]
  if (sign === undefined || sign === ' ' || sign === ',' || sign === '[' || sign === '"')
    return true
  if (sign === '.' || sign === '/' || LETTER.test(sign)) return false
  const before = text[start - 2] ?? ''
  if (sign === '-') return !LETTER.test(before)
  if (sign === ':' && isDigit(before)) return /\.\d{1,3}:$/.test(text.slice(start - 5, start))
  return true
}

function mayEnd(text: string, end: number): boolean {
  const sign = text[end]
  if (sign === undefined || sign === ',' || sign === ']' || sign === '}' || sign === '"')
    return true
  if (sign === ' ' || sign === '.') return true
  if (sign === ':' || sign === '/' || sign === '-') return !LETTER.test(text[end + 1] ?? '')
  return isUnitAt(text, end)
}

/** Letters right behind the digits are a unit, or the digits belong to a name. */
function isUnitAt(text: string, end: number): boolean {
  UNIT_LETTERS.lastIndex = end
  const unit = UNIT_LETTERS.exec(text)?.[0] ?? ''
  const next = text[end + unit.length] ?? ''
  if (unit === 'gbase') return true
  if (LETTER.test(next)) return false
  return unit === '' || unit === '%' || readNumber(`1${unit}`) !== undefined
}

const isDigit = (sign: string) => sign >= '0' && sign <= '9'

function valuesOf(digits: string): number[] {
  if (WHOLE.test(digits)) return [Number(digits)]
  if (!digits.includes(',')) return readingsOf(digits)
  const apart = digits.split(',').flatMap(readingsOf)
  if (GROUPED.test(digits)) return [...apart, Number(digits.replaceAll(',', ''))]
  return [...apart, ...readingsOf(digits)]
}

function readingsOf(digits: string): number[] {
  return readNumber(digits)?.readings.map(({ value }) => value) ?? []
}
