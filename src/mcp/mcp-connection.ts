import type { Client, ElicitResult, Transport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { McpCommand } from '../catalog/catalog.ts'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import { withDeadline } from '../platform/deadline.ts'
import { McpFailure, toMcpFailure } from './mcp-failure.ts'
import type { ServerAccess } from './mcp-fetch.ts'
import { createMcpRequests, type ToolCallContext } from './mcp-requests.ts'
import type { SessionTransport } from './mcp-transport.ts'
import { createOpenCalls, type OpenCalls } from './open-calls.ts'

const CLIENT = { name: 'nautobot-ai-ops', version: '1' }

const TOOLS_CHANGED = 'notifications/tools/list_changed'

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
  /** Milliseconds since the epoch, when it must no longer be leased; undefined: never. */
  readonly goodUntil?: number
  listTools(cursor: string | undefined, context: CallContext): Promise<ToolPage>
  callTool(name: string, args: object, context: ToolCallContext): Promise<CallResult>
  /** Never throws. Calls in flight fail. */
  close(): Promise<void>
}

export interface ConnectionTimeouts {
  readonly connectTimeoutMs: number
  /** Of a request without news. */
  readonly callTimeoutMs: number
  /** Of a call that goes on reporting progress. */
  readonly totalTimeoutMs: number
}

export interface ConnectionTrial {
  /** Ends the attempt to connect; the connection itself is not its business. */
  readonly signal?: AbortSignal
}

export interface ConnectionListener {
  /** The server says that its tools are others now; it is listened to only if it says that it tells. */
  readonly onToolsChanged?: () => void
  /** Whether it is told that a call's user may be asked for input; the call itself says whether they are. */
  readonly mayElicit?: boolean
}

type ConnectingOptions = ConnectionTimeouts & ConnectionListener & ConnectionTrial

export type ConnectOptions = ServerAccess & ConnectingOptions

/** Streamable HTTP; negotiates the newest protocol that both sides know. Throws McpFailure. */
export async function connectHttp(options: ConnectOptions): Promise<McpConnection> {
  const { createHttpTransport } = await import('./mcp-transport.ts')
  return connect((mayListen) => createHttpTransport(options, mayListen), options, 'auto')
}

/** The HTTP+SSE of the first protocol versions. Throws McpFailure. */
export async function connectSse(options: ConnectOptions): Promise<McpConnection> {
  const { createSseTransport } = await import('./mcp-legacy-transports.ts')
  return connect(() => createSseTransport(options), options, 'legacy')
}

/** Starts a program, which ends with the connection. Throws McpFailure. */
export async function connectStdio(
  command: McpCommand,
  options: ConnectingOptions
): Promise<McpConnection> {
  const { createStdioTransport } = await import('./mcp-legacy-transports.ts')
  return connect(() => createStdioTransport(command), options, 'auto')
}

async function connect(
  createTransport: (mayListen: () => boolean) => SessionTransport,
  options: ConnectingOptions,
  mode: 'auto' | 'legacy'
): Promise<McpConnection> {
  const { connectTimeoutMs, onToolsChanged, mayElicit = false } = options
  const { Client } = await import('@modelcontextprotocol/client')
  // Neither sampling nor roots: a server that asks for them is refused.
  const capabilities = mayElicit ? { elicitation: { form: {} } } : {}
  const client = new Client(CLIENT, { versionNegotiation: { mode }, capabilities })
  const calls = createOpenCalls()
  let opened: SessionTransport | undefined
  try {
    const tellsOfTools = () =>
      onToolsChanged !== undefined && client.getServerCapabilities()?.tools?.listChanged === true
    // Many servers ask there, and not on the stream of the call.
    const mayAsk = () => mayElicit && transport.sessionId !== undefined
    const transport = createTransport(() => tellsOfTools() || mayAsk())
    opened = transport
    if (mayElicit) answerElicitations(client, calls)
    if (onToolsChanged) client.setNotificationHandler(TOOLS_CHANGED, () => onToolsChanged())
    await connectWithin(client, transport, options)
    if (tellsOfTools() && client.getProtocolEra() === 'modern') listen(client, connectTimeoutMs)
    return createConnection(client, calls, options, () => transport.endSession())
  } catch (error) {
    await client.close().catch(() => undefined)
    // The client has none before it has negotiated, and would leave a program running.
    await opened?.close().catch(() => undefined)
    throw whileConnecting(toMcpFailure(error, connectTimeoutMs))
  }
}

/** What cannot be told whose call it belongs to is shown to nobody. */
function answerElicitations(client: Client, calls: OpenCalls): void {
  client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq: { signal } }) => {
    const ask = calls.asked()
    return (ask ? await ask(params, signal) : { action: 'decline' }) as ElicitResult
  })
}

/** Not awaited: a server that does not answer this may still answer calls. */
function listen(client: Client, timeout: number): void {
  client.listen({ toolsListChanged: true }, { timeout }).catch(() => undefined)
}

/** There is no session yet to lose, and no call that may have been executed. */
function whileConnecting(failure: McpFailure): McpFailure {
  if (failure.kind === 'credential-refused') return failure
  return new McpFailure('failed', failure.message, failure.cause)
}

/** Negotiation is up to three requests; together they get one time-out. */
async function connectWithin(
  client: Client,
  transport: Transport,
  { connectTimeoutMs, signal = new AbortController().signal }: ConnectingOptions
) {
  signal.throwIfAborted()
  const connecting = client.connect(transport, { timeout: connectTimeoutMs }).then(() => true)
  if (await abortable(withDeadline(connecting, connectTimeoutMs), signal)) return
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
  const timeouts = { callTimeoutMs, totalTimeoutMs: callTimeoutMs }
  return createConnection(client, createOpenCalls(), timeouts, () => server.close())
}

function createConnection(
  client: Client,
  calls: OpenCalls,
  limits: Omit<ConnectionTimeouts, 'connectTimeoutMs'>,
  sayGoodbye: () => Promise<void>
): McpConnection {
  const { ask, askWithInput } = createMcpRequests(client, calls, limits)
  return {
    listTools: async (cursor, context) => {
      const params = cursor === undefined ? {} : { cursor }
      const page = await ask({ method: 'tools/list', params }, toolPage, context)
      const tools = page.tools.filter((tool) => tool !== undefined)
      return { tools, nextCursor: page.nextCursor }
    },
    callTool: (name, args, context) => {
      const params = { name, arguments: args }
      return askWithInput({ method: 'tools/call', params }, callResult, context)
    },
    close: async () => {
      await withDeadline(sayGoodbye(), GOODBYE_MS).catch(() => undefined)
      await client.close().catch(() => undefined)
    }
  }
}
