import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'

export const FINDING_STATES = ['ok', 'warn', 'fail'] as const
export type FindingState = (typeof FINDING_STATES)[number]

/** One line of the doctor's report. Holds no secret: no value of a variable, no header, no body of an answer. */
export interface Finding {
  /** What was looked at: `redis policy`, `model gpt-prod`. */
  readonly check: string
  readonly state: FindingState
  /** What was found. */
  readonly sentence: string
  /** What to do about it; empty when there is nothing to do. */
  readonly advice: string
}

export const ok = (check: string, sentence: string): Finding => ({
  ...{ check, state: 'ok', sentence },
  advice: ''
})
export const warn = (check: string, sentence: string, advice: string): Finding => ({
  ...{ check, state: 'warn', sentence },
  advice
})
export const fail = (check: string, sentence: string, advice: string): Finding => ({
  ...{ check, state: 'fail', sentence },
  advice
})

/** The worst of all; nothing found is fine. */
export function stateOf(findings: readonly Finding[]): FindingState {
  const worst = Math.max(0, ...findings.map(({ state }) => FINDING_STATES.indexOf(state)))
  return FINDING_STATES[worst] ?? 'fail'
}

/** What an examination found within its time; it never rejects. Its signal aborts when the time is over. */
export async function within(
  check: string,
  timeoutMs: number,
  look: (signal: AbortSignal) => Promise<Finding[]>
): Promise<Finding[]> {
  const stop = new AbortController()
  try {
    const found = await withDeadline(look(stop.signal).catch(named(check)), timeoutMs)
    return found ?? [tooLate(check, timeoutMs)]
  } finally {
    stop.abort()
  }
}

function tooLate(check: string, timeoutMs: number): Finding {
  const sentence = `It took longer than ${Math.ceil(timeoutMs / 1_000)} s and was given up.`
  return fail(check, sentence, 'Look at the network between this machine and it.')
}

/** Words of ours only: those of a foreign error could hold what was sent. */
const named = (check: string) => (error: unknown) => {
  const { code, message } = AppError.from(error)
  return [fail(check, message, `openapi/errors.md says what to do about ${code}.`)]
}
