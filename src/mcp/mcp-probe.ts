import type { McpServer } from '../catalog/catalog.ts'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { McpConnection } from './mcp-connection.ts'
import { McpFailure, toMcpFailure } from './mcp-failure.ts'

/** What came of looking once whether an MCP server can be used. */
export interface ServerProbe {
  readonly ok: boolean
  /** Why it cannot, as a sentence without its first capital; undefined when it can. */
  readonly problem: string | undefined
  readonly latencyMs: number
  /** Tools of the first page of its list; undefined also of a server that is there, and shows them to users alone. */
  readonly tools: number | undefined
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface McpProbeOptions {
  /** Opens a connection of the probe's own, with the server's credential. */
  readonly connect: (server: McpServer, correlationId: string) => Promise<McpConnection>
  /** The server refused its credential: the next connection must not have it from a cache. */
  readonly forgetCredential?: (server: McpServer) => void
  /** For negotiation and list together. */
  readonly timeoutMs: number
  readonly now?: () => number
}

/** Throws the reason of the signal's abort, and nothing else. */
export type McpProbe = (server: McpServer, context: CallContext) => Promise<ServerProbe>

/**
 * Looks whether a server answers as an MCP server: negotiates, and asks for its tools. Not by the pool's connections, which
 * a run may need, and past the circuit breaker, which knows the past only.
 */
export function createMcpProbe(options: McpProbeOptions): McpProbe {
  const { connect, forgetCredential, timeoutMs, now = Date.now } = options

  async function countTools(server: McpServer, context: CallContext): Promise<number> {
    const connection = await connect(server, context.correlationId)
    try {
      return (await connection.listTools(undefined, context)).tools.length
    } finally {
      await connection.close()
    }
  }

  /** A credential that was refused may have been rotated: it is resolved once more. */
  async function countPatiently(server: McpServer, context: CallContext): Promise<number> {
    try {
      return await countTools(server, context)
    } catch (error) {
      if (!isRefusal(error) || !server.hasCredential) throw error
      forgetCredential?.(server)
      return countTools(server, context)
    }
  }

  /** The number of tools; or nothing, of a server that shows them to users alone and is there for them. */
  async function look(server: McpServer, context: CallContext) {
    try {
      return { tools: await countPatiently(server, context) }
    } catch (error) {
      if (server.identity === 'user' && isRefusal(error)) return { tools: undefined }
      throw error
    }
  }

  return async (server, { signal, correlationId }) => {
    const startedAt = performance.now()
    const at = now()
    const deadline = AbortSignal.timeout(timeoutMs)
    const context = { signal: AbortSignal.any([signal, deadline]), correlationId }
    // A connection that comes too late closes itself.
    const found = await abortable(look(server, context), context.signal).catch((error: unknown) => {
      signal.throwIfAborted()
      return deadline.aborted ? silence(timeoutMs) : toMcpFailure(error, timeoutMs).message
    })
    const latencyMs = Math.round(performance.now() - startedAt)
    return typeof found === 'object'
      ? { ok: true, problem: undefined, latencyMs, tools: found.tools, at }
      : { ok: false, problem: found, latencyMs, tools: undefined, at }
  }
}

const silence = (timeoutMs: number) => `it did not answer within ${Math.ceil(timeoutMs / 1000)} s.`

const isRefusal = (error: unknown) =>
  error instanceof McpFailure && error.kind === 'credential-refused'
