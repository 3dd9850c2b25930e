import { AsyncLocalStorage } from 'node:async_hooks'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { SSEClientTransport, SseError } from '@modelcontextprotocol/sdk/client/sse.js'
import type { McpCommand } from '../catalog/catalog.ts'
import { McpFailure } from './mcp-failure.ts'
import { createServerFetch, type ServerAccess } from './mcp-fetch.ts'
import { type SessionTransport, withoutSecret } from './mcp-transport.ts'
import { createServerAnswers, isAnswer } from './server-answers.ts'

const MAX_STDIO_MESSAGE_BYTES = 10 * 1024 * 1024

/** What a message is sent with, which the SDK of those days passes on to no request. */
interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * HTTP+SSE, which the MCP SDK of today has dropped: the SDK of its days speaks it. One stream for all answers; when that
 * breaks, the connection is closed, since answers may have been lost with it, and its calls fail at once.
 */
export function createSseTransport(access: ServerAccess): SessionTransport {
  const sendings = new AsyncLocalStorage<Sending>()
  const serverFetch = createServerFetch(access)
  let failure: unknown

  async function send(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const { headers: own = {}, signal } = sendings.getStore() ?? {}
    for (const [name, value] of Object.entries(own)) headers.set(name, value)
    const signals = [init.signal, signal].filter((each) => each instanceof AbortSignal)
    const bounds = signal ? { signal: AbortSignal.any(signals) } : {}
    try {
      return await taken(await serverFetch(url, { ...init, headers, ...bounds }))
    } catch (error) {
      failure = error
      throw error
    }
  }

  const inner = new SSEClientTransport(new URL(access.address), { fetch: send })
  const giveAnswer = createServerAnswers({
    send: (answer, { requestSignal: signal }) =>
      sendings.run({ signal }, () => inner.send(answer as never))
  })
  const outer: SessionTransport = {
    start: async () => {
      inner.onmessage = (message) =>
        outer.onmessage?.(withoutSecret(message as JSONRPCMessage, access.secret))
      inner.onclose = () => outer.onclose?.()
      inner.onerror = (error) => {
        outer.onerror?.(error)
        // It would go on asking by itself, for ever.
        if (error instanceof SseError) void inner.close()
      }
      try {
        await inner.start()
      } catch (error) {
        await inner.close()
        // The SDK's own errors say less than what they are about.
        throw failure ?? notAnSseServer(error)
      }
    },
    send: (message, sending) => {
      if (isAnswer(message)) return giveAnswer(message)
      const headers = sending?.headers ?? {}
      return sendings.run({ headers }, () => inner.send(message as never))
    },
    setProtocolVersion: (version) => inner.setProtocolVersion(version),
    endSession: async () => undefined,
    close: () => inner.close()
  }
  return outer
}

async function taken(response: Response): Promise<Response> {
  if (response.ok) return response
  await response.body?.cancel()
  throw new McpRefusal(response.status)
}

/** The server's answer to a request that it did not take. */
class McpRefusal extends Error {
  override readonly name = 'McpRefusal'
  readonly status: number

  constructor(status: number) {
    super(`The server answered ${status}`)
    this.status = status
  }
}

/** The SDK names every reason with an error of its own; its codes are those of HTTP, and not of MCP. */
function notAnSseServer(error: unknown): unknown {
  const message = error instanceof Error ? error.message : ''
  if (message.startsWith('Endpoint origin')) {
    return new McpFailure('failed', 'it names an address of another server to send to.', error)
  }
  if (!(error instanceof SseError)) return error
  return new McpFailure('failed', 'its address does not answer with a stream of events.', error)
}

/** A program's standard streams. Its environment is what the command says and little else: no secret of this service. */
export function createStdioTransport({ file, args, env }: McpCommand): SessionTransport {
  const transport = new StdioClientTransport({
    command: file,
    args: [...args],
    env: { ...env },
    // What a program writes there may hold anything.
    stderr: 'ignore',
    maxBufferSize: MAX_STDIO_MESSAGE_BYTES
  })
  return Object.assign(transport, { endSession: async () => undefined })
}
