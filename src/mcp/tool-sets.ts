import type { McpServer } from '../catalog/catalog.ts'
import type { Elicitation } from '../elicitation.ts'
import type { CallContext } from '../platform/call-context.ts'
import { isRecord } from '../platform/json.ts'
import {
  AGENT_TOOLS,
  type ToolContext,
  type ToolDefinition,
  type ToolResult,
  type ToolSet,
  type UnavailableServer
} from '../tool-server.ts'
import { argumentHeaders } from './argument-headers.ts'
import { createCallProgress } from './call-progress.ts'
import { markName } from './mark-name.ts'
import { type ConnectableServer, connectInMemory, type McpConnection } from './mcp-connection.ts'
import { toMcpFailure } from './mcp-failure.ts'
import { connectionKey, type McpPool } from './mcp-pool.ts'
import type { ToolCallContext } from './mcp-requests.ts'
import { errorResult, failedResult, foreignResult, ownResult, withNotes } from './mcp-results.ts'
import { isOffered, mayRunUnasked } from './tool-effects.ts'
import type { ToolLists } from './tool-lists.ts'

export interface ToolSetsOptions {
  readonly pool: McpPool
  readonly lists: ToolLists
  /** UTF-8 bytes of one result that the model reads. */
  readonly maxResultBytes: number
  /** Tools of one run. What of them a model is told of at once is the agent's business. */
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
  /** Has the tools of servers asked for before the first run wants them: see `ToolLists.warm`. */
  warm(servers: readonly McpServer[], builtIn: Pick<BuiltInServer, 'name'> | undefined): void
}

type Call = (args: object, context: ToolContext) => Promise<ToolResult>

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
    },
    warm: (servers, builtIn) => options.lists.warm(distinct(servers, builtIn))
  }
}

/** Each server once, and none under the name of the built-in one: people and metrics tell them apart by it. */
function distinct(
  servers: readonly McpServer[],
  builtIn: Pick<BuiltInServer, 'name'> | undefined
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
  const counts = new Map<string, number>(AGENT_TOOLS.map((name) => [name, 1]))
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
  { pool, maxResultBytes }: ToolSetsOptions
): readonly Offer[] {
  const origin = connectionKey(server)
  const maxBytes = Math.min(maxResultBytes, server.maxResultBytes)
  // By the rules of this run's catalog: the list may be older.
  const offered = tools.filter(({ rawName }) => isOffered(rawName, server))
  return offered.map(({ rawName, toRaw, headers: declared, definition: listed }) => {
    const definition = { ...listed, readOnly: mayRunUnasked(rawName, server), origin }
    const about = { maxBytes, tool: `${rawName} of ${server.name}` }
    const call: Call = async (args, { onProgress = () => undefined, ...context }) => {
      const progress = createCallProgress(onProgress)
      const notes: string[] = []
      try {
        const raw = toRaw(args)
        const own = {
          ...{ headers: argumentHeaders(declared, raw), onProgress: progress.report },
          onNote: (sentence: string) => void notes.push(sentence)
        }
        const asking = askingFor(context, { server: server.name, tool: rawName })
        const result = await pool.use(server, context, (connection) =>
          connection.callTool(rawName, raw, { ...asking, ...own })
        )
        return withNotes(foreignResult(result, about), notes, server.name)
      } catch (error) {
        context.signal.throwIfAborted()
        const failure = toMcpFailure(error, server.timeoutMs)
        return withNotes(failedResult(server.name, failure, about), notes, server.name)
      } finally {
        progress.end()
      }
    }
    return { definition, call }
  })
}

/** Says with each form who asks: the administrator's name of the server, never its own. */
function askingFor(
  { onElicit, ...context }: Omit<ToolContext, 'onProgress'>,
  who: Pick<Elicitation, 'server' | 'tool'>
): ToolCallContext {
  if (!onElicit) return context
  return { ...context, onElicit: (form, wait) => onElicit({ ...form, ...who }, wait) }
}

function offerBuiltIn(builtIn: BuiltInServer | undefined, options: ToolSetsOptions) {
  const { builtInTimeoutMs, maxResultBytes: maxBytes } = options
  let connection: Promise<McpConnection> | undefined

  async function connect({ create }: BuiltInServer): Promise<McpConnection> {
    return connectInMemory(await create(), builtInTimeoutMs)
  }

  const offers = (builtIn?.tools ?? []).map((definition) => {
    const about = { maxBytes, tool: definition.name }
    // They tell of no progress, and ask nobody.
    const call: Call = async (args, { signal, correlationId }) => {
      const context = { signal, correlationId }
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
