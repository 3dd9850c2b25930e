import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { withLock } from '../../../nautobot-plugin-shim/development/lock.ts'

const lockModule = fileURLToPath(
  new URL('../../../nautobot-plugin-shim/development/lock.ts', import.meta.url)
)

async function lockFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ai-ops-lock-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return join(directory, 'deep', 'a.lock')
}

test('two holders of a lock work one after the other', async () => {
  const file = await lockFile()
  const events: string[] = []
  const work = (name: string) =>
    withLock(file, async () => {
      events.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      events.push(`${name} ends`)
    })
  await Promise.all([work('one'), work('one')])
  expect(events).toEqual(['one begins', 'one ends', 'one begins', 'one ends'])
})

test('a lock is free again after work that failed', async () => {
  const file = await lockFile()
  const failing = withLock(file, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(await withLock(file, async () => 'mine')).toBe('mine')
})

test('a lock is free again when its holder is killed', async () => {
  const file = await lockFile()
  const code = `
    const { withLock } = await import(${JSON.stringify(lockModule)})
    await withLock(${JSON.stringify(file)}, () => new Promise(() => {
      process.stdout.write('held')
      setTimeout(() => undefined, 60_000)
    }))`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', code])
  await once(holder.stdout, 'data')
  const waiting = withLock(file, async () => 'mine')
  holder.kill('SIGKILL')
  expect(await waiting).toBe('mine')
})
