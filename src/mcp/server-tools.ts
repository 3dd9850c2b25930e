import type { McpServer } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { LeftOutTool } from './mcp-tools.ts'
import { isOffered, mayRunUnasked } from './tool-effects.ts'
import type { FreshLists } from './tool-lists.ts'
import type { ToolDifference, ToolWatch } from './tool-watch.ts'

/** A tool of a server, for administrators. */
export interface ServerTool {
  /** As the server knows it. */
  readonly rawName: string
  /** As models are offered it, when no other tool of a run has the same name. */
  readonly name: string
  readonly description: string
  /** Whether models are offered it, by the administrator's word. */
  readonly offered: boolean
  /** Whether it runs without anybody's approval, by the administrator's word. */
  readonly readOnly: boolean
  /** It is not what was accepted. */
  readonly changed: boolean
}

export interface ServerToolList {
  readonly tools: readonly ServerTool[]
  readonly leftOut: readonly LeftOutTool[]
}

export interface ServerToolsOptions {
  readonly currentServers: () => Promise<readonly McpServer[]>
  readonly lists: FreshLists
  readonly watch: Pick<ToolWatch, 'changedIn' | 'accept'>
}

/** The tools of a server, asked for now, whether it is enabled or not. */
export interface ServerTools {
  /** @throws AppError OBJECT_NOT_FOUND, TOOL_SERVER_FAILED; what the catalog throws; the signal's reason. */
  list(serverId: string, context: CallContext): Promise<ServerToolList>
  /** Takes what it lists now as accepted. Throws as `list` does, and what the records throw. */
  refresh(serverId: string, context: CallContext): Promise<ServerToolList & ToolDifference>
}

export function createServerTools({
  currentServers,
  lists,
  watch
}: ServerToolsOptions): ServerTools {
  async function find(serverId: string): Promise<McpServer> {
    const server = (await currentServers()).find(({ id }) => id === serverId)
    if (!server) throw new AppError('OBJECT_NOT_FOUND', 'There is no such MCP server.')
    return server
  }

  async function look(server: McpServer, context: CallContext) {
    const list = await lists.fresh(server, context)
    if ('tools' in list) return list
    throw new AppError('TOOL_SERVER_FAILED', `${server.name} could not be asked: ${list.down}`)
  }

  return {
    async list(serverId, context) {
      const server = await find(serverId)
      const listed = await look(server, context)
      const changed = await watch.changedIn(server, listed)
      const tools = listed.tools.map((tool) => describe(tool, server, changed))
      return { tools, leftOut: listed.leftOut }
    },
    async refresh(serverId, context) {
      const server = await find(serverId)
      const listed = await look(server, context)
      const difference = await watch.accept(server, listed)
      const tools = listed.tools.map((tool) => describe(tool, server, []))
      return { tools, leftOut: listed.leftOut, ...difference }
    }
  }
}

type Listed = {
  readonly rawName: string
  readonly definition: { name: string; description: string }
}

function describe(
  { rawName, definition: { name, description } }: Listed,
  server: McpServer,
  changed: readonly string[]
): ServerTool {
  return {
    rawName,
    name,
    description,
    offered: isOffered(rawName, server),
    readOnly: mayRunUnasked(rawName, server),
    changed: changed.includes(rawName)
  }
}
