import { join } from 'node:path'
import { startProcess } from '../../support/processes.ts'

const CHECKOUT = join(import.meta.dirname, '../../..')
const START_TIMEOUT_MS = 30_000
const READY_LINE = /^\{.*"address":"([^"]+)".*\}$/m

export interface LabSidecar {
  readonly url: string
  stop(): Promise<void>
}

/** The service as a person tries it: `npm start` on a machine without Ollama, on a free port. */
export async function startLabSidecar(): Promise<LabSidecar> {
  const { PATH, HOME } = process.env
  const running = startProcess({
    command: process.execPath,
    args: [join(CHECKOUT, 'src/main.ts')],
    env: { PATH, HOME, AI_OPS_ENV: 'LAB', PORT: '0', OLLAMA_HOST: 'off' },
    cwd: CHECKOUT
  })
  try {
    await running.waitForOutput(READY_LINE, START_TIMEOUT_MS)
  } catch (error) {
    await running.kill()
    throw error
  }
  return { url: READY_LINE.exec(running.output())?.[1] ?? '', stop: running.stop }
}
