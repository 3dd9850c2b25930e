import type { AgentObserver } from '../agent/agent-observer.ts'
import { NAUTOBOT_TOOL_SERVER } from '../nautobot-tools/server.ts'
import type { Audit } from '../platform/audit.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { AGENT_TOOL_SERVER } from '../tool-server.ts'

const ORIGINS: Readonly<Record<string, string>> = {
  [NAUTOBOT_TOOL_SERVER]: 'nautobot',
  [AGENT_TOOL_SERVER]: 'agent'
}

export interface AgentObserverOptions {
  readonly metrics: Metrics
  readonly logger: Logger
  readonly audit: Audit
}

/** Counts and writes down what the agent calls. */
export function createAgentObserver({
  metrics,
  logger,
  audit
}: AgentObserverOptions): AgentObserver {
  return {
    toolAudited: (call) => audit({ event: 'tool.called', via: 'run', ...call }),
    modelCalled({ name, outcome, durationMs, usage, firstPieceMs }) {
      const model = metrics.modelLabel(name)
      metrics.modelCalls.observe({ model, outcome }, durationMs / 1_000)
      if (firstPieceMs !== undefined) {
        metrics.modelFirstPiece.observe({ model }, firstPieceMs / 1_000)
      }
      metrics.tokens.inc({ model, direction: 'input' }, usage.inputTokens)
      metrics.tokens.inc({ model, direction: 'output' }, usage.outputTokens)
      metrics.cachedTokens.inc({ model }, usage.cachedInputTokens)
    },
    toolCalled({ tool: name, server, isError, durationMs }) {
      // A name that a model made up is no label.
      const tool = server === undefined ? 'unknown' : metrics.toolLabel(name)
      const origin = ORIGINS[server ?? ''] ?? 'mcp'
      const outcome = isError ? 'error' : 'ok'
      metrics.toolCalls.observe({ origin, tool, outcome }, durationMs / 1_000)
    },
    modelFailed({ code, message }, { correlationId, standIn }) {
      const outcome =
        standIn === undefined ? 'It is asked again.' : `"${standIn}" is asked instead.`
      logger.info({ code, correlationId }, `${message} ${outcome}`)
    }
  }
}
