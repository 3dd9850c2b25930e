import type { Reading } from './claim.ts'

/** A number as people write it. */
export interface NumberForm {
  /** At least one. */
  readonly readings: readonly Reading[]
  readonly isPercent: boolean
  readonly hasUnit: boolean
}

const FORM = /^[-+−]?(\d+(?:[.,'’ \u00a0\u202f\u2009]\d+)*)(%|[a-zA-Zµ]{0,5})$/
const SPACES = ' \u00a0\u202f\u2009'
const ENGLISH = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/
const GERMAN = /^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/
const SWISS = new RegExp(`^\\d{1,3}(?:['’${SPACES}]\\d{3})+(?:[.,]\\d+)?$`)
const POINT = /^\d+\.\d+$/
const COMMA = /^\d+,\d+$/

const SIZES: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 }
/** Behind a number, with or without a space. */
const UNIT =
  /^(?:[kmgt]?(?:bps|bits?|bit\/s|b\/s|b|w|wh|hz|va)|[kmgt]ib|[kmgt]|ge|gbe|gig|v|a|u|he|ru|nm|km|cm|mm|dbm|db|°c)$/i

/** Undefined for what is no number, such as a version or a name. */
export function readNumber(text: string): NumberForm | undefined {
  const [, digits = '', suffix = ''] = FORM.exec(text) ?? []
  if (digits === '' || (suffix !== '' && suffix !== '%' && !isUnit(suffix))) return undefined
  const plain = [...plainReadings(digits)]
  if (plain.length === 0) return undefined
  const size = SIZES[suffix.toLowerCase()]
  return {
    readings: size === undefined ? plain : [...plain, ...plain.map((one) => sized(one, size))],
    isPercent: suffix === '%',
    hasUnit: suffix !== '' && suffix !== '%'
  }
}

export function isUnit(text: string): boolean {
  return UNIT.test(text)
}

/** `12k` is anything that is 12 thousand when rounded. */
function sized({ value, tolerance }: Reading, size: number): Reading {
  return { value: value * size, tolerance: (tolerance || 0.5) * size }
}

/** All that the digits may mean: in English, in German, in Switzerland. */
function* plainReadings(digits: string): Generator<Reading> {
  if (/^\d+$/.test(digits)) yield { value: Number(digits), tolerance: 0 }
  if (ENGLISH.test(digits)) yield whole(digits.replaceAll(',', ''))
  if (GERMAN.test(digits)) yield whole(digits.replaceAll('.', '').replace(',', '.'))
  if (SWISS.test(digits)) yield whole(digits.replace(/[^\d.,]/g, '').replace(',', '.'))
  if (POINT.test(digits)) yield whole(digits)
  if (COMMA.test(digits)) yield whole(digits.replace(',', '.'))
}

function whole(digits: string): Reading {
  const decimals = digits.split('.')[1]?.length
  return {
    value: Number(digits),
    tolerance: decimals === undefined ? 0 : 10 ** -decimals / 2
  }
}
