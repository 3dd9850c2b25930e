import type { Token } from './tokens.ts'
import { BEFORE_OWN_NUMBER, BEFORE_YEAR, BEHIND_OWN_NUMBER, MONTHS, TIME_UNITS } from './words.ts'

const FIRST_YEAR = 1990
const LAST_YEAR = 2099
const NEAR = /^[\s*_`]*$/
const ARTICLES: ReadonlySet<string> = new Set(
  'am im vom zum beim der die das den dem des ein eine jeder jede jedes'.split(' ')
)

/** A number that counts nothing in the network: a date, a duration, an ordinal, the number of a step. */
export function isNoAmount(token: Token): boolean {
  return (
    isListNumber(token) ||
    isDateOrTime(token) ||
    isDuration(token) ||
    isYear(token) ||
    isOrdinal(token) ||
    isOwnNumber(token)
  )
}

/** `1. First`, `2) Second`, `## 3. Third`, `**4.** Fourth`. */
function isListNumber({ previous, gap, behind, text }: Token): boolean {
  const isFirst = previous === undefined && /^[\s#>*_-]*$/.test(gap)
  return isFirst && /^\d{1,3}$/.test(text) && /^[.)]/.test(behind) && !/^\.\S?\d/.test(behind)
}

function isDateOrTime({ text, previous, next }: Token): boolean {
  if (/^\d{1,2}\.\d{2}$/.test(text) && next?.lower === 'uhr') return true
  const isDay = Number(text) >= 1 && Number(text) <= 31
  const isNextMonth = next !== undefined && MONTHS.has(next.lower) && /^[\s.]*$/.test(next.gap)
  const isPreviousMonth = previous !== undefined && MONTHS.has(previous.lower)
  return (isDay && (isNextMonth || isPreviousMonth)) || (isYearLike(text) && isPreviousMonth)
}

function isDuration({ next }: Token): boolean {
  return next !== undefined && TIME_UNITS.has(next.lower) && /^[\s*_`-]*$/.test(next.gap)
}

function isYearLike(text: string): boolean {
  return /^\d{4}$/.test(text) && Number(text) >= FIRST_YEAR && Number(text) <= LAST_YEAR
}

/** `in 2026`, `March 12, 2026`; a number of devices has the devices behind it. */
function isYear({ text, previous, next }: Token): boolean {
  if (!isYearLike(text)) return false
  if (previous === undefined) return next === undefined
  const isBehindDay = /^\d{1,2}$/.test(previous.text) && MONTHS.has(previous.previous?.lower ?? '')
  return BEFORE_YEAR.has(previous.lower) || MONTHS.has(previous.lower) || isBehindDay
}

/** `am 3. Standort`. A sentence that ends with a number has no article before it. */
function isOrdinal({ text, previous, gap, behind, next }: Token): boolean {
  if (!/^\d{1,2}$/.test(text) || !/^\.[\s*]/.test(behind) || !next) return false
  return previous !== undefined && ARTICLES.has(previous.lower) && NEAR.test(gap)
}

function isOwnNumber({ previous, gap, next }: Token): boolean {
  // `UDP port 123` is what everybody has agreed on, `port 24` is one of a switch.
  const named = previous?.lower === 'port' ? previous.previous : previous
  const isBehind = named !== undefined && BEFORE_OWN_NUMBER.has(named.lower)
  if (isBehind && /^[\s*_`:.#]*$/.test(gap)) return true
  return next !== undefined && BEHIND_OWN_NUMBER.has(next.lower) && NEAR.test(next.gap)
}
