import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { withLock } from '../../nautobot-plugin-shim/development/lock.ts'
import { ensurePackages } from '../../nautobot-plugin-shim/development/packages.ts'
import { cacheRoot } from '../../nautobot-plugin-shim/development/paths.ts'
import type { Say } from '../../nautobot-plugin-shim/development/say.ts'
import { runCommand } from './processes.ts'

const INSTALL_TIMEOUT_MS = 300_000
const HASH_CHARACTERS = 12

/**
 * A Python environment with exactly what the lock file pins, once for all checkouts and processes. Answers the folder of
 * its programs; rejects when there is no way to the packages.
 *
 * @param lockFile every package with its version, those that others need included
 */
export async function ensureVenv(lockFile: string, say: Say): Promise<string> {
  await ensurePackages(['python3-venv'], say)
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  const name = basename(lockFile, '.lock')
  const venv = join(cacheRoot(), `${name}-${hash.slice(0, HASH_CHARACTERS)}`)
  const programs = join(venv, 'bin')
  await withLock(`${venv}.lock`, async () => {
    const marker = join(venv, 'complete')
    if (existsSync(marker)) return
    say(`Installing what ${basename(lockFile)} pins (half a minute) in ${venv}.`)
    const timeoutMs = INSTALL_TIMEOUT_MS
    await runCommand({ command: 'python3', args: ['-m', 'venv', '--clear', venv], timeoutMs })
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps']
    const args = ['install', ...quiet, '--requirement', lockFile]
    await runCommand({ command: join(programs, 'pip'), args, timeoutMs })
    await writeFile(marker, '')
  })
  return programs
}
