import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { CommandError, endOf, runCommand, startProcess } from '../../support/processes.ts'

const modulePath = fileURLToPath(new URL('../../support/processes.ts', import.meta.url))

test('a child ends when its owner is killed', async () => {
  const code = `
    const { startProcess } = await import(${JSON.stringify(modulePath)})
    process.stdout.write(String(startProcess({ command: 'sleep', args: ['60'] }).pid))`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', code])
  const [pid] = (await once(owner.stdout, 'data')) as [Buffer]
  const entry = `/proc/${pid.toString()}`
  await vi.waitFor(() => expect(existsSync(entry)).toBe(true), { timeout: 5_000 })
  owner.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(entry)).toBe(false), { timeout: 5_000 })
})

test('a command that fails rejects with what it printed', async () => {
  const failing = runCommand({
    command: 'sh',
    args: ['-c', 'echo out; echo err >&2; exit 3'],
    timeoutMs: 5_000
  })
  await expect(failing).rejects.toThrow(CommandError)
  await expect(failing).rejects.toThrow(/ended with 3:\n(out\nerr|err\nout)/)
})

test('a command that takes longer than its time-out is killed', async () => {
  const started = performance.now()
  const hanging = runCommand({ command: 'sleep', args: ['60'], timeoutMs: 100 })
  await expect(hanging).rejects.toThrow('took longer than 100 ms')
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('what is kept of an output begins with a whole line, where it has lines', () => {
  expect(endOf('one\ntwo\n', 8)).toBe('one\ntwo\n')
  expect(endOf('one\ntwo\n', 7)).toBe('two\n')
  expect(endOf('one\ntwo\n', 4)).toBe('two\n')
  expect(endOf('one\ntwo\n', 3)).toBe('wo\n')
  expect(endOf('oneandtwo', 3)).toBe('two')
})

test('waiting for output ends with the match, with the time-out, or with the process', async () => {
  const talking = startProcess({ command: 'sh', args: ['-c', 'echo ready; sleep 60'] })
  await talking.waitForOutput(/ready/, 5_000)
  await expect(talking.waitForOutput(/never/, 50)).rejects.toThrow('nothing for 50 ms')
  const ending = expect(talking.waitForOutput(/never/, 5_000)).rejects.toThrow('ended with null')
  await talking.stop()
  await talking.stop()
  await ending
})

test('output beyond the limit keeps its end', async () => {
  const args = ['-c', 'head -c 50010000 /dev/zero | tr "\\0" x; echo end']
  const output = await runCommand({ command: 'sh', args, timeoutMs: 5_000 })
  expect(output).toHaveLength(50_000_000)
  expect(output.endsWith('xend\n')).toBe(true)
})
