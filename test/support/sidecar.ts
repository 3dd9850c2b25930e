import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startProcess } from './processes.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 30_000
const READY_TIMEOUT_MS = 30_000
const POLL_INTERVAL_MS = 50
const READY_LINE = /^\{.*"address":"([^"]+)".*\}$/m

export interface SidecarOptions {
  readonly nautobotUrl: string
  /** Nautobot's address for browsers; default: `nautobotUrl`. */
  readonly nautobotPublicUrl?: string
  /** Of the service account. */
  readonly token: string
  readonly redisUrl: string
  /** Default: any that is free. */
  readonly port?: number
  /** Further variables. Nothing of this process' own environment but PATH and HOME is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** False: resolves as soon as it listens. */
  readonly untilReady?: boolean
}

export interface RunningSidecar {
  /** Without a slash at the end. */
  readonly url: string
  /** Everything it has printed. */
  readonly logs: () => string
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
}

/** The service as it is deployed: its own process, NONPROD rules, configuration objects in Nautobot. */
export async function startSidecar(options: SidecarOptions): Promise<RunningSidecar> {
  const { PATH, HOME } = process.env
  const running = startProcess({
    command: process.execPath,
    args: [join(CHECKOUT, 'src/main.ts')],
    env: {
      PATH,
      HOME,
      AI_OPS_ENV: 'NONPROD',
      HOST: '127.0.0.1',
      PORT: String(options.port ?? 0),
      NAUTOBOT_URL: options.nautobotUrl,
      NAUTOBOT_PUBLIC_URL: options.nautobotPublicUrl ?? options.nautobotUrl,
      NAUTOBOT_TOKEN: options.token,
      REDIS_URL: options.redisUrl,
      ...options.env
    },
    cwd: CHECKOUT
  })
  const stop = async () => {
    await running.stop()
    return running.exited
  }
  try {
    await running.waitForOutput(READY_LINE, START_TIMEOUT_MS)
    const url = READY_LINE.exec(running.output())?.[1] ?? ''
    if (options.untilReady !== false) await waitUntilReady(url, running.output)
    return { url, logs: running.output, stop }
  } catch (error) {
    await running.kill()
    throw error
  }
}

async function waitUntilReady(url: string, logs: () => string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    const answer = await fetch(`${url}/readyz`)
    await answer.body?.cancel()
    if (answer.ok) return
    await delay(POLL_INTERVAL_MS)
  }
  throw new Error(`The sidecar is not ready after ${READY_TIMEOUT_MS} ms:\n${logs()}`)
}
