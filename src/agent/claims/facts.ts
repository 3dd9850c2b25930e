import { edgesOf, spelled } from './addresses.ts'
import { type CountedFacts, countFacts } from './counted-facts.ts'
import { statedNumbers } from './stated-numbers.ts'

/** Of all results, and of all words; the oldest give way. */
export const MAX_FACT_CHARACTERS = 400_000
/** Characters that are searched for one answer, about 50 ms; whatever is asked then counts as found. */
const MAX_SEARCHED_CHARACTERS = 60_000_000
/** A shape takes about so much longer than a word. */
const SHAPE_EFFORT = 8

/**
 * What the data of a conversation shows. Nothing is worked out before it is asked for. Where looking takes too long, the
 * answer is yes: nothing is called missing that nobody has looked for.
 */
export interface Facts {
  /** The words stand there, as whole ones. `isPrefix`: a name that begins so. */
  hasName(name: string, isPrefix?: boolean): boolean
  /** An address, a prefix, or a length: `/24`. */
  hasAddress(address: string): boolean
  /** Something of this shape stands there. Lower case. */
  matches(shape: RegExp): boolean
  /** Numbers that stand there. */
  stated(): ReadonlySet<number>
  /** Numbers that a person would get by counting or adding up rows. */
  counted(): CountedFacts
}

/** Where facts come from, oldest first. */
export interface FactSources {
  /** What tools returned. */
  readonly results: readonly string[]
  /** What people wrote, and what was asked for. */
  readonly words: readonly string[]
}

export function createFacts({ results, words }: FactSources): Facts {
  const newest = newestOf(results)
  const text = readable([...newest, ...newestOf(words)].join('\n'))
  const known = new Map<string, boolean>()
  let searched = 0
  let stated: ReadonlySet<number> | undefined
  let counted: CountedFacts | undefined
  let addresses: ReadonlySet<string> | undefined

  function look(effort: number, isThere: () => boolean): boolean {
    searched += effort * text.length
    return searched > MAX_SEARCHED_CHARACTERS || isThere()
  }

  function hasName(name: string, isPrefix = false): boolean {
    const key = `${name}${isPrefix ? '*' : ''}`
    const before = known.get(key)
    if (before !== undefined) return before
    const isThere = look(1, () => hasWords(text, name, isPrefix))
    known.set(key, isThere)
    return isThere
  }

  return {
    hasName,
    hasAddress(address) {
      if (address.startsWith('/')) {
        return look(SHAPE_EFFORT, () => new RegExp(`\\${address}(?!\\d)`).test(text))
      }
      if (hasName(address)) return true
      addresses ??= addressesIn(text)
      return addresses.has(spelled(address))
    },
    matches: (shape) => look(SHAPE_EFFORT, () => shape.test(text)),
    stated() {
      stated ??= statedNumbers(text)
      return stated
    },
    counted() {
      counted ??= countFacts(newest)
      return counted
    }
  }
}

function newestOf(texts: readonly string[]): string[] {
  const newest: string[] = []
  let room = MAX_FACT_CHARACTERS
  for (const text of texts.toReversed()) {
    if (room <= 0) break
    newest.unshift(text.slice(0, room))
    room -= text.length
  }
  return newest
}

/** Signs that JSON writes in another way would stick to the words beside them. */
function readable(text: string): string {
  const plain = text.includes('\\') ? unescaped(text) : text
  return plain.toLowerCase()
}

function unescaped(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16))
    )
    .replace(/\\[nrtbf]/g, ' ')
    .replaceAll('\\"', '"')
    .replaceAll('\\/', '/')
}

/** Shorter beginnings are shared by too many names. */
const MIN_STEM = 5
const WORD_SIGN = /[\p{L}\p{N}]/u

/** `FGT6H1E` is how `FGT6H1E5819901204` begins: from letters to digits, or back. */
function changesKind(text: string, end: number): boolean {
  const [last = '', next = ''] = [text[end - 1], text[end]]
  return WORD_SIGN.test(next) && /\d/.test(last) !== /\d/.test(next)
}

/**
 * A name of several parts is no part of a longer one: `rtr-1` is neither in `rtr-11` nor in `ams-rtr-1`. One of a single
 * part may be: `ams01` is what `ams01-rtr-1` is called after.
 */
function hasWords(text: string, name: string, isPrefix = false): boolean {
  const wanted = name.toLowerCase()
  const isCompound = /[-_]/.test(wanted)
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length
    const isBegun = isEdge(text, at - 1, at - 2, isCompound)
    if (isBegun && isEdge(text, end, end + 1, isCompound)) return true
    if (isPrefix && isEdge(text, at - 1, at - 2, false)) return true
    if (isBegun && wanted.length >= MIN_STEM && changesKind(text, end)) return true
  }
  return false
}

function isEdge(text: string, at: number, beyond: number, isCompound: boolean): boolean {
  const sign = text[at]
  if (sign === undefined) return true
  if (WORD_SIGN.test(sign)) return false
  if (!isCompound || (sign !== '-' && sign !== '_')) return true
  return !WORD_SIGN.test(text[beyond] ?? '')
}

const ADDRESS =
  /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?:\/\d{1,3})?(?![\w:])/g

/** In one spelling, with and without their length, and the networks they lie in. */
function addressesIn(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [written] of text.matchAll(ADDRESS)) {
    const address = spelled(written)
    found.add(address)
    const [host = '', length] = address.split('/')
    found.add(host)
    if (length === '32' || length === '128') continue
    for (const edge of edgesOf(address)) found.add(edge)
  }
  return found
}
