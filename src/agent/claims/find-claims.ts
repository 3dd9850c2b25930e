import { isAddress, isMac, isWellKnown } from './addresses.ts'
import type { AnswerLine } from './answer-lines.ts'
import type { Claim, NumberClaim } from './claim.ts'
import { isNoAmount } from './number-context.ts'
import { isUnit, readNumber } from './number-form.ts'
import { readTokens, type Token } from './tokens.ts'
import {
  BEFORE_LITERAL,
  BEFORE_VERSION,
  NAME_COLUMN,
  NAMED_THINGS,
  NOT_A_NAME,
  ROUGH,
  VOCABULARY
} from './words.ts'

/** What an answer states beyond this is not looked at. */
export const MAX_CLAIMS = 1_000
const MAX_NAME_CHARACTERS = 200
const MAX_VOCABULARY_CHARACTERS = 14

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const VERSION = /^v?\d+(?:\.\d+){2,}[\w.()-]*$|^v\d[\d.]*$|^\d+\.\d+(?=.*[a-z(])[\w.()-]*$/i
const WHEN =
  /^\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?$|^\d{1,2}(?::\d{2}){1,2}(?:[.,]\d+)?(?:Z|[ap]m)?$|^\d{1,2}[ap]m$/i
const SEPARATED = /[.:]/
/** `/24` by itself. */
const LENGTH = /^\/\d{1,3}$/
const LEADING_ZERO = /^0\d+$/
const HAS_DIGIT = /\d/
const HAS_LETTER = /\p{L}/u
/** `fw.example.net`, `core-a.example.net`: a name without digits. */
const DOMAIN = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]{2,})+\.[a-z]{2,}$/i
const CAPITALISED = /^\p{Lu}[\p{L}-]{2,}$/u
const LITERAL_SEPARATOR = /^[\s,;&*_`/–-]*(?:(?:and|or|und|oder|to|bis|through|sowie)[\s*_`]*)?$/i

/** What an answer states that the data could show: names, numbers, addresses; in their order. */
export function findClaims(lines: readonly AnswerLine[]): Claim[] {
  const claims: Claim[] = []
  const columns = createColumns()
  let literalEnd: Token | undefined
  for (const token of readTokens(lines)) {
    if (claims.length >= MAX_CLAIMS) break
    columns.note(token)
    const isLiteral = namesOne(token, literalEnd)
    const claim = claimOf(token, isLiteral, columns)
    if (isLiteral && claim?.kind === 'number') literalEnd = token
    if (claim) claims.push(claim)
  }
  return claims
}

function claimOf(token: Token, isLiteral: boolean, columns: Columns): Claim | undefined {
  const { text } = token
  if (text.length > MAX_NAME_CHARACTERS) return undefined
  if (SEPARATED.test(text) && isAddress(text)) return addressClaim(token)
  if (isMac(text) || LENGTH.test(text)) return { ...placeOf(token), kind: 'address' }
  if (UUID.test(text)) return nameClaim(token)
  if (HAS_DIGIT.test(text)) return numberOrName(token, isLiteral, columns)
  return isNamed(token, columns) ? nameClaim(token) : undefined
}

function numberOrName(token: Token, isLiteral: boolean, columns: Columns): Claim | undefined {
  const { text, lower } = token
  if (isVocabulary(lower) || WHEN.test(text) || isVersion(token)) return undefined
  const number = LEADING_ZERO.test(text) ? undefined : readNumber(text)
  if (number) return numberClaim(token, number, isLiteral, columns)
  return isName(text) || LEADING_ZERO.test(text) ? nameClaim(token) : undefined
}

function isVocabulary(lower: string): boolean {
  return lower.length <= MAX_VOCABULARY_CHARACTERS && VOCABULARY.test(lower)
}

function placeOf({ text, start, end, lineNumber, cell }: Token) {
  return { text, start, end, line: lineNumber, cell }
}

function nameClaim(token: Token): Claim {
  return { ...placeOf(token), kind: 'name' }
}

function addressClaim(token: Token): Claim | undefined {
  if (isWellKnown(token.text) || isVersion(token)) return undefined
  return { ...placeOf(token), kind: 'address' }
}

type Form = NonNullable<ReturnType<typeof readNumber>>

function numberClaim(
  token: Token,
  form: Form,
  isLiteral: boolean,
  columns: Columns
): NumberClaim | undefined {
  const { next } = token
  if (!isLiteral && (columns.isNumbering(token) || isNoAmount(token))) return undefined
  const followedBySign = /^\s?%/.test(token.behind)
  const spoken = next?.lower === 'percent' || next?.lower === 'prozent'
  const isNear = next !== undefined && /^\s?$/.test(next.gap)
  return {
    ...placeOf(token),
    kind: 'number',
    readings: form.readings,
    isPercent: form.isPercent || followedBySign || spoken,
    hasUnit: form.hasUnit || (isNear && isUnit(next.text)),
    isRough: isRough(token),
    isLiteral
  }
}

function isRough({ gap, previous }: Token): boolean {
  if (/[~≈><≥≤]/.test(gap)) return true
  return previous !== undefined && (ROUGH.has(previous.lower) || previous.lower === 'than')
}

/** A VLAN, an AS and their like, and what is listed behind it: `VLANs 10, 20 and 30`. */
function namesOne({ previous, gap, lineNumber }: Token, literalEnd: Token | undefined): boolean {
  if (!previous || previous.lineNumber !== lineNumber) return false
  if (BEFORE_LITERAL.has(previous.lower))
    return /^[\s*_`:#(|-]*$/.test(gap) || /\bids?\b/i.test(gap)
  if (previous.lower === 'id' && BEFORE_LITERAL.has(previous.previous?.lower ?? '')) return true
  if (previous === literalEnd) return LITERAL_SEPARATOR.test(gap)
  const isJoined = /^(?:and|or|und|oder|to|bis|through|sowie)$/.test(previous.lower)
  return isJoined && previous.previous !== undefined && previous.previous === literalEnd
}

function isVersion({ text, previous, gap }: Token): boolean {
  if (previous && BEFORE_VERSION.has(previous.lower) && /^[\s*_`:(]*$/.test(gap))
    return /^v?\d/i.test(text)
  return VERSION.test(text) && !isAddress(text)
}

function isName(text: string): boolean {
  return HAS_LETTER.test(text) || /[/:._-]/.test(text)
}

/** A name without a digit in it is one only where the answer says so. */
function isNamed(token: Token, columns: Columns): boolean {
  const { text, lower, previous, gap } = token
  if (NOT_A_NAME.has(lower) || isVocabulary(lower)) return false
  if (DOMAIN.test(text)) return true
  if (!CAPITALISED.test(text)) return false
  if (columns.isNameColumn(token)) return true
  return previous !== undefined && NAMED_THINGS.has(previous.lower) && /^[\s*_`:"“„]+$/.test(gap)
}

type Columns = ReturnType<typeof createColumns>

/** What the head of a table says about its columns. */
function createColumns() {
  let heads: string[] = []

  const headOf = ({ cell, line }: Token) =>
    cell === undefined || line.isHead ? undefined : heads[cell]

  return {
    note({ line, cell }: Token): void {
      if (cell === undefined) heads = []
      else if (line.isHead)
        heads = line.text.split('|').map((head) => head.replace(/[*_`]/g, '').trim())
    },
    isNumbering: (token: Token) =>
      /^(?:#|no\.?|nr\.?|rank|rang|pos\.?)$/i.test(headOf(token) ?? ''),
    isNameColumn: (token: Token) => NAME_COLUMN.test(headOf(token) ?? '')
  }
}
