import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/** What reaches a person through any MCP client. */
export interface DoorResult {
  readonly isError: boolean
  /** Parsed text. */
  readonly text: Record<string, unknown>
}

/** Some MCP client that is connected to `/mcp`. */
export interface DoorClient {
  /** As the client has it after connecting; of the old line of the SDK, nothing. */
  readonly protocol: string | undefined
  listTools(): Promise<readonly string[]>
  call(
    name: string,
    args: Record<string, unknown>,
    options?: { readonly signal?: AbortSignal }
  ): Promise<DoorResult>
  close(): Promise<void>
}

type Headers = Readonly<Record<string, string>>
export type Connect = (url: string, headers?: Headers) => Promise<DoorClient>

const INFO = { name: 'outsider', version: '1' }

function read(result: Readonly<Record<string, unknown>>): DoorResult {
  const [first] = result.content as { text: string }[]
  return { isError: result.isError === true, text: JSON.parse(first?.text ?? '') }
}

/** The second line of the SDK, in the protocol it is told to speak. */
const second =
  (mode: 'legacy' | 'auto' | { readonly pin: string }): Connect =>
  async (url, headers = {}) => {
    const client = new Client(INFO, { versionNegotiation: { mode } })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } })
    )
    return {
      protocol: client.getNegotiatedProtocolVersion(),
      listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, args, options) =>
        read(await client.callTool({ name, arguments: args }, options)),
      close: () => client.close()
    }
  }

/** The first line, which most clients in the field are made of. */
const first: Connect = async (url, headers = {}) => {
  const client = new OldClient(INFO)
  await client.connect(new OldTransport(new URL(`${url}/mcp`), { requestInit: { headers } }))
  return {
    protocol: undefined,
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, options) =>
      read(await client.callTool({ name, arguments: args }, undefined, options)),
    close: () => client.close()
  }
}

/** Each with the protocol that it ends up with. */
export const CLIENTS: readonly (readonly [string, string | undefined, Connect])[] = [
  ['the SDK v1', undefined, first],
  ['the SDK v2 in the 2025 protocol', '2025-11-25', second('legacy')],
  ['the SDK v2 that negotiates', '2026-07-28', second('auto')],
  ['the SDK v2 in the 2026 protocol alone', '2026-07-28', second({ pin: '2026-07-28' })]
]
