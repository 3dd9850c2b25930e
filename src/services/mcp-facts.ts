import type { Config } from '../config.ts'
import { HEALTH_RECORDS, type HealthRecords } from '../mcp/health-records.ts'
import { TOOL_RECORDS } from '../mcp/tool-records.ts'
import { createToolWatch, type ToolWatch } from '../mcp/tool-watch.ts'
import type { Audit } from '../platform/audit.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createMemoryRecords, createRedisRecords, type RecordKind } from '../platform/records.ts'
import { createRedis } from '../platform/redis.ts'

export interface McpFactsParts {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly audit: Audit
}

/** What is remembered of MCP servers, by all replicas where there is a Redis. */
export interface McpFacts {
  readonly health: HealthRecords
  readonly watch: ToolWatch
  close(): Promise<void>
}

/** Names in one line of the log. */
const MAX_TOLD_NAMES = 20

export function createMcpFacts({ config, logger, metrics, audit }: McpFactsParts): McpFacts {
  const { redisUrl: url, deployment } = config
  const onFailed = (err: unknown) =>
    logger.warn({ err }, 'what is known of MCP servers could not be kept or read')
  const redis = url && createRedis({ url, role: 'commands', onError: onFailed })
  redis?.start()
  const recordsOf = <T>(kind: RecordKind<T>) =>
    redis
      ? createRedisRecords(kind, { client: redis.client, deployment })
      : createMemoryRecords(kind)
  const watch = createToolWatch({
    records: recordsOf(TOOL_RECORDS),
    onChanged({ name: server }, names) {
      metrics.toolsChanged.inc(names.length)
      const tools = names.slice(0, MAX_TOLD_NAMES)
      logger.warn({ server, tools, count: names.length }, 'tools of an MCP server have changed')
      for (const tool of tools) audit({ event: 'tool.changed', outcome: 'flagged', server, tool })
    },
    onFailed
  })
  return {
    health: recordsOf(HEALTH_RECORDS),
    watch,
    async close() {
      await watch.close()
      await redis?.close()
    }
  }
}
