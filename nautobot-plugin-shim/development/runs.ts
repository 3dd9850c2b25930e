import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseDirectory } from './paths.ts'

const OWNER_FILE = 'owner'
/** Position of the start time in /proc/<pid>/stat, counted after the command's closing parenthesis (proc(5)). */
const START_TIME_FIELD = 19

/** Tells a process from a later one with the same id; undefined when there is none. */
function identify(processId: string): string | undefined {
  const file = `/proc/${processId}/stat`
  if (!existsSync(file)) return undefined
  const stat = readFileSync(file, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return `${processId} ${fields[START_TIME_FIELD]}`
}

function isOwned(directory: string): boolean {
  const file = join(directory, OWNER_FILE)
  if (!existsSync(file)) return false
  const owner = readFileSync(file, 'utf8')
  return identify(owner.split(' ')[0] ?? '') === owner
}

/** Removes what killed runners left. Their servers are gone already: the kernel ends them together with their owner. */
export async function removeAbandonedRuns(): Promise<void> {
  const runs = join(databaseDirectory(), 'runs')
  for (const name of existsSync(runs) ? readdirSync(runs) : []) {
    const directory = join(runs, name)
    if (!isOwned(directory)) await rm(directory, { recursive: true, force: true })
  }
}

/** Makes a folder that belongs to this process. Call it, and {@link removeAbandonedRuns}, under the template lock. */
export async function createRunDirectory(): Promise<string> {
  const runs = join(databaseDirectory(), 'runs')
  await mkdir(runs, { recursive: true })
  const directory = await mkdtemp(join(runs, 'run-'))
  await writeFile(join(directory, OWNER_FILE), identify(String(process.pid)) ?? '')
  // The database server's user passes through to its own folder and sees nothing else.
  await chmod(directory, 0o711)
  return directory
}
