import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError, runCommand } from '../../test/support/processes.ts'
import { withLock } from './lock.ts'
import { ensurePackages, findPostgresql, succeeds } from './packages.ts'
import {
  CHECKOUT_DIRECTORY,
  cacheDirectory,
  contentKey,
  NAUTOBOT_VERSION,
  REQUIREMENTS_FILE,
  SHIM_DIRECTORY
} from './paths.ts'
import type { Say } from './say.ts'

const INSTALL_TIMEOUT_MS = 900_000

/** Everything that a development Nautobot is started with. */
export type Toolchain = {
  /** Folder of PostgreSQL's programs. */
  postgresqlDirectory: string
  /** Folder of the virtual environment's programs. */
  venvDirectory: string
  /** For PYTHONPATH: this checkout's app and its metadata; empty while there is no app. */
  pythonPath: string[]
}

async function pip(venv: string, args: string[]): Promise<string> {
  return runCommand({
    command: join(venv, 'bin', 'pip'),
    args: [...args, '--quiet', '--disable-pip-version-check', '--no-input'],
    timeoutMs: INSTALL_TIMEOUT_MS
  })
}

async function ensureVenv(venv: string, say: Say): Promise<void> {
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS_FILE)).digest('hex')
  const marker = join(venv, 'installed-requirements')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  say(`Installing Nautobot ${NAUTOBOT_VERSION} (134 packages, 560 MB, about a minute) in ${venv}.`)
  if (!(await succeeds(join(venv, 'bin', 'python'), ['-c', 'import pip']))) {
    await mkdir(venv, { recursive: true })
    const args = ['-m', 'venv', '--clear', venv]
    await runCommand({ command: 'python3', args, timeoutMs: INSTALL_TIMEOUT_MS })
  }
  await pip(venv, ['install', '--requirement', REQUIREMENTS_FILE])
  await writeFile(marker, wanted)
}

// Two checkouts share the virtual environment, so the app is not installed into it: its code comes from this checkout, and
// an editable installation beside it provides the metadata that the app's own version is read from.
async function ensureShim(venv: string, say: Say): Promise<string[]> {
  const project = join(SHIM_DIRECTORY, 'pyproject.toml')
  const key = contentKey([project], CHECKOUT_DIRECTORY)
  const metadata = join(cacheDirectory(), `shim-${key}`)
  if (!existsSync(join(metadata, 'complete'))) {
    say('Installing the app of this checkout, editable.')
    const args = ['install', '--no-deps', '--upgrade', '--target', metadata]
    await pip(venv, [...args, '--editable', SHIM_DIRECTORY])
    await writeFile(join(metadata, 'complete'), '')
  }
  return [SHIM_DIRECTORY, metadata]
}

/**
 * Installs what is missing, and says so. Safe to call from several processes at once: the second waits for the first.
 * @throws Error naming the command to run, when Debian packages are missing and this user may not install them.
 */
export async function ensureToolchain(say: Say): Promise<Toolchain> {
  return withLock(join(cacheDirectory(), 'install.lock'), async () => {
    await ensurePackages(['python3-venv', 'postgresql', 'redis-server'], say)
    const venv = join(cacheDirectory(), 'venv')
    await ensureVenv(venv, say)
    const pythonPath = await ensureShim(venv, say)
    const postgresqlDirectory = findPostgresql()
    if (postgresqlDirectory === undefined) {
      throw new CommandError('postgresql is installed without its server programs')
    }
    return { postgresqlDirectory, venvDirectory: join(venv, 'bin'), pythonPath }
  })
}
