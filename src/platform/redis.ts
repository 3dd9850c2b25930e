import { Redis } from 'ioredis'
import { withDeadline } from './deadline.ts'
import type { Secret } from './secret.ts'

const CONNECT_TIMEOUT_MS = 2_000
const COMMAND_TIMEOUT_MS = 2_000
const SOCKET_TIMEOUT_MS = 5_000
const MIN_RETRY_MS = 100
const MAX_RETRY_MS = 5_000
const KEEP_ALIVE_MS = 10_000
const CLOSE_TIMEOUT_MS = 1_000

/** What a connection is for: one that listens never carries commands. */
export type RedisRole = 'commands' | 'subscriber'

export interface RedisOptions {
  /** `redis://` or `rediss://`, with the password in it. */
  readonly url: Secret
  readonly role: RedisRole
  /** Hears of every failed attempt to connect; ioredis throws where nobody listens. */
  readonly onError: (error: Error) => void
}

/** One connection for one role. */
export interface RedisConnection {
  /** ioredis itself. Commands fail at once while there is no connection; nothing is queued or sent twice. */
  readonly client: Redis
  /** Begins to connect and keeps trying, with a growing pause of at most 5 s, until `close()`. */
  start(): void
  ready(): boolean
  /** Ends within a second, and for good. Harmless when called twice or never started. */
  close(): Promise<void>
}

/** Doubles from 100 ms to 5 s; some jitter, so that replicas do not come back in step. */
function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(MIN_RETRY_MS * 2 ** Math.min(attempt - 1, 10), MAX_RETRY_MS)
  return Math.round(delayMs * (0.8 + Math.random() * 0.2))
}

/** A Redis client that is not connected yet. Its owner calls `start()` and `close()`. */
export function createRedis(options: RedisOptions): RedisConnection {
  const { url, role, onError } = options
  const client = new Redis(url.reveal(), {
    connectionName: `ai-ops-${role}`,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: retryDelayMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The name may lead to the new primary by now; the refused command is not sent again.
    reconnectOnError: ({ message }) => message.includes('READONLY '),
    // The subscriber subscribes by itself, so that it knows when it listens again.
    autoResubscribe: false,
    // A network that swallows everything is noticed by commands without an answer, not by the kernel after minutes.
    ...(role === 'commands' && {
      commandTimeout: COMMAND_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS
    })
  })
  client.on('error', onError)
  return {
    client,
    start() {
      // A first refusal is reported by the event and retried like any other.
      if (client.status === 'wait') client.connect().catch(() => undefined)
    },
    ready: () => client.status === 'ready',
    async close() {
      if (client.status === 'ready')
        await withDeadline(
          client.quit().catch(() => undefined),
          CLOSE_TIMEOUT_MS
        )
      client.disconnect()
    }
  }
}
