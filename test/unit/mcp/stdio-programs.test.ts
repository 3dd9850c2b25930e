import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectStdio } from '../../../src/mcp/mcp-connection.ts'

const PROGRAM = join(import.meta.dirname, '../../fixtures/silent-program.mjs')

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ai-ops-stdio-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Those of the programs that were started. */
function running(): number[] {
  const file = join(folder, 'pids')
  const started = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []
  return started.filter((pid) => existsSync(`/proc/${pid}`))
}

test.each(['takes too long', 'is given up'])(
  'no program is left of a connection that %s',
  async (how) => {
    const giveUp = new AbortController()
    const connecting = connectStdio(
      { file: process.execPath, args: [PROGRAM, join(folder, 'pids')], env: {} },
      {
        connectTimeoutMs: how === 'is given up' ? 60_000 : 2_500,
        ...{ callTimeoutMs: 1_000, totalTimeoutMs: 1_000, signal: giveUp.signal }
      }
    )
    connecting.catch(() => undefined)
    await expect.poll(running).not.toEqual([])
    if (how === 'is given up') giveUp.abort(new Error('closing'))

    await expect(connecting).rejects.toThrow()
    await expect.poll(running, { timeout: 10_000 }).toEqual([])
    // Nor is one started afterwards.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(running()).toEqual([])
  }
)
