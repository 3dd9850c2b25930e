import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface SseRequest {
  readonly httpMethod: string
  readonly headers: IncomingHttpHeaders
  /** JSON-RPC method; empty for GET. */
  readonly method: string
}

export interface SseMcpServer {
  readonly url: string
  readonly requests: readonly SseRequest[]
  /** What the stream names as the address to send to, from now on. */
  nameEndpoint(address: string): void
  /** The stream names no address to send to from now on. */
  nameNothing(): void
  /** Answers every request with this status from now on; undefined: properly. */
  refuse(status: number | undefined): void
  /** Answers the stream's request with compressed zeros, which grow to 64 MiB. */
  bomb(): void
  /** Sends an event on every open stream. */
  push(event: string, data: string): void
  /** Tools are called and never answered from now on. */
  fallSilent(): void
  cutStreams(): void
  stop(): Promise<void>
}

interface State {
  endpoint: string | undefined
  status: number | undefined
  isBomb: boolean
  isSilent: boolean
  readonly streams: Set<ServerResponse>
  readonly requests: SseRequest[]
}

/** An MCP server of the first protocol version, written by hand: one stream for all answers, requests beside it. */
export async function startSseMcpServer(): Promise<SseMcpServer> {
  const state: State = {
    ...{ endpoint: '/message?session=1', status: undefined, isBomb: false, isSilent: false },
    streams: new Set(),
    requests: []
  }
  const server = createServer((incoming, response) => {
    void serve(state, incoming, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/sse`,
    requests: state.requests,
    nameEndpoint: (address) => {
      state.endpoint = address
    },
    nameNothing: () => {
      state.endpoint = undefined
    },
    refuse: (status) => {
      state.status = status
    },
    bomb: () => {
      state.isBomb = true
    },
    push: (event, data) => {
      for (const stream of state.streams) send(stream, event, data)
    },
    fallSilent: () => {
      state.isSilent = true
    },
    cutStreams: () => {
      for (const stream of state.streams) stream.destroy()
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

async function serve(state: State, incoming: IncomingMessage, response: ServerResponse) {
  const text = (await incoming.toArray()).join('')
  const message = text ? JSON.parse(text) : { method: '' }
  state.requests.push({
    httpMethod: incoming.method ?? '',
    headers: incoming.headers,
    method: message.method
  })
  if (state.status !== undefined) return void response.writeHead(state.status).end('refused')
  if (incoming.method === 'GET') return openStream(state, response)
  response.writeHead(202).end('Accepted')
  if (message.id === undefined || (state.isSilent && message.method === 'tools/call')) return
  const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: resultOf(message) })
  for (const stream of state.streams) send(stream, 'message', answer)
}

function openStream(state: State, response: ServerResponse): void {
  const encoding = state.isBomb ? { 'content-encoding': 'gzip' } : {}
  response.writeHead(200, { 'content-type': 'text/event-stream', ...encoding })
  if (state.isBomb) return void response.end(gzipSync(Buffer.alloc(64 * 1024 * 1024)))
  state.streams.add(response)
  response.once('close', () => state.streams.delete(response))
  if (state.endpoint !== undefined) send(response, 'endpoint', state.endpoint)
}

function send(stream: ServerResponse, event: string, data: string): void {
  stream.write(`event: ${event}\ndata: ${data}\n\n`)
}

function resultOf({ method, params }: { method: string; params?: Record<string, unknown> }) {
  if (method === 'initialize') {
    return {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'old', version: '1' }
    }
  }
  if (method === 'tools/call') {
    return { content: [{ type: 'text', text: JSON.stringify(params?.arguments) }] }
  }
  if (method !== 'tools/list') return {}
  return { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }
}
