import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Counted, FIRST, type Part, runPart, SIDE_BY_SIDE } from './support/suite-parts.ts'

/** Of its limit; a part that takes longer is pointed out before the limit ends it. */
const SLOW_SHARE = 0.5

interface Run {
  readonly part: Part
  readonly counted: Counted
  readonly minutes: number
}

const startedAt = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'ai-ops-test-'))
const first = await runAll(FIRST, (line) => console.log(line))
const beside = await Promise.all(
  SIDE_BY_SIDE.map((parts) => runAll(parts, (line, { title }) => console.log(`${title} │ ${line}`)))
)
await rm(folder, { recursive: true })
tellAll([...first, ...beside.flat()])

/** One after the other. */
async function runAll(
  parts: readonly Part[],
  say: (line: string, part: Part) => void
): Promise<Run[]> {
  const runs: Run[] = []
  for (const part of parts) {
    const partStartedAt = performance.now()
    console.log(`\n── ${part.title} ──`)
    const report = join(folder, `${part.title.replaceAll(/\W+/g, '-')}.json`)
    const counted = await runPart(part, { report, say: (line) => say(line, part) })
    const run = { part, counted, minutes: minutesSince(partStartedAt) }
    runs.push(run)
    console.log(`── ${summaryOf(run)}`)
  }
  return runs
}

function summaryOf({ part, counted: { passed, failed }, minutes }: Run): string {
  const isSlow = minutes > part.maxMinutes * SLOW_SHARE
  const slow = isSlow ? ` (slow: ${part.maxMinutes} minutes are its limit)` : ''
  return `${part.title}: ${passed} passed, ${failed} failed in ${(minutes * 60).toFixed(0)} s${slow}`
}

function tellAll(runs: readonly Run[]): void {
  console.log('\nSlowest first:')
  for (const run of runs.toSorted((left, right) => right.minutes - left.minutes)) {
    console.log(`  ${summaryOf(run)}`)
  }
  for (const { counted } of runs) {
    for (const failure of counted.failures ?? []) console.log(`\n✗ ${failure}`)
  }
  const sum = (key: 'passed' | 'failed') => runs.reduce((all, { counted }) => all + counted[key], 0)
  const failedParts = runs.filter(({ counted }) => counted.failed > 0)
  const titles = failedParts.map(({ part }) => part.title).join(', ')
  const outcome = titles === '' ? 'Everything passed' : `Failed: ${titles}.`
  console.log(`\n${outcome} after ${minutesSince(startedAt).toFixed(1)} minutes.`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') > 0 ? 1 : 0
}

function minutesSince(start: number): number {
  return (performance.now() - start) / 60_000
}
