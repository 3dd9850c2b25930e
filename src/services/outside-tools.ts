import { createToolSpans } from '../agent/agent-spans.ts'
import type { Caller } from '../auth/caller.ts'
import type { UserTokens } from '../auth/user-token.ts'
import type { Config } from '../config.ts'
import type { ToolServerFor } from '../http/routes/mcp.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { ModelDirectory } from '../nautobot-tools/model-directory.ts'
import type { SavedQueries } from '../nautobot-tools/saved-queries.ts'
import {
  type CalledTool,
  createNautobotToolServer,
  NAUTOBOT_TOOL_SERVER
} from '../nautobot-tools/server.ts'
import { toldOf } from '../nautobot-tools/tool-output.ts'
import type { Audit } from '../platform/audit.ts'
import type { Metrics } from '../platform/metrics.ts'

export interface OutsideToolsOptions {
  readonly nautobot: NautobotClient
  readonly directory: ModelDirectory
  readonly savedQueries: Pick<SavedQueries, 'current'>
  readonly userTokens: Pick<UserTokens, 'forCaller' | 'forget'>
  readonly audit: Audit
  readonly metrics: Metrics
  readonly config: Pick<Config, 'tracing'>
}

/** The built-in tools for a client that is not our agent: they ask Nautobot as the caller, and as nobody else. */
export function createOutsideTools(options: OutsideToolsOptions): ToolServerFor {
  const { nautobot, directory, savedQueries, userTokens, audit, metrics, config } = options
  const tracedTool = createToolSpans({
    captureContent: config.tracing?.capturesContent ?? false,
    // Nothing else is thrown, and its reason may be the client's own.
    errorTypeOf: () => 'aborted'
  })

  function report({ id, username }: Caller, correlationId: string, call: CalledTool): void {
    const { tool, outcome, durationMs } = call
    if (outcome !== 'aborted') {
      const labels = { origin: 'nautobot', tool: metrics.toolLabel(tool), outcome }
      metrics.toolCalls.observe(labels, durationMs / 1_000)
    }
    audit({
      ...{ event: 'tool.called', outcome, userId: id, user: username, correlationId },
      ...{ via: 'mcp', server: NAUTOBOT_TOOL_SERVER, tool, durationMs: Math.round(durationMs) }
    })
  }

  return async (caller, correlationId) =>
    createNautobotToolServer({
      nautobot,
      directory,
      savedQueries: await savedQueries.current(),
      correlationId,
      forOutside: true,
      userId: caller.id,
      // Kept for as long as it is good: a client's next request finds it.
      userToken: async (context) => (await userTokens.forCaller(caller, context)).token,
      forgetToken: userTokens.forget,
      around: async ({ tool: name, args }, work) => {
        const call = { name, args, server: NAUTOBOT_TOOL_SERVER }
        const told = await tracedTool(call, async () => {
          const result = await work()
          return { ...toldOf(result), result }
        })
        return told.result
      },
      onCalled: (call) => report(caller, correlationId, call)
    })
}
