import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { CommandError, runCommand } from '../../test/support/processes.ts'
import { withLock } from './lock.ts'
import {
  CHECKOUT_DIRECTORY,
  cacheDirectory,
  contentKey,
  isShimPresent,
  NAUTOBOT_VERSION,
  REQUIREMENTS_FILE,
  SHIM_DIRECTORY
} from './paths.ts'
import type { Say } from './say.ts'

const INSTALL_TIMEOUT_MS = 900_000
const PROBE_TIMEOUT_MS = 20_000
const POSTGRESQL_HOME = '/usr/lib/postgresql'

/** Everything that a development Nautobot is started with. */
export type Toolchain = {
  /** Folder of PostgreSQL's programs. */
  postgresqlDirectory: string
  /** Folder of the virtual environment's programs. */
  venvDirectory: string
  /** For PYTHONPATH: this checkout's app and its metadata; empty while there is no app. */
  pythonPath: string[]
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

function findPostgresql(): string | undefined {
  const versions = existsSync(POSTGRESQL_HOME) ? readdirSync(POSTGRESQL_HOME) : []
  return versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(POSTGRESQL_HOME, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  return runCommand({ command, args, timeoutMs: PROBE_TIMEOUT_MS }).then(
    () => true,
    () => false
  )
}

async function missingPackages(): Promise<string[]> {
  const missing: string[] = []
  if (!(await succeeds('python3', ['-c', 'import ensurepip, venv']))) missing.push('python3-venv')
  if (findPostgresql() === undefined) missing.push('postgresql')
  if (!isOnPath('redis-server')) missing.push('redis-server')
  return missing
}

async function ensurePackages(say: Say): Promise<void> {
  const missing = await missingPackages()
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    throw new Error(
      `A real Nautobot needs ${missing.join(', ')}. Install with: sudo ${command} (or your system's own way), then try again.`
    )
  }
  say(`Installing ${missing.join(', ')} with apt-get: Nautobot needs Python, a database and Redis.`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const line = `apt-get update -q && ${command} -q`
  await runCommand({ command: 'sh', args: ['-c', line], env, timeoutMs: INSTALL_TIMEOUT_MS })
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
  if (!isShimPresent()) return []
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
    await ensurePackages(say)
    const venv = join(cacheDirectory(), 'venv')
    await ensureVenv(venv, say)
    const pythonPath = await ensureShim(venv, say)
    const postgresqlDirectory = findPostgresql()
    if (postgresqlDirectory === undefined) {
      throw new CommandError(`no initdb under ${POSTGRESQL_HOME}`)
    }
    return { postgresqlDirectory, venvDirectory: join(venv, 'bin'), pythonPath }
  })
}
