import type { McpServer } from '../catalog/catalog.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Outbound } from '../platform/outbound.ts'
import type { Secret } from '../platform/secret.ts'
import { createMcpCircuit } from './mcp-circuit.ts'
import { connectHttp, type McpConnection } from './mcp-connection.ts'
import type { McpFailure } from './mcp-failure.ts'
import { createMcpPool } from './mcp-pool.ts'
import type { LeftOutTool } from './mcp-tools.ts'
import { createToolLists } from './tool-lists.ts'
import { createToolSets, type ToolSets } from './tool-sets.ts'

/** What fits a replica; services may say otherwise. */
const DEFAULT_LIMITS = {
  maxConnections: 500,
  connectionIdleMs: 60_000,
  connectTimeoutMs: 5000,
  listMaxAgeMs: 300_000,
  /** What one question waits for servers whose tools have never been seen, all together. */
  listMaxWaitMs: 2000,
  listRetryAfterMs: 30_000,
  maxKeptLists: 1000,
  maxListsAtATime: 8,
  circuitMaxFailures: 3,
  circuitPauseMs: 30_000,
  maxTools: 128,
  builtInTimeoutMs: 60_000
}
export type McpLimits = typeof DEFAULT_LIMITS

/** A credential together with the address it is for; it goes nowhere else. */
export interface McpCredential {
  readonly address: string
  readonly secret: Secret | undefined
}

export interface McpClientsOptions {
  readonly outbound: Outbound
  /** Asked when the server has a credential. Throws CREDENTIAL_UNAVAILABLE. */
  readonly resolveCredential: (server: McpServer, context: CallContext) => Promise<McpCredential>
  /** The server refused it: the next `resolveCredential` must not answer from a cache. */
  readonly forgetCredential?: (server: McpServer) => void
  /** UTF-8 bytes of one tool result that the model reads. */
  readonly maxResultBytes: number
  readonly limits?: Partial<McpLimits>
  readonly now?: () => number
  /** For the log: a list of tools that could not be had, and tools that no model can be offered. */
  readonly onFailed?: (server: McpServer, failure: McpFailure) => void
  readonly onLeftOut?: (server: McpServer, tools: readonly LeftOutTool[]) => void
}

/** Everything between a run and its tool servers. */
export interface McpClients extends ToolSets {
  close(): Promise<void>
}

export function createMcpClients(options: McpClientsOptions): McpClients {
  const { maxResultBytes, now = Date.now } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const pool = createMcpPool({
    connect: (server, correlationId) => connect(options, limits, server, correlationId),
    ...(options.forgetCredential && { forgetCredential: options.forgetCredential }),
    circuit: createMcpCircuit({
      maxFailures: limits.circuitMaxFailures,
      pauseMs: limits.circuitPauseMs,
      now
    }),
    maxConnections: limits.maxConnections,
    idleMs: limits.connectionIdleMs
  })
  const lists = createToolLists({
    pool,
    maxAgeMs: limits.listMaxAgeMs,
    maxWaitMs: limits.listMaxWaitMs,
    retryAfterMs: limits.listRetryAfterMs,
    maxKeptLists: limits.maxKeptLists,
    maxListsAtATime: limits.maxListsAtATime,
    now,
    ...(options.onFailed && { onFailed: options.onFailed }),
    ...(options.onLeftOut && { onLeftOut: options.onLeftOut })
  })
  const { maxTools, builtInTimeoutMs } = limits
  const { lease } = createToolSets({ pool, lists, maxResultBytes, maxTools, builtInTimeoutMs })
  return {
    lease,
    close: async () => {
      await lists.close()
      await pool.close()
    }
  }
}

/** With a signal of its own: whoever asked first may leave, the others wait for the same connection. */
async function connect(
  { outbound, resolveCredential }: McpClientsOptions,
  { connectTimeoutMs }: McpLimits,
  server: McpServer,
  correlationId: string
): Promise<McpConnection> {
  const signal = AbortSignal.timeout(connectTimeoutMs)
  const credential = server.hasCredential
    ? await resolveCredential(server, { signal, correlationId })
    : { address: server.address, secret: undefined }
  return connectHttp({
    ...credential,
    fetch: outbound.fetchFor({ verifyTls: server.verifyTls }),
    connectTimeoutMs,
    callTimeoutMs: server.timeoutMs
  })
}
