import { join } from 'node:path'
import { type RunningProcess, startProcess } from '../../test/support/processes.ts'
import type { RunningNautobot } from './nautobot.ts'
import { CHECKOUT_DIRECTORY } from './paths.ts'

const ENTRY = join('src', 'main.ts')

/** The variables with which a sidecar serves this Nautobot. */
export function sidecarEnvironment(nautobot: RunningNautobot, port: number) {
  return {
    AI_OPS_ENV: 'LAB',
    NAUTOBOT_URL: nautobot.url,
    NAUTOBOT_TOKEN: nautobot.users.service.token,
    REDIS_URL: nautobot.eventRedisUrl,
    PORT: String(port)
  }
}

/** Starts the sidecar of this checkout beside Nautobot. Its log goes to `onLine`. */
export function startSidecar(
  nautobot: RunningNautobot,
  port: number,
  onLine: (line: string) => void
): RunningProcess {
  return startProcess({
    command: process.execPath,
    args: [ENTRY],
    // Everything else of the shell is passed on: a model's key, a log level.
    env: { ...process.env, ...sidecarEnvironment(nautobot, port) },
    cwd: CHECKOUT_DIRECTORY,
    onLine
  })
}
