import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProcess } from '../support/processes.ts'

const START_TIMEOUT_MS = 30_000
const ENTRY = join(import.meta.dirname, '../../src/main.ts')

/** What the service prints at a pseudo-terminal, as a person starts it, until it has said `last`. */
async function startAtTerminal(last: RegExp, env: Readonly<Record<string, string>> = {}) {
  const { PATH, HOME } = process.env
  const running = startProcess({
    command: 'python3',
    args: ['-c', 'import pty, sys; pty.spawn(sys.argv[1:])', process.execPath, ENTRY],
    env: { PATH, HOME, PORT: '0', OLLAMA_HOST: 'off', ...env }
  })
  onTestFinished(running.stop)
  await running.waitForOutput(last, START_TIMEOUT_MS)
  return running.output()
}

test('a start at a terminal says in sentences where the chat is and what is embedded', async () => {
  const output = await startAtTerminal(/no key is set\.\r?\n/)
  expect(output).toMatch(/^ {2}Chat at http:\/\/127\.0\.0\.1:\d+\/\r?$/m)
  expect(output).toMatch(/^ {2}API explorer at http:\/\/127\.0\.0\.1:\d+\/docs\r?$/m)
  expect(output).toMatch(/^ {2}A sample network stands in for Nautobot/m)
  expect(output).not.toContain('{')
})

test('whoever sets LOG_LEVEL has the log at the terminal too', async () => {
  const output = await startAtTerminal(/"address":"http/, { LOG_LEVEL: 'info' })
  expect(output).toMatch(/^ {2}Chat at http/m)
  expect(output).toMatch(/^\{.*"address":"http/m)
})
