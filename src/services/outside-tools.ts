import type { Caller } from '../auth/caller.ts'
import type { UserTokens } from '../auth/user-token.ts'
import type { ToolServerFor } from '../http/routes/mcp.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { ModelDirectory } from '../nautobot-tools/model-directory.ts'
import { type CalledTool, createNautobotToolServer } from '../nautobot-tools/server.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'

export interface OutsideToolsOptions {
  readonly nautobot: NautobotClient
  readonly directory: ModelDirectory
  readonly userTokens: Pick<UserTokens, 'forCaller' | 'forget'>
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The built-in tools for a client that is not our agent: they ask Nautobot as the caller, and as nobody else. */
export function createOutsideTools(options: OutsideToolsOptions): ToolServerFor {
  const { nautobot, directory, userTokens, logger, metrics } = options

  function report({ username }: Caller, correlationId: string, call: CalledTool): void {
    const { tool, outcome, durationMs } = call
    if (outcome !== 'aborted')
      metrics.toolCalls.observe({ origin: 'nautobot', outcome }, durationMs / 1_000)
    const line = { tool, outcome, durationMs: Math.round(durationMs), user: username }
    logger.info({ ...line, correlationId }, 'tool called from outside')
  }

  return (caller, correlationId) =>
    createNautobotToolServer({
      nautobot,
      directory,
      correlationId,
      forOutside: true,
      userId: caller.id,
      // Kept for as long as it is good: a client's next request finds it.
      userToken: async (context) => (await userTokens.forCaller(caller, context)).token,
      forgetToken: userTokens.forget,
      onCalled: (call) => report(caller, correlationId, call)
    })
}
