import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as it arrived. */
export interface WireRequest {
  method: string
  /** Path without the query. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** Parsed JSON, or the text where it is none; undefined without a body. */
  body: unknown
}

export type WireHandler = (request: WireRequest, response: ServerResponse) => unknown

export interface WireServer {
  url: string
  /** Every request so far, in order of arrival. */
  requests: WireRequest[]
  stop(): Promise<void>
}

async function read(request: IncomingMessage): Promise<WireRequest> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://wire')
  return {
    method: request.method ?? '',
    path: pathname,
    query: searchParams,
    headers: request.headers,
    body: text ? parse(text) : undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

/**
 * A real HTTP server on a free loopback port, for one test: what `handle` returns is answered as JSON, unless it has
 * answered by itself (or returns undefined, and leaves the request open). Stopped when the test is finished.
 */
export async function startWireServer(handle: WireHandler): Promise<WireServer> {
  const requests: WireRequest[] = []
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming)
    requests.push(request)
    const body = await handle(request, response)
    if (body !== undefined && !response.headersSent && !response.destroyed)
      json(response, 200, body)
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(stop)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, stop }
}
