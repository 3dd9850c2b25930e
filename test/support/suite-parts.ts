import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { startProcess } from './processes.ts'

/** What is told again at the end of the suite: its output is long, and often only its end is at hand. */
const MAX_FAILURES_TOLD = 20
const MAX_FAILURE_LINES = 12
const MAX_FAILURE_CHARACTERS = 2000

/** One part of the whole suite. `vitest` names projects, `command` anything else. */
export type Part = {
  readonly title: string
  /** When it takes longer it is ended, with everything it has started, and has failed. */
  readonly maxMinutes: number
} & (VitestPart | { readonly command: readonly string[] })

interface VitestPart {
  readonly vitest: readonly string[]
  /** Of the project's files those below this folder, or all others. */
  readonly only?: string
  readonly except?: string
}

export interface Counted {
  readonly passed: number
  readonly failed: number
  /** What failed and why, as far as the runner tells: a test's file and name, and the start of its message. */
  readonly failures?: readonly string[]
}

export interface PartOptions {
  /** Where vitest's report may be written. */
  readonly report: string
  /** Takes what the part prints, line by line. */
  readonly say: (line: string) => void
}

const VOLUME = 'test/nautobot/volume'

/**
 * One after the other: each keeps all cores busy, or looks at the clock. Each limit, here and below, is what a first run on a
 * slow machine needs, installations included, and half as much again. A suite that hangs everywhere has to end before
 * whoever runs it gives up, after 85 minutes.
 */
export const FIRST: readonly Part[] = [
  { title: 'lint', maxMinutes: 1, command: ['biome', 'check', '.'] },
  { title: 'types', maxMinutes: 1, command: ['tsc', '--noEmit'] },
  { title: 'unit', maxMinutes: 7, vitest: ['unit', 'web'] },
  { title: 'integration on real servers', maxMinutes: 16, vitest: ['integration'] }
]

/** Then these side by side, the parts of each one after the other: most of the time they wait for one process of Nautobot's. */
export const SIDE_BY_SIDE: readonly (readonly Part[])[] = [
  [{ title: 'real Nautobot, by the thousand', maxMinutes: 58, vitest: ['nautobot'], only: VOLUME }],
  [
    {
      title: "the shim's own tests",
      maxMinutes: 20,
      command: ['node', 'nautobot-plugin-shim/development/shim-tests.ts']
    },
    { title: 'real Nautobot', maxMinutes: 21, vitest: ['nautobot'], except: VOLUME },
    { title: 'real browser', maxMinutes: 13, vitest: ['browser'] },
    { title: 'Helm', maxMinutes: 4, vitest: ['helm'] }
  ]
]

/** Runs a part to its end, or to its limit. Never rejects because of what it runs: that counts as failed. */
export function runPart(part: Part, options: PartOptions): Promise<Counted> {
  return 'vitest' in part
    ? runVitest(part, part.maxMinutes, options)
    : runCommand(part.command, part.maxMinutes, options)
}

/** Arguments of vitest that choose a part's files. */
export function chosenBy({ vitest: projects, only, except }: VitestPart): string[] {
  return [
    ...projects.flatMap((project) => ['--project', project]),
    ...(only === undefined ? [] : [`${only}/`]),
    ...(except === undefined ? [] : ['--exclude', `${except}/**`])
  ]
}

async function runVitest(
  part: VitestPart,
  maxMinutes: number,
  { report, say }: PartOptions
): Promise<Counted> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await run(['vitest', 'run', ...chosenBy(part), ...reporters], maxMinutes, say)
  const told = await readReport(report, say)
  const { numPassedTests: passed, numFailedTests } = told
  // A file that cannot be loaded, or a set-up that fails, fails no test of its own.
  const failed = code === 0 ? numFailedTests : Math.max(numFailedTests, 1)
  return { passed, failed, failures: failuresOf(told) }
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults?: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

async function readReport(path: string, say: PartOptions['say']): Promise<VitestReport> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    say('There is no report: the runner ended before its tests did.')
    return { numPassedTests: 0, numFailedTests: 1 }
  }
}

function failuresOf({ testResults = [] }: VitestReport): string[] {
  return testResults
    .flatMap(({ name, status, message, assertionResults }) => {
      const file = relative(process.cwd(), name)
      const failed = assertionResults.filter((result) => result.status === 'failed')
      if (failed.length === 0 && status === 'failed') return [tellFailure(file, message)]
      return failed.map((test) =>
        tellFailure(`${file}: ${test.fullName}`, test.failureMessages?.join('\n'))
      )
    })
    .slice(0, MAX_FAILURES_TOLD)
}

function tellFailure(what: string, message = ''): string {
  const lines = message.slice(0, MAX_FAILURE_CHARACTERS).split('\n').slice(0, MAX_FAILURE_LINES)
  return [what, ...lines.map((line) => `    ${line}`)].join('\n').trimEnd()
}

/** A command counts as one check, unless it prints how many tests it ran as Django's runner does. */
async function runCommand(
  command: readonly string[],
  maxMinutes: number,
  { say }: PartOptions
): Promise<Counted> {
  const { code, output } = await run(command, maxMinutes, say)
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 1)
  if (code === 0) return { passed: ran, failed: 0 }
  const failed = [...output.matchAll(/\b(?:failures|errors)=(\d+)/g)]
    .map(([, count]) => Number(count))
    .reduce((sum, count) => sum + count, 0)
  return { passed: Math.max(0, ran - Math.max(failed, 1)), failed: Math.max(failed, 1) }
}

/** The exit code is 1 when the command was ended or could not be started. */
async function run(
  [command = '', ...args]: readonly string[],
  maxMinutes: number,
  say: PartOptions['say']
): Promise<{ code: number; output: string }> {
  const running = startProcess({ command, args, onLine: say })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    say(`This part is ended: it took longer than its limit of ${maxMinutes} minutes.`)
    running.stop().catch(() => undefined)
  }, maxMinutes * 60_000)
  try {
    const code = await running.exited
    return { code: isLate ? 1 : (code ?? 1), output: running.output() }
  } catch (error) {
    say(`This part cannot be started: ${error}`)
    return { code: 1, output: '' }
  } finally {
    clearTimeout(timer)
  }
}
