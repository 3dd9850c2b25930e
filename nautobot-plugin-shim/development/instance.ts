import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runCommand } from '../../test/support/processes.ts'
import { type RunningRedis, startRedis } from '../../test/support/redis.ts'
import { DATABASE_ROLE, type RunningCluster, startCluster } from './cluster.ts'
import { DEVELOPMENT_DIRECTORY } from './paths.ts'
import type { Toolchain } from './toolchain.ts'

/** Name of the database in each cluster. */
export const DATABASE_NAME = 'nautobot'

/** Longer than the migration of an empty database on a slow machine. */
const COMMAND_TIMEOUT_MS = 1_800_000

/** Public on purpose: everything that it protects listens on loopback and is thrown away. */
export const SECRET_KEY = 'development-only-'.repeat(4)

// What Nautobot and its tools may need of this machine. Everything else stays out: a variable of a developer's shell (a proxy, a
// NAUTOBOT_… of another installation) must not change what a test sees.
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'TERM', 'CI']

/** Databases and Redis of one Nautobot, and the environment in which its commands run. */
export type Instance = {
  cluster: RunningCluster
  redis: RunningRedis
  environment: NodeJS.ProcessEnv
  /** Runs `nautobot-server …` to its end and returns its output. */
  manage: (args: string[]) => Promise<string>
  stop: () => Promise<void>
}

export type InstanceOptions = {
  toolchain: Toolchain
  /** Holds `data` (the cluster) and `home` (NAUTOBOT_ROOT). */
  directory: string
  withShim: boolean
  /** PLUGINS_CONFIG of the app. `event_redis_url` is added. */
  pluginConfig?: Record<string, unknown>
  /** More variables, for example values of secrets. */
  environment?: Record<string, string>
}

/** The Redis database in which nothing of Nautobot's own is kept. */
export function eventRedisUrl(redis: RunningRedis): string {
  return `${redis.url}/2`
}

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]))
}

function environmentOf(options: InstanceOptions, cluster: RunningCluster, redis: RunningRedis) {
  const { toolchain, directory, withShim } = options
  const pluginConfig = { event_redis_url: eventRedisUrl(redis), ...options.pluginConfig }
  return {
    ...inherited(),
    PATH: [toolchain.venvDirectory, process.env.PATH].join(delimiter),
    PYTHONPATH: [DEVELOPMENT_DIRECTORY, ...toolchain.pythonPath].join(delimiter),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    NAUTOBOT_ROOT: join(directory, 'home'),
    NAUTOBOT_CONFIG: join(DEVELOPMENT_DIRECTORY, 'development_config.py'),
    NAUTOBOT_DB_NAME: DATABASE_NAME,
    NAUTOBOT_DB_USER: DATABASE_ROLE,
    NAUTOBOT_DB_PASSWORD: '',
    NAUTOBOT_DB_HOST: cluster.socketDirectory,
    NAUTOBOT_DB_PORT: '',
    NAUTOBOT_REDIS_HOST: '127.0.0.1',
    NAUTOBOT_REDIS_PORT: String(redis.port),
    NAUTOBOT_SECRET_KEY: SECRET_KEY,
    NAUTOBOT_ALLOWED_HOSTS: 'localhost 127.0.0.1 nautobot.example.com',
    NAUTOBOT_INSTALLATION_METRICS_ENABLED: 'false',
    NAUTOBOT_DEBUG: 'false',
    AI_OPS_DEVELOPMENT_PLUGINS: JSON.stringify(withShim ? ['nautobot_ai_ops'] : []),
    AI_OPS_DEVELOPMENT_PLUGIN_CONFIG: JSON.stringify(pluginConfig),
    ...options.environment
  }
}

/** Starts the databases of the cluster in `directory`. The caller stops the instance. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { toolchain, directory } = options
  await mkdir(join(directory, 'home'), { recursive: true })
  const redis = await startRedis({ parentDirectory: directory })
  const cluster = await startCluster(toolchain.postgresqlDirectory, join(directory, 'data')).catch(
    async (error: unknown) => {
      await redis.stop()
      throw error
    }
  )
  const environment = environmentOf(options, cluster, redis)
  return {
    cluster,
    redis,
    environment,
    manage: (args) =>
      runCommand({
        command: join(toolchain.venvDirectory, 'nautobot-server'),
        args,
        env: environment,
        cwd: directory,
        timeoutMs: COMMAND_TIMEOUT_MS
      }),
    async stop() {
      await Promise.all([cluster.stop(), redis.stop()])
    }
  }
}
