import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { announce } from './announce.ts'

const ADDRESS = /^\/(\d+)\/mcp$/
const TOOLS = Number(process.env.TOOLS ?? 20)
/** The first so many addresses take a request and never answer it, the next so many answer 502. */
const HANGING = Number(process.env.HANGING ?? 0)
const FAILING = Number(process.env.FAILING ?? 0)

const sessions = new Map<string, StreamableHTTPServerTransport>()

/** Many MCP servers with sessions, one behind each address `/<number>/mcp`. */
announce(
  createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
)

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const number = Number(ADDRESS.exec(request.url ?? '')?.[1])
  if (number < HANGING) return
  if (number < HANGING + FAILING || Number.isNaN(number)) {
    response.writeHead(Number.isNaN(number) ? 404 : 502).end()
    return
  }
  const known = sessions.get(String(request.headers['mcp-session-id']))
  await (known ?? (await open(number))).handleRequest(request, response)
}

async function open(number: number): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport)
  })
  const server = new Server(
    { name: `bench-${number}`, version: '1' },
    { capabilities: { tools: {} } }
  )
  const tools = toolsOf(number)
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }))
  server.setRequestHandler(CallToolRequestSchema, () => ({
    content: [{ type: 'text', text: 'done' }]
  }))
  await server.connect(transport)
  return transport
}

function toolsOf(number: number) {
  return Array.from({ length: TOOLS }, (_, place) => ({
    name: `plant_${number}_task_${place}`,
    description: `Task ${place} of plant ${number}: reads what its sensors say of a line, in an interval.`,
    inputSchema: {
      type: 'object' as const,
      properties: {
        line: { type: 'string', description: 'Name of the line, as on its plate.' },
        since: { type: 'string', format: 'date-time' },
        limit: { type: 'integer', minimum: 1, maximum: 500 },
        kinds: { type: 'array', items: { enum: ['heat', 'power', 'speed'] } }
      },
      required: ['line']
    }
  }))
}
