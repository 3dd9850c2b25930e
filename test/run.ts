import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PARTS, runPart } from './support/suite-parts.ts'

/** Of its limit; a part that takes longer is pointed out before the limit ends it. */
const SLOW_SHARE = 0.5

const startedAt = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'ai-ops-test-'))
const totals = { passed: 0, failed: 0 }
const failedParts: string[] = []
const failures: string[] = []
const parts: { summary: string; minutes: number }[] = []
for (const [index, part] of PARTS.entries()) {
  const partStartedAt = performance.now()
  console.log(`\n── ${part.title} ──`)
  const report = join(folder, `${index}.json`)
  const counted = await runPart(part, { report, say: (line) => console.log(line) })
  const { passed, failed } = counted
  totals.passed += passed
  totals.failed += failed
  if (failed > 0) failedParts.push(part.title)
  failures.push(...(counted.failures ?? []))
  const minutes = minutesSince(partStartedAt)
  const isSlow = minutes > part.maxMinutes * SLOW_SHARE
  const slow = isSlow ? ` (slow: ${part.maxMinutes} minutes are its limit)` : ''
  const summary = `${part.title}: ${passed} passed, ${failed} failed in ${(minutes * 60).toFixed(0)} s${slow}`
  parts.push({ summary, minutes })
  console.log(`── ${summary}`)
}
await rm(folder, { recursive: true })

console.log('\nSlowest first:')
for (const { summary } of parts.toSorted((left, right) => right.minutes - left.minutes)) {
  console.log(`  ${summary}`)
}
for (const failure of failures) console.log(`\n✗ ${failure}`)
console.log(
  `\n${failedParts.length > 0 ? `Failed: ${failedParts.join(', ')}.` : 'Everything passed'} after ${minutesSince(startedAt).toFixed(1)} minutes.`
)
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed > 0 ? 1 : 0

function minutesSince(start: number): number {
  return (performance.now() - start) / 60_000
}
