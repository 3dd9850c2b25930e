import type { Facts } from './facts.ts'
import { readNumber } from './number-form.ts'

const PLURAL = /(?<=[a-z\d])s$/
/** `Gi1/0/1` is `GigabitEthernet1/0/1`. */
const PORT = /^([a-z]{2,})[-\s]?(\d+(?:[/.:]\d+)*)$/
/** `VLAN100`, `AS65001`, `U12`: a number that says what it is. */
const NUMBERED = /^(?:vlan|vl|as|asn|u|ru|he|vni|slot|unit|port|rack|id)[-_]?(\d+)$/
/** `Ethernet1/1-4`, `ams01-sw-01-04`. */
const RANGE = /^(.*?)(\d+)[-–](\d+)$/
const SUFFIXED = /^(.+?)-([\p{L}]{4,})$/u
/** Tried in this order: what stands between a device and its interface parts more than the slashes of the interface. */
const SEPARATORS = [/[,@+=&]+/, /:/, /\//]
const MAX_PIECES = 20

/** Whether the data has a name, be it in another spelling. */
export function isKnownName(text: string, facts: Facts, isWild = false): boolean {
  const name = text.replaceAll('\\', '').toLowerCase()
  if (facts.hasName(name, isWild)) return true
  return SPELLINGS.some((isKnown) => isKnown(name, facts))
}

const SPELLINGS: readonly ((name: string, facts: Facts) => boolean)[] = [
  (name, facts) => PLURAL.test(name) && facts.hasName(name.replace(PLURAL, '')),
  isKnownPort,
  isKnownNumbered,
  isKnownHost,
  isKnownRange,
  isKnownCompound,
  (name, facts) => /^0\d*$/.test(name) && facts.matches(new RegExp(`(?<!\\d)${name}(?!\\d)`)),
  arePiecesKnown
]

function isKnownPort(name: string, facts: Facts): boolean {
  const [, kind = '', place = ''] = PORT.exec(name) ?? []
  if (kind === '') return false
  const number = place.replaceAll('.', '\\.')
  const longer = new RegExp(`(?<![a-z])${kind}[a-z-]{0,20}\\s?${number}(?![\\d/])`)
  if (facts.matches(longer)) return true
  // Its first two letters are what vendors shorten it to.
  const shorter = new RegExp(`(?<![a-z])${kind.slice(0, 2)}[a-z]{0,2}\\s?${number}(?![\\d/])`)
  return kind.length > 4 && facts.matches(shorter)
}

function isKnownNumbered(name: string, facts: Facts): boolean {
  const number = NUMBERED.exec(name)?.[1]
  return number !== undefined && facts.stated().has(Number(number))
}

/** With its domain where the data has none, and the other way round. */
function isKnownHost(name: string, facts: Facts): boolean {
  const [host = '', ...domain] = name.split('.')
  return domain.length > 1 && /[a-z]/.test(host) && !name.includes('/') && facts.hasName(host)
}

function isKnownRange(name: string, facts: Facts): boolean {
  const [, head = '', first = '', last = ''] = RANGE.exec(name) ?? []
  if (head === '' || !/[a-z]/.test(head)) return false
  return isKnownEnd(head + first, facts) && isKnownEnd(head + last, facts)
}

function isKnownEnd(name: string, facts: Facts): boolean {
  return facts.hasName(name) || isKnownPort(name, facts)
}

/** `AMS01-Geräte`, `MX480-based`. */
function isKnownCompound(name: string, facts: Facts): boolean {
  const [, head = ''] = SUFFIXED.exec(name) ?? []
  return /\d/.test(head) && !/[-_]/.test(head) && facts.hasName(head)
}

/** `ams01-rtr-01:xe-0/0/0`, `AMS01/LON01`, `12/48`. */
function arePiecesKnown(name: string, facts: Facts): boolean {
  const separator = SEPARATORS.find((one) => one.test(name))
  const pieces = separator ? name.split(separator).filter((piece) => piece !== '') : []
  if (pieces.length < 2 || pieces.length > MAX_PIECES) return false
  return pieces.every((piece) => isKnownPiece(piece, facts))
}

function isKnownPiece(piece: string, facts: Facts): boolean {
  const number = readNumber(piece)
  if (number) return number.readings.some(({ value }) => facts.stated().has(value))
  return facts.hasName(piece) || isKnownPort(piece, facts) || arePiecesKnown(piece, facts)
}
