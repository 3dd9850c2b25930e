import type { Client, Transport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { CallContext } from '../platform/call-context.ts'
import { withDeadline } from '../platform/deadline.ts'
import { McpFailure, toMcpFailure } from './mcp-failure.ts'
import type { HttpTransport, HttpTransportOptions } from './mcp-transport.ts'

const CLIENT = { name: 'nautobot-ai-ops', version: '1' }

/** How long a goodbye may take; the connection is closed afterwards in any case. */
const GOODBYE_MS = 500

/** One tool as a server lists it, before anything in it is trusted. */
const listedTool = z.looseObject({
  name: z.string(),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown()
})
export type ListedTool = z.infer<typeof listedTool>

/** A list keeps its good entries: one that is not a tool is left out here. */
const toolPage = z.looseObject({
  tools: z.array(listedTool.or(z.unknown().transform(() => undefined))),
  nextCursor: z.string().optional().catch(undefined)
})

export interface ToolPage {
  readonly tools: readonly ListedTool[]
  readonly nextCursor: string | undefined
}

/** Entries of unknown kinds are kept and named: they do not spoil the others. */
const callResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.string() })).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional()
})
export type CallResult = z.infer<typeof callResult>

/** One MCP session. Its methods throw McpFailure, or the reason of `context.signal`'s abort. */
export interface McpConnection {
  listTools(cursor: string | undefined, context: CallContext): Promise<ToolPage>
  callTool(name: string, args: object, context: CallContext): Promise<CallResult>
  /** Never throws. Calls in flight fail. */
  close(): Promise<void>
}

export interface ConnectOptions extends HttpTransportOptions {
  readonly connectTimeoutMs: number
  readonly callTimeoutMs: number
}

/** Negotiates the newest protocol that both sides know. Throws McpFailure. */
export async function connectHttp(options: ConnectOptions): Promise<McpConnection> {
  const { connectTimeoutMs, callTimeoutMs } = options
  const [{ Client }, { createHttpTransport }] = await Promise.all([
    import('@modelcontextprotocol/client'),
    import('./mcp-transport.ts')
  ])
  const client = new Client(CLIENT, { versionNegotiation: { mode: 'auto' } })
  try {
    const transport: HttpTransport = createHttpTransport(options)
    await connectWithin(client, transport, connectTimeoutMs)
    return createConnection(client, callTimeoutMs, () => transport.endSession())
  } catch (error) {
    await client.close().catch(() => undefined)
    throw whileConnecting(toMcpFailure(error, connectTimeoutMs))
  }
}

/** There is no session yet to lose, and no call that may have been executed. */
function whileConnecting(failure: McpFailure): McpFailure {
  if (failure.kind === 'credential-refused') return failure
  return new McpFailure('failed', failure.message, failure.cause)
}

/** Negotiation is up to three requests; together they get one time-out. */
async function connectWithin(client: Client, transport: Transport, timeoutMs: number) {
  const connecting = client.connect(transport, { timeout: timeoutMs }).then(() => true)
  if (await withDeadline(connecting, timeoutMs)) return
  connecting.catch(() => undefined)
  const { SdkError, SdkErrorCode } = await import('@modelcontextprotocol/client')
  throw new SdkError(SdkErrorCode.RequestTimeout, 'The connection took too long')
}

/** Anything that a server made with the MCP SDK can be: it is given its end of the line. */
export interface ConnectableServer {
  connect(transport: Transport): Promise<void>
  close(): Promise<void>
}

/** A tool server in this process. It serves this connection alone and is closed with it. */
export async function connectInMemory(
  server: ConnectableServer,
  callTimeoutMs: number
): Promise<McpConnection> {
  const { Client, InMemoryTransport } = await import('@modelcontextprotocol/client')
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = new Client(CLIENT)
  await Promise.all([server.connect(theirs), client.connect(ours, { timeout: callTimeoutMs })])
  return createConnection(client, callTimeoutMs, () => server.close())
}

function createConnection(
  client: Client,
  timeoutMs: number,
  sayGoodbye: () => Promise<void>
): McpConnection {
  async function ask<T>(
    request: { method: string; params: Record<string, unknown> },
    schema: z.ZodType<T>,
    { signal, correlationId }: CallContext
  ): Promise<T> {
    signal.throwIfAborted()
    const headers = { 'x-request-id': correlationId }
    try {
      return await client.request(request, schema, { signal, timeout: timeoutMs, headers })
    } catch (error) {
      signal.throwIfAborted()
      throw toMcpFailure(error, timeoutMs)
    }
  }

  return {
    listTools: async (cursor, context) => {
      const params = cursor === undefined ? {} : { cursor }
      const page = await ask({ method: 'tools/list', params }, toolPage, context)
      const tools = page.tools.filter((tool) => tool !== undefined)
      return { tools, nextCursor: page.nextCursor }
    },
    callTool: (name, args, context) =>
      ask({ method: 'tools/call', params: { name, arguments: args } }, callResult, context),
    close: async () => {
      await withDeadline(sayGoodbye(), GOODBYE_MS).catch(() => undefined)
      await client.close().catch(() => undefined)
    }
  }
}
