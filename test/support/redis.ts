import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { type RunningProcess, startProcess } from './processes.ts'

const START_TIMEOUT_MS = 10_000
const MAX_START_ATTEMPTS = 3

/** A Redis server of one's own on a free loopback port; its data is gone after `stop()`. */
export type RunningRedis = {
  url: string
  port: number
  /** Kills it as a crash would; `start()` brings it back on the same port with what it had kept. */
  kill: () => Promise<void>
  start: () => Promise<void>
  stop: () => Promise<void>
}

export type RedisOptions = {
  /** Added to the command line, for example `['--appendonly', 'yes', '--appendfsync', 'always']`. */
  settings?: string[]
  /** Another server than the system's Redis; see redis-servers.ts. */
  command?: string
  /** Where its working folder is made; default: the system's folder for temporary files. */
  parentDirectory?: string
  /** Added to its environment. */
  env?: Readonly<Record<string, string>>
}

type Launch = Required<Omit<RedisOptions, 'parentDirectory'>> & { directory: string }

async function launch(port: number, { command, directory, settings, env }: Launch) {
  const server = startProcess({
    command,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
      ...settings
    ],
    env: { ...process.env, ...env }
  })
  try {
    await server.waitForOutput(/Ready to accept connections/, START_TIMEOUT_MS)
    return server
  } catch (error) {
    await server.kill()
    throw error
  }
}

async function launchOnFreePort(what: Launch) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return { port, server: await launch(port, what) }
    } catch (error) {
      // The port may have been taken between looking and binding.
      if (attempt === MAX_START_ATTEMPTS) throw error
    }
  }
}

/** Starts a Redis server that keeps nothing on disk unless told to. It ends with this process at the latest. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const { settings = [], command = 'redis-server', env = {} } = options
  const directory = await mkdtemp(join(options.parentDirectory ?? tmpdir(), 'ai-ops-redis-'))
  const what = { command, directory, settings, env }
  const first = await launchOnFreePort(what).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true })
    throw error
  })
  let server: RunningProcess = first.server
  return {
    url: `redis://127.0.0.1:${first.port}`,
    port: first.port,
    kill: () => server.kill(),
    async start() {
      server = await launch(first.port, what)
    },
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    }
  }
}
