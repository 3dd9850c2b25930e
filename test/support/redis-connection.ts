import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { createRedis } from '../../src/platform/redis.ts'
import { Secret } from '../../src/platform/secret.ts'
import { type RunningRedis, startRedis } from './redis.ts'

/** A Redis of its own and a connection to it, as the service makes one. */
export interface ConnectedRedis {
  readonly server: RunningRedis
  readonly client: Redis
  /** One more connection, like another replica's. */
  connect(): Promise<Redis>
  /** Ends every connection and the server. */
  stop(): Promise<void>
}

/** `command` as in RedisOptions: the system's Redis unless told. `env` is added to its environment. */
export async function connectRedis(
  settings: string[] = [],
  command?: string,
  env: Readonly<Record<string, string>> = {}
): Promise<ConnectedRedis> {
  const server = await startRedis({ settings, env, ...(command && { command }) })
  const connections: ReturnType<typeof createRedis>[] = []

  async function connect(): Promise<Redis> {
    const url = new Secret(server.url)
    const redis = createRedis({ url, role: 'commands', onError: () => undefined })
    connections.push(redis)
    redis.start()
    await once(redis.client, 'ready')
    return redis.client
  }

  return {
    server,
    client: await connect(),
    connect,
    async stop() {
      await Promise.all(connections.map((redis) => redis.close()))
      await server.stop()
    }
  }
}
