import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { BuiltImage } from '../../../helm/image/build.ts'
import { freePort } from '../../support/ports.ts'

const READY_TIMEOUT_MS = 30_000
const POLL_INTERVAL_MS = 5

export interface Container {
  readonly name: string
  /** Without a slash at the end. */
  readonly url: string
  /** Milliseconds from the start of its first process until it was ready for questions. */
  readonly readyAfterMs: number
  /** Runs JavaScript in it and answers what that prints. */
  evaluate(code: string): Promise<string>
  inspect(format: string): Promise<string>
  remove(): Promise<void>
}

/** Stricter than the chart: nothing can be written, not even to the folders that podman makes writable by itself. */
const STRICT = {
  docker: ['--read-only'],
  podman: ['--read-only', '--read-only-tmpfs=false']
}

/** Starts the service in LAB as strictly as a cluster could demand. Listens on loopback; resolves at once. */
export async function startContainer(
  { engine, id }: BuiltImage,
  ...options: readonly string[]
): Promise<Omit<Container, 'readyAfterMs'>> {
  const name = `ai-ops-test-${randomUUID().slice(0, 8)}`
  const port = await freePort()
  const variables = { AI_OPS_ENV: 'LAB', HOST: '127.0.0.1', PORT: String(port), OLLAMA_HOST: 'off' }
  const environment = Object.entries(variables).flatMap(([key, value]) => [
    '--env',
    `${key}=${value}`
  ])
  const rights = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', '256m']
  const limits = [...STRICT[engine.name], '--tmpfs', '/tmp', ...rights]
  const start = ['run', '--detach', '--name', name, '--network', 'host', ...limits]
  await engine.command(...start, ...environment, ...options, id)
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    evaluate: (code) => engine.command('exec', name, 'node', '-e', code),
    inspect: (format) => engine.command('inspect', '--format', format, name),
    remove: async () => void (await engine.command('rm', '--force', name))
  }
}

/** The same, once it is ready for questions. */
export async function startReady(
  image: BuiltImage,
  ...options: readonly string[]
): Promise<Container> {
  const container = await startContainer(image, ...options)
  const readyAt = await untilReady(container.url).catch(async (error: unknown) => {
    const logs = await image.engine.command('logs', container.name)
    await container.remove()
    throw new Error(`It was not ready in ${READY_TIMEOUT_MS} ms:\n${logs}`, { cause: error })
  })
  // Its own clock is this machine's.
  const startedAt = Number(await container.inspect('{{.State.StartedAt.UnixMilli}}'))
  return { ...container, readyAfterMs: readyAt - startedAt }
}

async function untilReady(url: string): Promise<number> {
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS)
  for (;;) {
    deadline.throwIfAborted()
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) return Date.now()
    await delay(POLL_INTERVAL_MS)
  }
}
