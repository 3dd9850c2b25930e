import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the server does instead of answering properly. */
export type Fault =
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'html' }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly body?: string
      readonly location?: string
    }
  /** A response stream that ends without a response. */
  | { readonly kind: 'cut-stream' }
  /** A response stream that stays open without a response. */
  | { readonly kind: 'open-stream' }
  /** A response stream that reports progress so many times, and then answers. */
  | {
      readonly kind: 'progress'
      readonly everyMs: number
      readonly times: number
      /** What the n-th report says, from 1; how far it is unless given. */
      readonly says?: (report: number) => object
    }
  /** A response stream that answers, and then reports progress all the same. */
  | { readonly kind: 'late-progress' }
  /** A proper response with this result, whatever was asked. */
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** A body as it is, said to be JSON. */
  | {
      readonly kind: 'raw'
      readonly body: string | Buffer
      readonly headers?: Readonly<Record<string, string>>
    }
  /** One byte after the other, so far apart that it never ends within any time-out. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** A proper response with the id of another request. */
  | { readonly kind: 'wrong-id' }
  /** A request of the server's own on the stream of a call, then the proper response. */
  | { readonly kind: 'ask-first'; readonly method: string }
  /** So many requests of the server's own at once on the stream of a call, which stays open. */
  | { readonly kind: 'ask-often'; readonly method: string; readonly times: number }
  /** A proper response several times, on a stream. */
  | { readonly kind: 'duplicates'; readonly times: number }

export interface McpRequest {
  readonly httpMethod: string
  readonly headers: IncomingHttpHeaders
  readonly id: number | string | undefined
  /** Of a response to what the server asked. */
  readonly error?: { readonly code: number }
  /** JSON-RPC method; empty for responses, GET and DELETE. */
  readonly method: string
  readonly params: {
    readonly name?: string
    readonly cursor?: string
    readonly arguments?: unknown
    readonly requestId?: number | string
    readonly _meta?: { readonly progressToken?: number | string }
  }
  /** The client closed the request before it was answered. */
  closedByClient: boolean
}

export type Misbehave = (request: McpRequest) => Fault | undefined

export interface FaultMcpServerOptions {
  /** Fixed port, so that a server can come back at its address. */
  readonly port?: number
  /** Tools on one page. */
  readonly tools?: readonly unknown[]
  /** More pages than one; the cursor is the page's number. */
  readonly pages?: readonly (readonly unknown[])[]
  /** Says that it tells of changed tools, on a stream for each session. */
  readonly tellsOfChanges?: boolean
  /** The status for a session that the server does not know. */
  readonly lostSessionStatus?: 400 | 404
}

export interface FaultMcpServer {
  readonly url: string
  readonly port: number
  readonly requests: readonly McpRequest[]
  /** Requests of one JSON-RPC method. */
  asked(method: string): readonly McpRequest[]
  /** Decides for every request from now on; undefined: answer properly. */
  misbehave(decide: Misbehave): void
  /** Tells everybody who listens that its tools have changed. */
  tellOfChange(): void
  /** As after a restart: no session is known any more. */
  forgetSessions(): void
  stop(): Promise<void>
}

export const ECHO = {
  name: 'echo',
  description: 'Answers its arguments.',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } }
}

interface State {
  readonly options: FaultMcpServerOptions
  readonly sessions: Set<string>
  readonly streams: Set<ServerResponse>
  readonly requests: McpRequest[]
  decide: Misbehave
}

/**
 * An MCP server of the 2025 protocol with sessions, written by hand so that it can misbehave at the wire in any way.
 * Properly, `tools/call` answers its arguments as JSON.
 */
