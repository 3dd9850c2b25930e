import type { FuzzedCall } from './calls.ts'

/** How often each kind of call ended how. */
export interface OutcomeTable {
  add(call: FuzzedCall, outcome: string): void
  /** Of one outcome. */
  count(outcome: string): number
  print(): void
}

export function createOutcomeTable(): OutcomeTable {
  const rows = new Map<string, number>()
  return {
    add({ tool, kind }, outcome) {
      const row = [tool.padEnd(16), kind.padEnd(28), outcome].join(' ')
      rows.set(row, (rows.get(row) ?? 0) + 1)
    },
    count: (outcome) =>
      [...rows].reduce((sum, [row, count]) => sum + (row.endsWith(` ${outcome}`) ? count : 0), 0),
    print() {
      const lines = [...rows].map(([row, count]) => `${String(count).padStart(5)} ${row}`)
      process.stdout.write(`${lines.toSorted().toReversed().join('\n')}\n`)
    }
  }
}
