import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server'
import { freePort } from './ports.ts'
import { startProcess } from './processes.ts'

const START_TIMEOUT_MS = 20_000

/** A tool server that speaks MCP over streamable HTTP on the loopback interface. */
export interface McpPeer {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** `@modelcontextprotocol/server-everything`, which nobody here wrote: 2025 protocol, sessions, event ids. */
export async function startEverything(
  options: { readonly port?: number; readonly mode?: 'streamableHttp' | 'sse' } = {}
): Promise<McpPeer> {
  const { mode = 'streamableHttp' } = options
  const port = options.port ?? (await freePort())
  const entry = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/dist/index.js'
  )
  const preload = fileURLToPath(new URL('loopback-only.ts', import.meta.url))
  const running = startProcess({
    command: process.execPath,
    args: ['--import', preload, entry, mode],
    env: { ...process.env, PORT: String(port) }
  })
  await running.waitForOutput(/(listening|running) on port/, START_TIMEOUT_MS)
  const path = mode === 'sse' ? 'sse' : 'mcp'
  return { url: `http://127.0.0.1:${port}/${path}`, port, stop: running.kill }
}

export interface ModernPeer extends McpPeer {
  /** Headers of every request, in order. */
  readonly requests: readonly IncomingHttpHeaders[]
}

/** A server of the SDK's second line: 2026 protocol, stateless, answering both eras. */
export async function startModernPeer(
  factory: McpServerFactory,
  options: { readonly legacy?: 'stateless' | 'reject' } = {}
): Promise<ModernPeer> {
  const handler = createMcpHandler(factory, options)
  const requests: IncomingHttpHeaders[] = []
  const server = createServer((incoming, response) => {
    requests.push(incoming.headers)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    void (async () => {
      const body = Buffer.concat(await incoming.toArray())
      const answer = await handler.fetch(
        new Request(`http://127.0.0.1${incoming.url}`, {
          method: incoming.method ?? 'GET',
          headers: new Headers(incoming.headers as Record<string, string>),
          signal: gone.signal,
          ...(body.length > 0 && { body })
        })
      )
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.flushHeaders()
      if (!answer.body) return void response.end()
      Readable.fromWeb(answer.body as never).pipe(response)
    })().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    requests,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}
