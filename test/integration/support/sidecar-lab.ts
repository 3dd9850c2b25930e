import { join } from 'node:path'
import { type RunningProcess, startProcess } from '../../support/processes.ts'

const CHECKOUT = join(import.meta.dirname, '../../..')
/** What is tested: the sources, or what the image runs (`dist/src/main.js`, after `npm run build`). */
const MAIN = join(CHECKOUT, process.env.AI_OPS_TEST_MAIN ?? 'src/main.ts')
const START_TIMEOUT_MS = 30_000
const ADDRESS = /"address":"([^"]+)"/

export interface LabSidecar {
  /** Without a slash at the end. */
  readonly url: string
  readonly pid: number
  /** Everything it has printed. */
  logs(): string
  /** One signal to the process, without waiting. */
  signal(name: NodeJS.Signals): void
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>
  /** SIGTERM; throws when the service does not end in an orderly way, which 0 says. */
  stop(): Promise<void>
}

export type SidecarEnv = Readonly<Record<string, string>>

/** The process of the service with nothing in its environment but `env`, PATH and HOME; no Ollama is looked for. */
export function runSidecar(env: SidecarEnv): RunningProcess {
  const { PATH, HOME } = process.env
  return startProcess({
    command: process.execPath,
    args: [MAIN],
    env: { PATH, HOME, PORT: '0', OLLAMA_HOST: 'off', ...env },
    cwd: CHECKOUT
  })
}

/**
 * The real service in LAB over the embedded sample, asking the model at `modelUrl`. Listens when this resolves, and has
 * reached Redis where it is given one.
 */
export async function startLabSidecar(modelUrl: string, env: SidecarEnv = {}): Promise<LabSidecar> {
  const running = runSidecar({ OPENAI_BASE_URL: modelUrl, OPENAI_MODEL: 'scripted', ...env })
  try {
    await running.waitForOutput(ADDRESS, START_TIMEOUT_MS)
    if (env.REDIS_URL) await running.waitForOutput(/ready for questions/, START_TIMEOUT_MS)
  } catch (error) {
    await running.kill()
    throw error
  }
  return {
    url: ADDRESS.exec(running.output())?.[1] ?? '',
    pid: running.pid,
    logs: running.output,
    signal: (name) => void process.kill(running.pid, name),
    exited: running.exited,
    stop: async () => {
      await running.stop()
      const code = await running.exited
      if (code !== 0) throw new Error(`The service ended with ${code}:\n${running.output()}`)
    }
  }
}
