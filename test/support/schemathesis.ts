import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Say } from '../../nautobot-plugin-shim/development/say.ts'
import { startProcess } from './processes.ts'
import { ensureVenv } from './python-venv.ts'

const LOCK_FILE = join(import.meta.dirname, 'schemathesis.lock')
/** Beyond the time it is given: to begin, and to report. */
const GRACE_MS = 120_000
const CHECKS = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance'],
  ...['response_headers_conformance', 'response_schema_conformance']
]

/** A foreign server that fails is no fault of ours, where the document says so; 500 is, whatever it says. */
const SETTINGS = `[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 502, 503, 504]
`

export interface FuzzOptions {
  readonly url: string
  readonly document: string
  readonly phases: readonly ('coverage' | 'fuzzing' | 'stateful')[]
  readonly maxSeconds: number
  readonly seed: number
  readonly say: Say
}

export interface FuzzReport {
  readonly cases: number
  /** Whether no case found anything. */
  readonly isClean: boolean
  /** What it printed, with what it found and how to ask the same. */
  readonly output: string
}

/** Asks whatever the document allows, and much that it does not; judges every answer by the document. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { url, document, phases, maxSeconds, seed, say } = options
  const command = join(await ensureVenv(LOCK_FILE, say), 'schemathesis')
  const directory = await mkdtemp(join(tmpdir(), 'ai-ops-fuzz-'))
  await writeFile(join(directory, 'schemathesis.toml'), SETTINGS)
  const what = ['run', document, '--url', url, '--checks', CHECKS.join(',')]
  const how = ['--phases', phases.join(','), '--seed', String(seed), '--no-shrink']
  const bounds = ['--max-time', String(maxSeconds), '--request-timeout', '20']
  const quiet = ['--continue-on-failure', '--warnings', 'off', '--suppress-health-check', 'all']
  const running = startProcess({
    command,
    args: [...what, ...how, ...bounds, ...quiet],
    cwd: directory,
    onLine: say
  })
  const timer = setTimeout(() => void running.kill(), maxSeconds * 1_000 + GRACE_MS)
  try {
    const isClean = (await running.exited) === 0
    const output = running.output()
    const cases = Number(/^\s*(\d+) generated/m.exec(output)?.[1] ?? 0)
    return { cases, isClean, output }
  } finally {
    clearTimeout(timer)
    await rm(directory, { recursive: true, force: true })
  }
}
