import type { McpServer } from '../catalog/catalog.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Outbound } from '../platform/outbound.ts'
import type { Secret } from '../platform/secret.ts'
import type { AskedServer, AskingUser } from './asked-server.ts'
import { createMcpCircuit } from './mcp-circuit.ts'
import {
  type ConnectionListener,
  connectHttp,
  connectSse,
  connectStdio,
  type McpConnection
} from './mcp-connection.ts'
import { McpFailure } from './mcp-failure.ts'
import { createMcpPool } from './mcp-pool.ts'
import { createMcpProbe, type McpProbe } from './mcp-probe.ts'
import type { LeftOutTool } from './mcp-tools.ts'
import {
  createToolLists,
  type FreshLists,
  type ToolLists,
  type ToolListsOptions
} from './tool-lists.ts'
import { createToolSets, type ToolSets } from './tool-sets.ts'

/** What fits a replica; services may say otherwise. */
const DEFAULT_LIMITS = {
  maxConnections: 500,
  maxConnectionsPerUser: 16,
  connectionIdleMs: 60_000,
  /** A statement on a user that is about to lapse opens no more calls. */
  statementMarginMs: 60_000,
  listMaxAgeMs: 300_000,
  /** What one question waits for servers whose tools have never been seen, all together. */
  listMaxWaitMs: 2000,
  listRetryAfterMs: 30_000,
  maxKeptLists: 1000,
  maxListsAtATime: 8,
  maxListPlaceMs: 1000,
  maxSlowLists: 100,
  circuitMaxFailures: 3,
  circuitPauseMs: 30_000,
  maxTools: 5000,
  builtInTimeoutMs: 60_000,
  probeTimeoutMs: 10_000
}
export type McpLimits = typeof DEFAULT_LIMITS

/** A credential together with the address it is for; it goes nowhere else. */
export interface McpCredential {
  readonly address: string
  readonly secret: Secret | undefined
  /** Milliseconds since the epoch, when the secret is no longer good; undefined: nobody said. */
  readonly expiresAt?: number
}

export interface McpClientsOptions {
  readonly outbound: Outbound
  /** Asked when the server has a credential. Throws CREDENTIAL_UNAVAILABLE. */
  readonly resolveCredential: (server: McpServer, context: CallContext) => Promise<McpCredential>
  /** A statement on who asks, for this server alone. Throws CREDENTIAL_UNAVAILABLE, UNAUTHENTICATED and others. */
  readonly stateUser: (
    server: McpServer,
    user: AskingUser,
    context: CallContext
  ) => Promise<McpCredential>
  /** The server refused it: the next `resolveCredential` must not answer from a cache. */
  readonly forgetCredential?: (server: McpServer) => void
  /** UTF-8 bytes of one tool result that the model reads. */
  readonly maxResultBytes: number
  readonly limits?: Partial<McpLimits>
  readonly now?: () => number
  /** For the log: a list of tools that could not be had, and tools that no model can be offered. */
  readonly onFailed?: (server: McpServer, failure: McpFailure) => void
  readonly onLeftOut?: (server: McpServer, tools: readonly LeftOutTool[]) => void
  readonly onListed?: ToolListsOptions['onListed']
}

/** Everything between a run and its tool servers. */
export interface McpClients extends ToolSets {
  readonly probe: McpProbe
  readonly lists: FreshLists
  /** Open connections, leased or idle. */
  connections(): number
  close(): Promise<void>
}

export function createMcpClients(options: McpClientsOptions): McpClients {
  const { maxResultBytes, now = Date.now } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const closing = new AbortController()
  const connecting = { ...options, closing: closing.signal }
  const pool = createMcpPool({
    connect: (server, correlationId) =>
      connect(
        { ...connecting, onToolsChanged: () => lists.expire(server), mayElicit: true },
        limits,
        server,
        correlationId
      ),
    ...(options.forgetCredential && { forgetCredential: options.forgetCredential }),
    circuit: createMcpCircuit({
      maxFailures: limits.circuitMaxFailures,
      pauseMs: limits.circuitPauseMs,
      now
    }),
    maxConnections: limits.maxConnections,
    maxConnectionsPerUser: limits.maxConnectionsPerUser,
    idleMs: limits.connectionIdleMs,
    now
  })
  const lists: ToolLists = createToolLists({
    pool,
    maxAgeMs: limits.listMaxAgeMs,
    maxWaitMs: limits.listMaxWaitMs,
    retryAfterMs: limits.listRetryAfterMs,
    maxKeptLists: limits.maxKeptLists,
    maxListsAtATime: limits.maxListsAtATime,
    maxListPlaceMs: limits.maxListPlaceMs,
    maxSlowLists: limits.maxSlowLists,
    now,
    ...(options.onFailed && { onFailed: options.onFailed }),
    ...(options.onLeftOut && { onLeftOut: options.onLeftOut }),
    ...(options.onListed && { onListed: options.onListed })
  })
  const { maxTools, builtInTimeoutMs } = limits
  return {
    ...createToolSets({ pool, lists, maxResultBytes, maxTools, builtInTimeoutMs }),
    lists,
    connections: pool.size,
    probe: createMcpProbe({
      // No user asks: a server that wants to know one answers by its refusal.
      connect: (server, correlationId) =>
        connect(connecting, limits, asNobody(server), correlationId),
      ...(options.forgetCredential && { forgetCredential: options.forgetCredential }),
      timeoutMs: limits.probeTimeoutMs,
      now
    }),
    close: async () => {
      closing.abort()
      await lists.close()
      await pool.close()
    }
  }
}

function asNobody(server: McpServer): McpServer {
  return server.identity === 'user' ? { ...server, identity: 'none' } : server
}

type Connecting = McpClientsOptions &
  ConnectionListener & {
    /** Nothing is connected to any more. */
    readonly closing: AbortSignal
  }

async function connect(
  options: Connecting,
  { statementMarginMs }: McpLimits,
  server: AskedServer,
  correlationId: string
): Promise<McpConnection> {
  const { connectTimeoutMs, timeoutMs: callTimeoutMs, totalTimeoutMs } = server
  const { onToolsChanged, mayElicit = false, closing } = options
  const following = {
    ...{ connectTimeoutMs, callTimeoutMs, totalTimeoutMs, mayElicit, signal: closing },
    ...(onToolsChanged && { onToolsChanged })
  }
  if (server.command) return connectStdio(server.command, following)
  // With a signal of its own: whoever asked first may leave, the others wait for the same connection.
  const signal = AbortSignal.any([AbortSignal.timeout(connectTimeoutMs), closing])
  const credential = await credentialOf(options, server, { signal, correlationId })
  const open = server.transport === 'sse' ? connectSse : connectHttp
  const connection = await open({
    address: credential.address,
    secret: credential.secret,
    credentialHeader: server.credentialHeader,
    headers: server.headers,
    fetch: options.outbound.fetchFor({ verifyTls: server.verifyTls }),
    ...following
  })
  const { expiresAt } = credential
  return expiresAt === undefined
    ? connection
    : { ...connection, goodUntil: expiresAt - statementMarginMs }
}

async function credentialOf(
  { resolveCredential, stateUser }: McpClientsOptions,
  server: AskedServer,
  context: CallContext
): Promise<McpCredential> {
  if (server.identity === 'user') {
    if (!server.user) throw new McpFailure('failed', 'it wants to know who asks, and nobody does.')
    return stateUser(server, server.user, context)
  }
  const isShown = server.identity === 'service' && server.hasCredential
  return isShown
    ? resolveCredential(server, context)
    : { address: server.address, secret: undefined }
}
