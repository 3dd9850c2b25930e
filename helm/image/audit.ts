// `npm run audit`: known vulnerabilities of what is shipped, as the registry knows them. `-- --registry URL` asks another one.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lockfile, shippedPackages } from './licences.ts'

const ROOT = join(import.meta.dirname, '../..')
const TIMEOUT_MS = 120_000
const MAX_REPORT_BYTES = 32 * 1024 * 1024
const EXIT = { well: 0, vulnerable: 1, unknown: 2 } as const
const BAD: readonly string[] = ['high', 'critical']

/** The parts of npm's report that are read here: of an audit, or of its failure. */
interface Report {
  readonly vulnerabilities?: Readonly<Record<string, { severity: string; nodes: string[] }>>
  readonly message?: string
}

interface Verdict {
  readonly text: string
  readonly exitCode: number
}

/** What a report says of the packages that are shipped; one that is none is no good news. */
function judge({ vulnerabilities, message }: Report, lockfile: Lockfile): Verdict {
  if (!vulnerabilities) {
    const text = `Nothing is known: the registry has answered no audit (${message ?? 'no reason given'}).
Ask one that does, for example: npm run audit -- --registry https://registry.npmjs.org`
    return { text, exitCode: EXIT.unknown }
  }
  const shipped = shippedPackages(lockfile)
  const versionOf = (path: string) => lockfile.packages[path]?.version ?? 'unknown'
  const found = Object.entries(vulnerabilities).flatMap(([name, { severity, nodes }]) =>
    [...new Set(nodes.map(versionOf))]
      .filter((version) => shipped.has(`${name}@${version}`))
      .map((version) => ({ severity, line: `${severity}: ${name} ${version}` }))
  )
  const bad = found.filter(({ severity }) => BAD.includes(severity)).length
  const count = `${shipped.size} packages are shipped; ${found.length} have known vulnerabilities, ${bad} of them high or critical.`
  const lines = [...found.map(({ line }) => line), count]
  return { text: lines.join('\n'), exitCode: bad > 0 ? EXIT.vulnerable : EXIT.well }
}

const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile
// All of them: npm takes what the chat's script is made of for tools of the build.
const { stdout } = spawnSync('npm', ['audit', '--json', ...process.argv.slice(2)], {
  cwd: ROOT,
  encoding: 'utf8',
  timeout: TIMEOUT_MS,
  maxBuffer: MAX_REPORT_BYTES
})
const { text, exitCode } = judge(parse(stdout), lockfile)
process.stdout.write(`${text}\n`)
process.exitCode = exitCode

function parse(report: string): Report {
  try {
    return JSON.parse(report) as Report
  } catch {
    return { message: 'npm has said nothing' }
  }
}