export async function startFaultMcpServer(
  options: FaultMcpServerOptions = {}
): Promise<FaultMcpServer> {
  const state: State = {
    options,
    sessions: new Set(),
    streams: new Set(),
    requests: [],
    decide: () => undefined
  }
  const server = createServer((incoming, response) => {
    void serve(state, incoming, response).catch(() => response.destroy())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    requests: state.requests,
    asked: (method) => state.requests.filter((request) => request.method === method),
    misbehave: (decide) => {
      state.decide = decide
    },
    tellOfChange: () => {
      const message = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }
      for (const stream of state.streams) {
        stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`)
      }
    },
    forgetSessions: () => state.sessions.clear(),
    stop: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

async function serve(
  state: State,
  incoming: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const text = (await incoming.toArray()).join('')
  const request: McpRequest = {
    ...{ id: undefined, method: '', params: {}, ...(text ? JSON.parse(text) : {}) },
    httpMethod: incoming.method ?? '',
    headers: incoming.headers,
    closedByClient: false
  }
  response.once('close', () => {
    request.closedByClient = !response.writableEnded
  })
  state.requests.push(request)
  const fault = state.decide(request)
  if (fault) return FAULTS[fault.kind](request, response, fault as never)
  answer(state, request, response)
}

function answer(state: State, request: McpRequest, response: ServerResponse): void {
  const { sessions, options } = state
  const session = request.headers['mcp-session-id']
  if (request.method === 'initialize') {
    initialize(state, request, response)
  } else if (typeof session !== 'string' || !sessions.has(session)) {
    const error = { code: -32_000, message: 'No valid session' }
    sendJson(response, options.lostSessionStatus ?? 404, { jsonrpc: '2.0', id: null, error })
  } else if (request.httpMethod === 'GET') {
    startStream(response)
    state.streams.add(response)
    response.once('close', () => state.streams.delete(response))
  } else if (request.id === undefined) {
    if (request.httpMethod === 'DELETE') sessions.delete(session)
    response.writeHead(202).end()
  } else {
    sendResult(response, request, resultOf(state, request))
  }
}

function initialize(
  { sessions, options: { tellsOfChanges } }: State,
  request: McpRequest,
  response: ServerResponse
): void {
  const session = randomUUID()
  sessions.add(session)
  response.setHeader('mcp-session-id', session)
  sendResult(response, request, {
    protocolVersion: '2025-06-18',
    capabilities: { tools: tellsOfChanges ? { listChanged: true } : {} },
    serverInfo: { name: 'fault', version: '1' }
  })
}

function resultOf({ options }: State, { method, params }: McpRequest): unknown {
  if (method === 'tools/call') {
    return { content: [{ type: 'text', text: JSON.stringify(params.arguments) }] }
  }
  if (method !== 'tools/list') return {}
  const pages = options.pages ?? [options.tools ?? [ECHO]]
  const page = Number(params.cursor ?? 0)
  const next = page + 1 < pages.length ? { nextCursor: String(page + 1) } : {}
  return { tools: pages[page] ?? [], ...next }
}

type Perform = (request: McpRequest, response: ServerResponse, fault: never) => void

const FAULTS: Readonly<Record<Fault['kind'], Perform>> = {
  hang: () => undefined,
  reset: (_request, response) => void response.socket?.resetAndDestroy(),
  html: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
  },
  status: (_request, response, { status, body, location }: Fault & { kind: 'status' }) => {
    if (location) response.setHeader('location', location)
    const text = body ?? `scripted ${status}`
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
  },
  'cut-stream': (_request, response) => {
    startStream(response)
    response.end()
  },
  progress: (request, response, fault: Fault & { kind: 'progress' }) => {
    void reportProgress(request, response, fault)
  },
  'late-progress': ({ id, params }, response) => {
    startStream(response)
    const { progressToken } = params._meta ?? {}
    sendEvent(response, { id, result: { content: [{ type: 'text', text: 'done' }] } })
    sendEvent(response, {
      method: 'notifications/progress',
      params: { progressToken, progress: 9 }
    })
    response.end()
  },
  'open-stream': (_request, response) => startStream(response),
  result: (request, response, { result }: Fault & { kind: 'result' }) => {
    sendResult(response, request, result)
  },
  error: (request, response, { code, message }: Fault & { kind: 'error' }) => {
    sendJson(response, 200, { jsonrpc: '2.0', id: request.id, error: { code, message } })
  },
  raw: (_request, response, { body, headers }: Fault & { kind: 'raw' }) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)
  },
  drip: (_request, response, { everyMs }: Fault & { kind: 'drip' }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const dripping = setInterval(() => response.write(' '), everyMs)
    response.once('close', () => clearInterval(dripping))
  },
  'wrong-id': (request, response) => {
    sendResult(response, { ...request, id: `not-${request.id}` }, { content: [] })
  },
  'ask-first': ({ id }, response, { method }: Fault & { kind: 'ask-first' }) => {
    startStream(response)
    const tell = (message: object) =>
      response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
    tell({ id: 'asked-by-server', method, params: { message: 'Who?', messages: [], maxTokens: 9 } })
    setTimeout(() => {
      tell({ id, result: { content: [{ type: 'text', text: 'done without' }] } })
      response.end()
    }, 150)
  },
  'ask-often': (_request, response, { method, times }: Fault & { kind: 'ask-often' }) => {
    startStream(response)
    for (let id = 1; id <= times; id += 1) sendEvent(response, { id: `asked-${id}`, method })
  },
  duplicates: ({ id, params }, response, { times }: Fault & { kind: 'duplicates' }) => {
    startStream(response)
    const content = [{ type: 'text', text: JSON.stringify(params.arguments) }]
    const message = JSON.stringify({ jsonrpc: '2.0', id, result: { content } })
    response.end(`event: message\ndata: ${message}\n\n`.repeat(times))
  }
}

async function reportProgress(
  { id, params }: McpRequest,
  response: ServerResponse,
  { everyMs, times, says = (progress) => ({ progress }) }: Fault & { kind: 'progress' }
): Promise<void> {
  startStream(response)
  const { progressToken } = params._meta ?? {}
  for (let report = 1; report <= times && !response.destroyed; report += 1) {
    await sleep(everyMs)
    const said = { progressToken, ...says(report) }
    sendEvent(response, { method: 'notifications/progress', params: said })
  }
  sendEvent(response, { id, result: { content: [{ type: 'text', text: 'done' }] } })
  response.end()
}

function sendEvent(response: ServerResponse, message: object): void {
  response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
}

function startStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(': hello\n\n')
}

function sendResult(response: ServerResponse, { id }: McpRequest, result: unknown): void {
  sendJson(response, 200, { jsonrpc: '2.0', id, result })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
