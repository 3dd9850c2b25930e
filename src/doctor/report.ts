import { type Finding, type FindingState, stateOf } from './finding.ts'

const EXIT_CODES: Readonly<Record<FindingState, number>> = { ok: 0, warn: 1, fail: 2 }
const STATE_COLUMNS = 6
const MAX_CHECK_COLUMNS = 32

/** 0: all is well, 1: something should be looked at, 2: something does not work. */
export const exitCodeOf = (findings: readonly Finding[]) => EXIT_CODES[stateOf(findings)]

/** One line for each finding: its state, what was looked at, what was found, and what to do. */
export function toLines(findings: readonly Finding[]): string {
  const widest = Math.max(0, ...findings.map(({ check }) => check.length))
  const columns = Math.min(widest, MAX_CHECK_COLUMNS) + 2
  return findings
    .map(({ check, state, sentence, advice }) => {
      const place = `${state.padEnd(STATE_COLUMNS)}${oneLine(check).padEnd(columns)}`
      return `${place}${oneLine(`${sentence} ${advice}`)}\n`
    })
    .join('')
}

export function toJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ state: stateOf(findings), findings }, undefined, 2)}\n`
}

/** Names come from Nautobot: none may begin a line of its own, or move the cursor. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}
