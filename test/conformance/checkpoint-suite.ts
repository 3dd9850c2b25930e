import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import * as vitest from 'vitest'

const run = promisify(execFile)

const PACKAGE = '@langchain/langgraph-checkpoint-validation@1.1.1'
const SHA512 =
  'RlJGe/+x9T8R4WkUQKygTKJsBaTqliLiWK9vtutyMsUpH1bGkgHCq+bpi8CyglEucBPlYFHthypPXo/T8veIuA=='

const cacheRoot =
  process.env.AI_OPS_CACHE_DIR ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nautobot-ai-ops')

/** A saver under test. The suite leaves out one test for a saver called `MemorySaver`. */
export interface SuiteSubject {
  readonly checkpointerName: string
  readonly createCheckpointer: () => BaseCheckpointSaver
}

export interface CheckpointSuite {
  validate(subject: SuiteSubject): void
  deltaChannelHistoryTests(subject: SuiteSubject): void
}

/**
 * LangGraph's own tests for savers. Their package brings a second vitest and a second LangGraph along as
 * dependencies; of what they really import, all is here already, so the package alone is taken, and given ours.
 */
export async function loadCheckpointSuite(): Promise<CheckpointSuite> {
  const archive = await ensureArchive()
  const folder = await mkdtemp(join(tmpdir(), 'ai-ops-conformance-'))
  try {
    await run('tar', ['-xzf', archive, '-C', folder])
    await symlink(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'))
    // It finds `describe`, `it` and `expect` as globals only.
    Object.assign(globalThis, vitest)
    return (await import(join(folder, 'package', 'dist', 'index.js'))) as CheckpointSuite
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function ensureArchive(): Promise<string> {
  const archive = join(cacheRoot, 'checkpoint-validation-1.1.1.tgz')
  if (await exists(archive)) return archive
  await mkdir(cacheRoot, { recursive: true })
  const work = await mkdtemp(join(cacheRoot, 'conformance-'))
  try {
    const { stdout } = await run('npm', ['pack', PACKAGE, '--silent'], { cwd: work })
    const packed = join(work, stdout.trim())
    const sum = createHash('sha512').update(await readFile(packed))
    if (sum.digest('base64') !== SHA512) throw new Error(`${PACKAGE} is not what it was`)
    await rename(packed, archive)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return archive
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
