import { type AnswerLine, readLines } from './answer-lines.ts'
import type { CheckedClaim, Claim, NumberClaim } from './claim.ts'
import { isDerived, knownValue } from './derived-numbers.ts'
import { createFacts, type FactSources, type Facts } from './facts.ts'
import { findClaims } from './find-claims.ts'
import { isKnownName } from './known-names.ts'
import { readSurroundings } from './neighbours.ts'

/** Of an answer; what stands behind is not checked. */
export const MAX_CHECKED_CHARACTERS = 100_000
/** A share of a sum of parts: what is worked out from worked-out numbers goes no further. */
const MAX_ROUNDS = 2
/** `ams01-sw-*`; two of them end bold text. */
const WILD = /^[-_]?\*(?!\*)/
/** Numbers that are worked out; nobody reads an answer with more of them. */
const MAX_WORKED_OUT = 150

/** Compares the names, numbers and addresses of an answer with what the conversation's data says. Pure. */
export function checkClaims(answer: string, sources: FactSources): CheckedClaim[] {
  const lines = readLines(answer.slice(0, MAX_CHECKED_CHARACTERS))
  const claims = findClaims(lines)
  if (claims.length === 0) return []
  const facts = createFacts(sources)
  const values = statedValues(claims, facts)
  addDerived(values, claims, { lines, facts })
  return claims.map((claim) => ({
    claim,
    verdict: values.has(claim) || isStated(claim, answer, facts) ? 'found' : 'missing'
  }))
}

type Values = Map<Claim, number>

/** The numbers that the data has. */
function statedValues(claims: readonly Claim[], facts: Facts): Values {
  const values: Values = new Map()
  for (const claim of claims) {
    const value = claim.kind === 'number' ? knownValue(claim, facts) : undefined
    if (value !== undefined) values.set(claim, value)
  }
  return values
}

interface Around {
  readonly lines: readonly AnswerLine[]
  readonly facts: Facts
}

/** And those that follow from them. */
function addDerived(values: Values, claims: readonly Claim[], { lines, facts }: Around): void {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const open = claims.filter((claim) => claim.kind === 'number' && !values.has(claim))
    if (open.length === 0 || open.length > MAX_WORKED_OUT) return
    const surroundings = readSurroundings(lines, claims, values)
    for (const claim of open as NumberClaim[]) {
      if (isDerived(claim, surroundings.of(claim), facts)) values.set(claim, firstReading(claim))
    }
  }
}

function isStated(claim: Claim, answer: string, facts: Facts): boolean {
  if (claim.kind === 'address') return facts.hasAddress(claim.text)
  return (
    claim.kind === 'name' &&
    isKnownName(claim.text, facts, WILD.test(answer.slice(claim.end, claim.end + 3)))
  )
}

function firstReading({ readings }: NumberClaim): number {
  return readings[0]?.value ?? 0
}
