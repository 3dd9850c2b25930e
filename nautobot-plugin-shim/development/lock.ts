import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** As long as an installation and a first migration on a slow machine. */
const MAX_WAIT_SECONDS = 1_800

/**
 * Does `work` while no other process does work under the same lock file. The lock is the kernel's (`flock`) and its holder reads
 * from a pipe of ours: it is released even if this process is killed, so no lock is ever stale.
 * @throws when the lock was not free within 30 minutes.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  const holder = spawn(
    'flock',
    ['--timeout', String(MAX_WAIT_SECONDS), file, 'sh', '-c', 'echo held; exec cat >/dev/null'],
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true }
  )
  const ended = once(holder, 'close')
  try {
    const held = await Promise.race([once(holder.stdout, 'data'), ended.then(() => undefined)])
    if (held === undefined) throw new Error(`${file} was locked for ${MAX_WAIT_SECONDS} s`)
    return await work()
  } finally {
    holder.stdin.end()
    await ended
  }
}
