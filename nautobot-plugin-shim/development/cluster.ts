import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand, startProcess } from '../../test/support/processes.ts'
import { DATABASE_USER } from './paths.ts'

const START_TIMEOUT_MS = 60_000
const COMMAND_TIMEOUT_MS = 120_000
/** unix(7) allows 107 characters, of which PostgreSQL's file name takes 16. */
const MAX_SOCKET_DIRECTORY_CHARACTERS = 90

/** The one role of our clusters; no password, since only a socket in a private folder leads there. */
export const DATABASE_ROLE = 'nautobot'

/** A running PostgreSQL server of one's own. Stopping it keeps its data. */
export type RunningCluster = {
  /** Folder of its socket, the value of DB_HOST. It listens on no port. */
  socketDirectory: string
  /** Runs one statement, by default in the database `postgres`; rows are lines. */
  execute: (statement: string, database?: string) => Promise<string>
  stop: () => Promise<void>
}

async function databaseUserId(): Promise<number | undefined> {
  if (DATABASE_USER === undefined) return undefined
  return Number(await runCommand({ command: 'id', args: ['-u', DATABASE_USER], timeoutMs: 5_000 }))
}

async function own(path: string): Promise<void> {
  const user = await databaseUserId()
  if (user !== undefined) await chown(path, user, -1)
}

/** Creates an empty cluster in a new folder. */
export async function createCluster(programs: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await own(directory)
  // Small log segments keep the copies of a template small.
  const options = ['--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync', '--wal-segsize=1']
  await runCommand({
    command: join(programs, 'initdb'),
    args: ['--pgdata', directory, '--username', DATABASE_ROLE, ...options],
    cwd: dirname(directory),
    ...(DATABASE_USER ? { user: DATABASE_USER } : {}),
    timeoutMs: COMMAND_TIMEOUT_MS
  })
}

/** Copies a stopped cluster; blocks are shared where the file system can do that. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  const args = ['--archive', '--reflink=auto', '--no-target-directory', from, to]
  await runCommand({ command: 'cp', args, timeoutMs: COMMAND_TIMEOUT_MS })
}

// Nothing here outlives a test run, so durability is given up for speed.
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '100',
  shared_buffers: '64MB',
  max_wal_size: '64MB',
  min_wal_size: '2MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum_naptime: '10min',
  jit: 'off'
}

// In the run's own folder, which is cleaned up even after a kill, unless the address would be longer than the kernel allows.
async function createSocketDirectory(directory: string): Promise<string> {
  const beside = join(dirname(directory), 'socket')
  if (beside.length > MAX_SOCKET_DIRECTORY_CHARACTERS) {
    return mkdtemp(join(tmpdir(), 'ai-ops-pg-'))
  }
  await mkdir(beside, { recursive: true })
  return beside
}

/** Starts the server of a cluster that no other server uses. Its socket is beside `directory`. */
export async function startCluster(programs: string, directory: string): Promise<RunningCluster> {
  const socketDirectory = await createSocketDirectory(directory)
  await own(socketDirectory)
  const settings = { ...SETTINGS, unix_socket_directories: socketDirectory }
  const server = startProcess({
    command: join(programs, 'postgres'),
    args: [
      '-D',
      directory,
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    ],
    cwd: directory,
    ...(DATABASE_USER ? { user: DATABASE_USER } : {}),
    // The fast shutdown: it ends open connections, SIGTERM would wait for them.
    stopSignal: 'SIGINT'
  })
  const stop = async () => {
    await server.stop()
    await rm(socketDirectory, { recursive: true, force: true })
  }
  const psql = [
    '--host',
    socketDirectory,
    '--username',
    DATABASE_ROLE,
    '--no-psqlrc',
    '--tuples-only'
  ]
  try {
    await server.waitForOutput(/ready to accept connections/, START_TIMEOUT_MS)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    socketDirectory,
    execute: (statement, database = 'postgres') =>
      runCommand({
        command: join(programs, 'psql'),
        args: [...psql, '--no-align', '--dbname', database, '--command', statement],
        timeoutMs: COMMAND_TIMEOUT_MS
      }),
    stop
  }
}
