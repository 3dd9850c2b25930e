import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { ToolDefinition } from '../tool-server.ts'
import { type Asker, createAsker, type Identity } from './asker.ts'
import { count } from './count.ts'
import { find } from './find.ts'
import type { ModelDirectory } from './model-directory.ts'
import { countInput, findInput } from './tool-input.ts'
import { failure } from './tool-output.ts'

/** Name of this tool server, for people and in tool definitions. */
export const NAUTOBOT_TOOL_SERVER = 'nautobot'

const VERSION = '1.0.0'

const INSTRUCTIONS =
  'Nautobot is the source of truth of the network; these tools read it with the rights of the asking user. ' +
  'Take every number from count or from the `count` of find, never by counting rows. ' +
  'After an error with `nearest`, ask again with a name from there, or ask the user.'

const COUNT =
  'How many objects in Nautobot match, in all or for each value of a field. ' +
  'Use it for every "how many", and for distributions with group_by.'

const FIND =
  'List objects in Nautobot that match. `count` in the result is the number of all that match, also when the list is cut. ' +
  'Changes (`extras.objectchange`: who changed what, newest first) can be filtered by user_name, action, changed_object_type, object_repr, time__gte.'

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true } as const

const definition = (name: string, description: string, input: z.ZodType): ToolDefinition => {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(input, { io: 'input' })
  return { name, description, inputSchema, server: NAUTOBOT_TOOL_SERVER, readOnly: true }
}

/** The built-in tools as a model sees them; the same for every run, so that prompts can be cached. */
export const nautobotToolDefinitions: readonly ToolDefinition[] = [
  definition('count', COUNT, countInput),
  definition('find', FIND, findInput)
]

export interface NautobotToolServerOptions extends Identity {
  readonly nautobot: NautobotClient
  /** Shared by all tool servers of the process. */
  readonly directory: ModelDirectory
  readonly correlationId: string
}

/**
 * The built-in tools as an MCP server for one user: made for a run, or for a request of an outside client. It holds no
 * connection; close it with its transport. Every failure is a result with `isError`, but for an abort.
 */
export function createNautobotToolServer(options: NautobotToolServerOptions): McpServer {
  const { nautobot, directory, correlationId } = options
  const server = new McpServer(
    { name: NAUTOBOT_TOOL_SERVER, version: VERSION },
    { instructions: INSTRUCTIONS }
  )

  const tool =
    <I>(work: (input: I, asker: Asker, directory: ModelDirectory) => Promise<CallToolResult>) =>
    async (input: I, { mcpReq }: ServerContext): Promise<CallToolResult> => {
      const { signal } = mcpReq
      const asker = createAsker(nautobot, options, { signal, correlationId })
      return work(input, asker, directory).catch((error: unknown) => {
        signal.throwIfAborted()
        return failure(error)
      })
    }

  server.registerTool(
    'count',
    { description: COUNT, inputSchema: countInput, annotations: READ_ONLY },
    tool(count)
  )
  server.registerTool(
    'find',
    { description: FIND, inputSchema: findInput, annotations: READ_ONLY },
    tool(find)
  )
  return server
}
