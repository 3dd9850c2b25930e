import type { McpServer } from '../catalog/catalog.ts'
import type { CallContext } from '../platform/call-context.ts'
import { isRecord } from '../platform/json.ts'
import type { ToolDefinition, ToolResult, ToolSet, UnavailableServer } from '../tool-server.ts'
import { type ConnectableServer, connectInMemory, type McpConnection } from './mcp-connection.ts'
import { toMcpFailure } from './mcp-failure.ts'
import type { McpPool } from './mcp-pool.ts'
import { errorResult, failedResult, foreignResult, ownResult } from './mcp-results.ts'
import { markName } from './mcp-tools.ts'
import type { ToolLists } from './tool-lists.ts'

export interface ToolSetsOptions {
  readonly pool: McpPool
  readonly lists: ToolLists
  /** UTF-8 bytes of one result that the model reads. */
  readonly maxResultBytes: number
  /** Tools of one run; providers take at most 128 with one request. */
  readonly maxTools: number
  /** For one call of a built-in tool. */
  readonly builtInTimeoutMs: number
}

/** A tool server in this process. Its definitions are made once, the server for each run that calls it. */
export interface BuiltInServer {
  readonly name: string
  readonly tools: readonly ToolDefinition[]
  /** Called at the run's first call; the run owns and closes it. */
  readonly create: () => Promise<ConnectableServer> | ConnectableServer
}

export interface ToolSets {
  /**
   * The tools of a run: the built-in ones first, then those of the servers, each asked once. A server that cannot be
   * asked lands in `unavailable`; waiting for it is bounded. Never throws, but for `context.signal`'s abort.
   */
  lease(
    servers: readonly McpServer[],
    builtIn: BuiltInServer | undefined,
    context: CallContext
  ): Promise<ToolSet>
}

type Call = (args: object, context: CallContext) => Promise<ToolResult>

interface Offer {
  readonly definition: ToolDefinition
  readonly call: Call
}

export function createToolSets(options: ToolSetsOptions): ToolSets {
  return {
    lease: async (servers, builtIn, context) => {
      const own = offerBuiltIn(builtIn, options)
      const foreign = await Promise.all(
        distinct(servers, builtIn).map(async (server): Promise<Foreign> => {
          const { tools = [], down } = await options.lists.get(server, context)
          return { server, down, offers: offersOf(server, tools, options) }
        })
      )
      const offers = combine(own.offers, foreign).slice(0, options.maxTools)
      const unavailable = foreign.flatMap((each) => describeGap(each, offers, options.maxTools))
      return createToolSet(offers, unavailable, own.release)
    }
  }
}

/** Each server once, and none under the name of the built-in one: people and metrics tell them apart by it. */
function distinct(
  servers: readonly McpServer[],
  builtIn: BuiltInServer | undefined
): readonly McpServer[] {
  const reserved = builtIn?.name.toLowerCase()
  const byId = new Map(servers.map((server) => [server.id, server]))
  return [...byId.values()].map((server) =>
    server.name.trim().toLowerCase() === reserved
      ? { ...server, name: `${server.name} (MCP)` }
      : server
  )
}

interface Foreign {
  readonly server: McpServer
  readonly down: string | undefined
  readonly offers: readonly Offer[]
}

/** Names that meet get a mark each, so that none depends on the order of the servers. */
function combine(own: readonly Offer[], foreign: readonly Foreign[]): readonly Offer[] {
  const counts = new Map<string, number>()
  for (const { definition } of [...own, ...foreign.flatMap(({ offers }) => offers)]) {
    counts.set(definition.name, (counts.get(definition.name) ?? 0) + 1)
  }
  const marked = foreign.flatMap(({ server, offers }) =>
    offers.map(({ definition, call }) => {
      const { name } = definition
      if (counts.get(name) === 1) return { definition, call }
      return { definition: { ...definition, name: markName(name, `${server.id}:${name}`) }, call }
    })
  )
  return [...own, ...marked]
}

function describeGap(
  { server: { name }, down, offers }: Foreign,
  offered: readonly Offer[],
  maxTools: number
): readonly UnavailableServer[] {
  if (down !== undefined) return [{ server: name, reason: down }]
  const shown = offered.filter(({ definition }) => definition.server === name).length
  if (shown >= offers.length) return []
  const reason = `only ${shown} of its ${offers.length} tools fit the limit of ${maxTools}.`
  return [{ server: name, reason }]
}

function offersOf(
  server: McpServer,
  tools: NonNullable<Awaited<ReturnType<ToolLists['get']>>['tools']>,
  { pool, maxResultBytes: maxBytes }: ToolSetsOptions
): readonly Offer[] {
  return tools.map(({ rawName, definition }) => {
    const about = { maxBytes, tool: `${rawName} of ${server.name}` }
    const call: Call = async (args, context) => {
      try {
        const result = await pool.use(server, context, (connection) =>
          connection.callTool(rawName, args, context)
        )
        return foreignResult(result, about)
      } catch (error) {
        context.signal.throwIfAborted()
        return failedResult(server.name, toMcpFailure(error, server.timeoutMs), about)
      }
    }
    return { definition, call }
  })
}

function offerBuiltIn(builtIn: BuiltInServer | undefined, options: ToolSetsOptions) {
  const { builtInTimeoutMs, maxResultBytes: maxBytes } = options
  let connection: Promise<McpConnection> | undefined

  async function connect({ create }: BuiltInServer): Promise<McpConnection> {
    return connectInMemory(await create(), builtInTimeoutMs)
  }

  const offers = (builtIn?.tools ?? []).map((definition) => {
    const about = { maxBytes, tool: definition.name }
    const call: Call = async (args, context) => {
      try {
        connection ??= connect(builtIn as BuiltInServer).catch((error: unknown) => {
          connection = undefined
          throw error
        })
        return ownResult(await (await connection).callTool(definition.name, args, context), about)
      } catch (error) {
        context.signal.throwIfAborted()
        return failedResult(definition.server, toMcpFailure(error, builtInTimeoutMs), about)
      }
    }
    return { definition, call }
  })

  return {
    offers,
    release: async () => {
      const opened = await connection?.catch(() => undefined)
      connection = undefined
      await opened?.close()
    }
  }
}

function createToolSet(
  offers: readonly Offer[],
  unavailable: readonly UnavailableServer[],
  release: () => Promise<void>
): ToolSet {
  const byName = new Map(offers.map((offer) => [offer.definition.name, offer]))
  return {
    tools: offers.map(({ definition }) => definition),
    unavailable,
    call: async (name, args, context) => {
      context.signal.throwIfAborted()
      const offer = byName.get(name)
      if (!offer) return errorResult(`There is no tool called "${name.slice(0, 100)}".`)
      if (!isRecord(args)) return errorResult('The arguments of a tool are a JSON object.')
      return offer.call(args, context)
    },
    release
  }
}
