import { type RunningProcess, startProcess } from '../../test/support/processes.ts'

const START_TIMEOUT_MS = 120_000

/**
 * Starts a Celery worker beside a Nautobot whose commands have this environment, and waits until it takes Jobs: about ten
 * seconds. Its broker is the Redis of that Nautobot alone. Whoever started it stops it, before the Nautobot.
 */
export async function startWorker(
  environment: NodeJS.ProcessEnv,
  onLine?: (line: string) => void
): Promise<RunningProcess> {
  const worker = startProcess({
    command: 'nautobot-server',
    args: ['celery', 'worker', '--loglevel', 'INFO', '--concurrency', '1'],
    env: environment,
    ...(onLine ? { onLine } : {})
  })
  try {
    await worker.waitForOutput(/celery@\S+ ready\./, START_TIMEOUT_MS)
    return worker
  } catch (error) {
    await worker.stop()
    throw error
  }
}
