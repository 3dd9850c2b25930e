import type { McpServer } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import type { HealthRecords } from './health-records.ts'
import type { McpProbe } from './mcp-probe.ts'
import { afterProbe, PROBES_FOR_A_STATUS, type ServerHealth, statusOf } from './server-health.ts'

/** Probes at a time, so that a hundred dead servers do not take the sockets of the living. */
const MAX_AT_A_TIME = 16
const MAINTENANCE = 'Maintenance'

export interface HealthCheckOptions {
  readonly currentServers: () => Promise<readonly McpServer[]>
  readonly probe: McpProbe
  readonly records: HealthRecords
  /** Whether a server is an object in Nautobot; one of the environment has no status to write. */
  readonly hasStatus: (server: McpServer) => boolean
  /** Writes the status of a server's object. Throws AppError. */
  readonly report: (server: McpServer, healthy: boolean, context: CallContext) => Promise<void>
  /** What was measured could not be kept, read or reported. */
  readonly onFailed: (error: unknown, server: McpServer | undefined) => void
}

/** What one look at all servers came to. */
export interface HealthReport {
  readonly servers: number
  readonly failing: number
  /** Names of those whose status was written. */
  readonly changed: readonly string[]
  /** Names of those whose status should have been written, and could not. */
  readonly unreported: readonly string[]
}

export interface HealthCheck {
  /** Probes every enabled server, and writes a status where two probes in a row contradict it. */
  checkAll(context: CallContext): Promise<HealthReport>
  /**
   * Probes one server now, also one that is not enabled; what it finds counts at once. Concurrent callers share a probe.
   *
   * @throws AppError OBJECT_NOT_FOUND; what the catalog and the report throw; the signal's reason when that aborts.
   */
  checkNow(serverId: string, context: CallContext): Promise<ServerHealth>
  /** What is known of each of these, by id. Never rejects. */
  known(serverIds: readonly string[]): Promise<ReadonlyMap<string, ServerHealth>>
}

export function createHealthCheck(options: HealthCheckOptions): HealthCheck {
  const { currentServers, records, onFailed } = options
  const flights = createSingleFlight<ServerHealth>()

  async function known(serverIds: readonly string[]): Promise<ReadonlyMap<string, ServerHealth>> {
    try {
      return await records.read(serverIds)
    } catch (error) {
      onFailed(error, undefined)
      return new Map()
    }
  }

  return {
    known,

    async checkAll(context) {
      const servers = (await currentServers()).filter(({ enabled }) => enabled)
      const before = await known(servers.map(({ id }) => id))
      const checked = await inTurns(servers, async (server) => {
        const health = await look(options, server, { known: before.get(server.id), context })
        return { server, health, outcome: await settle(options, server, { health, context }) }
      })
      const namesOf = (outcome: Outcome) =>
        checked.filter((each) => each.outcome === outcome).map(({ server }) => server.name)
      return {
        servers: servers.length,
        failing: checked.filter(({ health }) => !health.ok).length,
        changed: namesOf('changed'),
        unreported: namesOf('unreported')
      }
    },

    async checkNow(serverId, { signal, correlationId }) {
      const server = (await currentServers()).find(({ id }) => id === serverId)
      if (!server) throw new AppError('OBJECT_NOT_FOUND', 'There is no such MCP server.')
      return flights.run(server.id, signal, async (shared) => {
        const context = { signal: shared, correlationId }
        const before = (await known([server.id])).get(server.id)
        const health = await look(options, server, { known: before, context, isDecisive: true })
        if (contradicts(options, server, health)) await options.report(server, health.ok, context)
        return health
      })
    }
  }
}

interface Look {
  readonly known: ServerHealth | undefined
  readonly context: CallContext
  /** Whether this probe alone speaks for a status. */
  readonly isDecisive?: boolean
}

async function look(
  { probe, records, onFailed }: HealthCheckOptions,
  server: McpServer,
  { known, context, isDecisive = false }: Look
): Promise<ServerHealth> {
  const found = afterProbe(known, await probe(server, context))
  const health = isDecisive ? { ...found, streak: PROBES_FOR_A_STATUS } : found
  await records.keep(server.id, health).catch((error: unknown) => onFailed(error, server))
  return health
}

/** Maintenance is an administrator's word. */
function contradicts(
  { hasStatus }: HealthCheckOptions,
  server: McpServer,
  health: ServerHealth
): boolean {
  const wanted = statusOf(health)
  const isOpen = hasStatus(server) && server.status !== MAINTENANCE
  return isOpen && wanted !== undefined && wanted !== server.status
}

type Outcome = 'unchanged' | 'changed' | 'unreported'

async function settle(
  options: HealthCheckOptions,
  server: McpServer,
  { health, context }: { readonly health: ServerHealth; readonly context: CallContext }
): Promise<Outcome> {
  if (!contradicts(options, server, health)) return 'unchanged'
  try {
    await options.report(server, health.ok, context)
    return 'changed'
  } catch (error) {
    context.signal.throwIfAborted()
    options.onFailed(error, server)
    return 'unreported'
  }
}

/** In the order of the servers. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const worker = async () => {
    for (const [place, item] of waiting) results[place] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(MAX_AT_A_TIME, items.length) }, worker))
  return results
}
