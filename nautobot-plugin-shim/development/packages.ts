import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runCommand } from '../../test/support/processes.ts'
import { withLock } from './lock.ts'
import { cacheDirectory } from './paths.ts'
import type { Say } from './say.ts'

const INSTALL_TIMEOUT_MS = 900_000
const PROBE_TIMEOUT_MS = 20_000
const POSTGRESQL_HOME = '/usr/lib/postgresql'

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

/** The folder of the newest PostgreSQL server's programs, where Debian puts them; they are not on the PATH. */
export function findPostgresql(): string | undefined {
  const versions = existsSync(POSTGRESQL_HOME) ? readdirSync(POSTGRESQL_HOME) : []
  return versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(POSTGRESQL_HOME, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

/** Whether the command can be run and ends with 0. */
export async function succeeds(command: string, args: string[]): Promise<boolean> {
  return runCommand({ command, args, timeoutMs: PROBE_TIMEOUT_MS }).then(
    () => true,
    () => false
  )
}

const PRESENCE = {
  'python3-venv': () => succeeds('python3', ['-c', 'import ensurepip, venv']),
  'python3-pip': () => succeeds('python3', ['-m', 'pip', '--version']),
  postgresql: async () => findPostgresql() !== undefined,
  'redis-server': async () => isOnPath('redis-server'),
  /** Tells a process another time of day. */
  faketime: async () => isOnPath('faketime'),
  /** Builds images without a daemon, and runs them. */
  buildah: async () => isOnPath('buildah'),
  podman: async () => isOnPath('podman'),
  runc: async () => isOnPath('runc'),
  mmdebstrap: async () => isOnPath('mmdebstrap'),
  nginx: async () => isOnPath('nginx')
}

/** A Debian package that tests on real servers need. */
export type PackageName = keyof typeof PRESENCE

/** Where the package's name is not that of what is looked for. */
const DEBIAN_NAMES: Partial<Record<PackageName, string>> = { nginx: 'nginx-light' }

async function install(missing: PackageName[], say: Say): Promise<void> {
  const packages = missing.map((name) => DEBIAN_NAMES[name] ?? name).join(' ')
  const command = `apt-get install -y --no-install-recommends ${packages}`
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    throw new Error(
      `${packages} missing. Install with: sudo ${command} (or your system's own way), then try again.`
    )
  }
  say(`Installing ${packages} with apt-get, which tests on real servers need.`)
  await runCommand({
    command: 'sh',
    args: ['-c', `apt-get update -q && ${command} -q`],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: INSTALL_TIMEOUT_MS
  })
}

/**
 * Installs those of the packages that are missing. Safe to call from several processes at once.
 * @throws Error naming the command to run, when this user may not install packages.
 */
export async function ensurePackages(names: PackageName[], say: Say): Promise<void> {
  await withLock(join(cacheDirectory(), 'packages.lock'), async () => {
    const present = await Promise.all(names.map((name) => PRESENCE[name]()))
    const missing = names.filter((_, index) => !present[index])
    if (missing.length > 0) await install(missing, say)
  })
}
