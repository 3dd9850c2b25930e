import { createHash } from 'node:crypto'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { AskedServer } from './asked-server.ts'
import type { McpCircuit } from './mcp-circuit.ts'
import type { McpConnection } from './mcp-connection.ts'
import { McpFailure, toMcpFailure } from './mcp-failure.ts'
import { createLeases } from './mcp-leases.ts'

export interface McpPoolOptions {
  /** Opens a connection, with the server's credential. Throws McpFailure. */
  readonly connect: (server: AskedServer, correlationId: string) => Promise<McpConnection>
  /** The server refused its credential: the next `connect` must not use a cached one. */
  readonly forgetCredential?: (server: AskedServer) => void
  readonly circuit: McpCircuit
  readonly maxConnections: number
  /** To servers that take the identity of users. */
  readonly maxConnectionsPerUser: number
  readonly idleMs: number
  readonly now: () => number
}

export interface McpPool {
  /**
   * Leases the server's connection for `work`, which is called a second time on a new connection when the first
   * was told that its session or credential is no longer good: such a request was not executed. Throws
   * McpFailure, or the reason of `context.signal`'s abort.
   */
  use<T>(
    server: AskedServer,
    context: CallContext,
    work: (connection: McpConnection) => Promise<T>
  ): Promise<T>
  /** Open connections, leased or idle. */
  size(): number
  close(): Promise<void>
}

/**
 * What a connection depends on, and nothing else: an edited description or a status never reconnects. The credential
 * itself is not in it: a changed one shows as a refusal, or when the connection has been idle.
 */
export function connectionKey(server: AskedServer) {
  const { id, address, transport, command, identity, hasCredential, user } = server
  const { credentialHeader, headers, verifyTls } = server
  const { connectTimeoutMs, timeoutMs, totalTimeoutMs } = server
  const fields = JSON.stringify([
    ...[id, address, transport, command, identity, hasCredential, user?.id],
    ...[credentialHeader, Object.entries(headers).sort(), verifyTls],
    ...[connectTimeoutMs, timeoutMs, totalTimeoutMs]
  ])
  return createHash('sha256').update(fields).digest('base64url')
}

export function createMcpPool(options: McpPoolOptions): McpPool {
  const leases = createLeases({ ...options, maxConnectionsPerOwner: options.maxConnectionsPerUser })

  async function attempt<T>(
    server: AskedServer,
    context: CallContext,
    work: (connection: McpConnection) => Promise<T>
  ): Promise<T> {
    const key = connectionKey(server)
    const connect = () => options.connect(server, context.correlationId)
    const lease = leases.take(key, connect, server.user?.id)
    try {
      return await work(await abortable(lease.connection, context.signal))
    } catch (error) {
      if (isUnusable(error)) lease.discard()
      throw error
    } finally {
      lease.release()
    }
  }

  async function attemptTwice<T>(...[server, context, work]: Parameters<typeof attempt<T>>) {
    try {
      return await attempt(server, context, work)
    } catch (error) {
      if (!mayRepeat(error, server)) throw error
      if (error.kind === 'credential-refused') options.forgetCredential?.(server)
      return attempt(server, context, work)
    }
  }

  function report(key: string, failure: McpFailure | undefined, isTrial: boolean): void {
    const { circuit } = options
    if (failure && isOutage(failure)) circuit.failed(key, failure)
    // An error in the server's own words is an answer.
    else if (failure?.kind === 'refused') circuit.succeeded(key)
    else if (isTrial) circuit.giveBack(key)
  }

  return {
    use: async (server, context, work) => {
      const key = connectionKey(server)
      const isTrial = options.circuit.check(key)
      try {
        const result = await attemptTwice(server, context, work)
        options.circuit.succeeded(key)
        return result
      } catch (error) {
        const failure = toMcpFailure(error, server.timeoutMs)
        report(key, context.signal.aborted ? undefined : failure, isTrial)
        context.signal.throwIfAborted()
        throw failure
      }
    },
    size: leases.size,
    close: leases.close
  }
}

function isUnusable(error: unknown): boolean {
  if (!(error instanceof McpFailure)) return false
  return ['session-lost', 'credential-refused', 'failed'].includes(error.kind)
}

function mayRepeat(error: unknown, { hasCredential, user }: AskedServer): error is McpFailure {
  if (!(error instanceof McpFailure)) return false
  if (error.kind === 'credential-refused') return hasCredential || user !== undefined
  return error.kind === 'session-lost'
}

/**
 * A call that takes too long or is not understood says little of the server; one that cannot be sent says much.
 */
function isOutage({ kind }: McpFailure): boolean {
  return kind === 'failed' || kind === 'credential-refused'
}
