import type { AIMessage, BaseMessage } from '@langchain/core/messages'
import type { ClaimMark, ClaimNote } from '../conversations/claim-note.ts'
import type { AgentStep } from './agent-step.ts'
import { checkClaims } from './claims/check-claims.ts'
import type { CheckedClaim } from './claims/claim.ts'
import { createClaimLinks } from './claims/claim-links.ts'
import { type Evidence, evidenceOf } from './evidence.ts'

/** Links and marks of one answer; marks come first. */
export const MAX_CLAIM_MARKS = 200
/** The model has linked it itself: one link does not stand in another. */
const MAX_LABEL_CHARACTERS = 200
const LINK_LABEL = /^[^[\]\n]*\]\(/

/** What an answer was found to state. */
export interface AnswerCheck {
  readonly note: ClaimNote
  /** Sentences for the footer. */
  readonly gaps: readonly string[]
}

/**
 * Compares a finished answer with all that the conversation's tools returned and its user wrote. Undefined where it
 * states nothing that could be compared.
 */
export function checkAnswer(
  answer: string,
  conversation: readonly BaseMessage[]
): AnswerCheck | undefined {
  if (!/\d|\p{Lu}/u.test(answer)) return undefined
  const text = answer.replaceAll('\r\n', '\n')
  const evidence = evidenceOf(conversation)
  const checked = checkClaims(text, evidence.all)
  if (checked.length === 0) return undefined
  const missing = checked.filter(({ verdict }) => verdict === 'missing')
  const marks = [...missing.map(toMark), ...linked(checked, text, evidence)]
  return {
    note: {
      found: checked.length - missing.length,
      missing: missing.length,
      marks: marks.slice(0, MAX_CLAIM_MARKS).toSorted((one, other) => one.start - other.start)
    },
    gaps: ageGap(checked, text, evidence)
  }
}

interface Finished {
  readonly message: AIMessage
  readonly conversation: readonly BaseMessage[]
  /** The last word may be half a word. */
  readonly isCut: boolean
}

/** Compares an answer with the data; what came of it is told, and kept with the message. */
export function noteClaims(
  { message, conversation, isCut }: Finished,
  writer: (step: AgentStep) => void
): void {
  const text = isCut ? withoutLastWord(message.text) : message.text
  const check = checkAnswer(text, conversation)
  if (!check) return
  const { note, gaps } = check
  message.additional_kwargs.claims = note
  writer({ kind: 'claims', claims: { messageId: message.id ?? '', ...note } })
  for (const sentence of gaps) writer({ kind: 'gap', sentence })
}

function withoutLastWord(text: string): string {
  return text.slice(0, Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n')) + 1)
}

function toMark({ claim: { text, start, end }, verdict }: CheckedClaim): ClaimMark {
  return { text, start, end, verdict }
}

function linked(checked: readonly CheckedClaim[], text: string, { links }: Evidence): ClaimMark[] {
  if (links.length === 0) return []
  const lines = text.split('\n')
  const pages = createClaimLinks(links)
  return checked.flatMap((one) => {
    if (
      one.verdict === 'missing' ||
      LINK_LABEL.test(text.slice(one.claim.end, one.claim.end + MAX_LABEL_CHARACTERS))
    )
      return []
    const url = pages.urlOf(one.claim, lines[one.claim.line] ?? '')
    return url === undefined ? [] : [{ ...toMark(one), url }]
  })
}

/** When the data was read, where the answer rests on what was read for an earlier question. */
function ageGap(
  checked: readonly CheckedClaim[],
  text: string,
  { current, earlier }: Evidence
): string[] {
  if (earlier.length === 0) return []
  const fresh = checkClaims(text, current)
  const times = checked.flatMap(({ claim, verdict }, index) => {
    if (verdict === 'missing' || fresh[index]?.verdict === 'found') return []
    const wanted = claim.text.toLowerCase()
    const source = earlier.findLast((result) => result.text.includes(wanted))
    return source?.readAt === undefined ? [] : [source.readAt]
  })
  const oldest = times.toSorted()[0]
  if (oldest === undefined) return []
  const when = `${oldest.slice(0, 10)} at ${oldest.slice(11, 16)} UTC`
  return [`Part of this was read for an earlier question, on ${when}, and not again.`]
}
