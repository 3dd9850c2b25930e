import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One part of the whole suite. `vitest` names a project, `command` anything else. */
type Part =
  | { readonly title: string; readonly vitest: readonly string[] }
  | { readonly title: string; readonly command: readonly string[] }

interface Counted {
  readonly passed: number
  readonly failed: number
}

const PARTS: readonly Part[] = [
  { title: 'lint', command: ['biome', 'check', '.'] },
  { title: 'types', command: ['tsc', '--noEmit'] },
  { title: 'unit', vitest: ['unit', 'web'] },
  { title: 'integration on real servers', vitest: ['integration'] },
  {
    title: "the shim's own tests",
    command: ['node', 'nautobot-plugin-shim/development/shim-tests.ts']
  },
  { title: 'real Nautobot', vitest: ['nautobot'] },
  { title: 'real browser', vitest: ['browser'] },
  { title: 'Helm', vitest: ['helm'] }
]

const startedAt = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'ai-ops-test-'))
const totals = { passed: 0, failed: 0 }
const failures: string[] = []
for (const [index, part] of PARTS.entries()) {
  const partStartedAt = performance.now()
  console.log(`\n── ${part.title} ──`)
  const { passed, failed } =
    'vitest' in part ? await runVitest(part.vitest, index) : await runCommand(part.command)
  totals.passed += passed
  totals.failed += failed
  if (failed > 0) failures.push(part.title)
  const seconds = ((performance.now() - partStartedAt) / 1_000).toFixed(0)
  console.log(`── ${part.title}: ${passed} passed, ${failed} failed in ${seconds} s`)
}
await rm(folder, { recursive: true })
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1)
console.log(
  `\n${failures.length > 0 ? `Failed: ${failures.join(', ')}.` : 'Everything passed'} after ${minutes} minutes.`
)
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed > 0 ? 1 : 0

async function runVitest(projects: readonly string[], index: number): Promise<Counted> {
  const report = join(folder, `${index}.json`)
  const chosen = projects.flatMap((project) => ['--project', project])
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await run(['vitest', 'run', ...chosen, ...reporters])
  const { numPassedTests: passed, numFailedTests } = await readReport(report)
  // A file that cannot be loaded, or a set-up that fails, fails no test of its own.
  return { passed, failed: code === 0 ? numFailedTests : Math.max(numFailedTests, 1) }
}

async function readReport(
  path: string
): Promise<{ numPassedTests: number; numFailedTests: number }> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    console.log('There is no report: the runner ended before its tests did.')
    return { numPassedTests: 0, numFailedTests: 1 }
  }
}

/** A command counts as one check, unless it prints how many tests it ran as Django's runner does. */
async function runCommand(command: readonly string[]): Promise<Counted> {
  const { code, output } = await run(command)
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 1)
  if (code === 0) return { passed: ran, failed: 0 }
  const failed = [...output.matchAll(/\b(?:failures|errors)=(\d+)/g)]
    .map(([, count]) => Number(count))
    .reduce((sum, count) => sum + count, 0)
  return { passed: Math.max(0, ran - Math.max(failed, 1)), failed: Math.max(failed, 1) }
}

function run([command = '', ...args]: readonly string[]): Promise<{
  code: number
  output: string
}> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; output: string }>()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let tail = ''
  const show = (chunk: Buffer) => {
    process.stdout.write(chunk)
    tail = (tail + chunk.toString()).slice(-200_000)
  }
  child.stdout.on('data', show)
  child.stderr.on('data', show)
  child.on('error', reject)
  child.on('close', (code) => resolve({ code: code ?? 1, output: tail }))
  return promise
}
