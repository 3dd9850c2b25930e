import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/support/ports.ts'
import { type RunningProcess, startProcess } from '../../test/support/processes.ts'
import { DATABASE_NAME, eventRedisUrl, type Instance, startInstance } from './instance.ts'
import { type Login, readLogins, type UserName } from './logins.ts'
import { sampleAges } from './sample-ages.ts'
import type { Say } from './say.ts'
import { copyTemplate } from './templates.ts'
import { ensureToolchain } from './toolchain.ts'
import { startWorker } from './worker.ts'

const START_TIMEOUT_MS = 120_000
const POLL_INTERVAL_MS = 150

export type NautobotOptions = {
  /** Default: the sample network. `large` has thousands of devices as well, and the users of `readLargeLogins`. */
  profile?: 'seeded' | 'large'
  /** Default: a free one. */
  port?: number
  /** PLUGINS_CONFIG of the app, for example `{sidecar_url, public_url, deployment}`. */
  pluginConfig?: Record<string, unknown>
  /** Variables of Nautobot's process, for example values that its Secrets read. */
  environment?: Record<string, string>
  /** Hears what is installed or created and how long that took. Default: nobody. */
  say?: Say
  /** Hears each line of Nautobot's log. */
  onLine?: (line: string) => void
}

/** A real Nautobot with a fresh copy of the seeded database. Whoever started it stops it. */
export type RunningNautobot = {
  /** Without a slash at the end. */
  url: string
  databaseName: string
  /** A Redis of this instance: the app publishes its events there, and tests may use it as the sidecar's. */
  eventRedisUrl: string
  users: Record<UserName, Login>
  /** The environment of its commands, for {@link startWorker} in another process. */
  environment: NodeJS.ProcessEnv
  /** Starts a Celery worker for it, which is needed for Jobs, webhooks and bulk edit; ends with `stop()`. */
  startWorker: (onLine?: (line: string) => void) => Promise<void>
  /** Runs Python with all models imported, as `nautobot-server nbshell` does; 8 s, nearly all of it start-up. */
  nbshell: (code: string) => Promise<string>
  /** Runs one SQL statement in its database, past Nautobot; rows are lines. */
  sql: (statement: string) => Promise<string>
  /** Nautobot's log so far, the last 200,000 characters. */
  log: () => string
  /** Ends all its processes and removes its database. May be called twice. */
  stop: () => Promise<void>
}

async function waitUntilReady(url: string, server: RunningProcess): Promise<void> {
  let ended = false
  const markEnded = () => {
    ended = true
  }
  server.exited.then(markEnded, markEnded)
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!ended && performance.now() < deadline) {
    const answer = await fetch(`${url}/login/`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await delay(POLL_INTERVAL_MS)
  }
  throw new Error(`Nautobot did not start at ${url}:\n${server.output().slice(-4_000)}`)
}

async function serve(instance: Instance, port: number, options: NautobotOptions) {
  const server = startProcess({
    command: 'nautobot-server',
    args: ['runserver', `127.0.0.1:${port}`, '--insecure', '--noreload'],
    env: instance.environment,
    ...(options.onLine ? { onLine: options.onLine } : {})
  })
  try {
    await waitUntilReady(`http://127.0.0.1:${port}`, server)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/**
 * Starts a Nautobot of its own: database, Redis, port. The first start on a machine installs and migrates (minutes, see
 * `say`), later ones take seconds.
 */
export async function startNautobot(options: NautobotOptions = {}): Promise<RunningNautobot> {
  const say = options.say ?? (() => undefined)
  const toolchain = await ensureToolchain(say)
  const directory = await copyTemplate(options.profile ?? 'seeded', toolchain, say)
  const undo: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })]
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  try {
    const instance = await startInstance({
      toolchain,
      directory,
      withShim: true,
      pluginConfig: options.pluginConfig ?? {},
      environment: options.environment ?? {}
    })
    undo.push(instance.stop)
    await instance.cluster.execute(sampleAges(), DATABASE_NAME)
    const port = options.port ?? (await freePort())
    const server = await serve(instance, port, options)
    undo.push(server.stop)
    return {
      url: `http://127.0.0.1:${port}`,
      databaseName: DATABASE_NAME,
      eventRedisUrl: eventRedisUrl(instance.redis),
      users: readLogins(),
      environment: instance.environment,
      async startWorker(onLine) {
        const worker = await startWorker(instance.environment, onLine)
        undo.push(worker.stop)
      },
      nbshell: (code) => instance.manage(['nbshell', '--quiet-load', '--command', code]),
      sql: (statement) => instance.cluster.execute(statement, DATABASE_NAME),
      log: server.output,
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}
