import { MCP_SERVERS } from '../catalog/catalog-kinds.ts'
import { createHealthReporter } from '../catalog/health-report.ts'
import { createHealthCheck, type HealthCheck } from '../mcp/health-check.ts'
import type { McpProbe } from '../mcp/mcp-probe.ts'
import { createServerTools, type ServerTools } from '../mcp/server-tools.ts'
import type { FreshLists } from '../mcp/tool-lists.ts'
import type { ToolWatch } from '../mcp/tool-watch.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { Logger } from '../platform/logger.ts'
import type { Secret } from '../platform/secret.ts'
import type { Configuration } from './configuration.ts'
import type { McpFacts } from './mcp-facts.ts'
import { isOfEnvironment } from './surroundings.ts'

export interface McpCareParts {
  readonly facts: Pick<McpFacts, 'health' | 'watch'>
  readonly answering: { readonly probeServer: McpProbe; readonly lists: FreshLists }
  readonly configuration: Configuration
  readonly nautobot: NautobotClient
  readonly serviceToken: Secret
  readonly logger: Logger
}

/** What administrators see and do of MCP servers. */
export interface McpCare {
  readonly mcpHealth: HealthCheck
  readonly mcpTools: ServerTools & Pick<ToolWatch, 'changed'>
}

export function createMcpCare(parts: McpCareParts): McpCare {
  const { configuration, answering } = parts
  const { watch } = parts.facts
  const currentServers = async () => (await configuration.store.current()).mcpServers
  return {
    mcpHealth: createMcpHealth(parts),
    mcpTools: {
      ...createServerTools({ currentServers, lists: answering.lists, watch }),
      changed: watch.changed
    }
  }
}

/** Health of the MCP servers, which all replicas know where there is a Redis. */
function createMcpHealth(parts: McpCareParts): HealthCheck {
  const { facts, configuration, nautobot, serviceToken, answering, logger } = parts
  const report = createHealthReporter({
    client: nautobot,
    serviceToken,
    onChanged: () => configuration.store.invalidate()
  })
  return createHealthCheck({
    currentServers: async () => (await configuration.store.current()).mcpServers,
    probe: answering.probeServer,
    records: facts.health,
    hasStatus: (server) => !isOfEnvironment(server),
    report: ({ id }, healthy, context) => report(MCP_SERVERS, { id, healthy }, context),
    onFailed: (err) => logger.warn({ err }, 'health of MCP servers could not be kept or reported')
  })
}
