import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'

const WHO_AM_I = {
  name: 'who_am_i',
  description: 'Says who asks.',
  inputSchema: { type: 'object' as const },
  annotations: { readOnlyHint: true }
}

export interface Told {
  readonly claims: JWTPayload
  /** As it was shown. */
  readonly statement: string
  /** The tool that was called, if any. */
  readonly tool: string | undefined
}

/** A foreign MCP server that takes statements on users, as docs/mcp-servers.md tells its authors to check them. */
export interface StatementServer {
  readonly url: string
  /** What each request with a good statement said, in order of arrival. */
  readonly told: readonly Told[]
  /** Requests with a statement that is not good: their reasons. */
  readonly refused: readonly string[]
  /** How many requests had none, as those of health checks. */
  anonymous(): number
  stop(): Promise<void>
}

/** @param nautobotUrl whose statements are believed. */
export async function startStatementServer(nautobotUrl: string): Promise<StatementServer> {
  const keys = createRemoteJWKSet(new URL(`${nautobotUrl}/api/plugins/ai-ops/jwks/`))
  const told: Told[] = []
  const refused: string[] = []
  let anonymous = 0
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`

  async function verify({ headers }: IncomingMessage): Promise<JWTPayload | undefined> {
    if (!headers.authorization) {
      anonymous += 1
      return
    }
    try {
      const token = headers.authorization.replace(/^Bearer /, '')
      const expected = { issuer: 'nautobot', audience: url, algorithms: ['EdDSA'] }
      const required = { requiredClaims: ['exp', 'sub', 'typ'] }
      const { payload } = await jwtVerify(token, keys, { ...expected, ...required })
      if (payload.typ !== 'mcp-user') throw new Error('no statement on a user')
      return payload
    } catch (error) {
      refused.push(String(error))
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const claims = await verify(request)
    if (!claims) return void response.writeHead(401).end()
    const text = (await request.toArray()).join('')
    const body = text ? JSON.parse(text) : undefined
    const tool = body?.method === 'tools/call' ? String(body.params?.name) : undefined
    const statement = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    told.push({ claims, statement, tool })
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    await answering(claims).connect(transport)
    await transport.handleRequest(request, response, body)
  }

  return {
    ...{ url, told, refused },
    anonymous: () => anonymous,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

/** Without sessions: each request is answered for who sent it. */
function answering({ username }: JWTPayload): Server {
  const server = new Server({ name: 'who', version: '1' }, { capabilities: { tools: {} } })
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [WHO_AM_I] }))
  server.setRequestHandler(CallToolRequestSchema, () => ({
    content: [{ type: 'text', text: `You are ${username}.` }]
  }))
  return server
}
