import type { ToolContext, ToolResult } from '../tool-server.ts'
import type { CalledTool } from './agent-observer.ts'
import type { PlannedCall } from './agent-step.ts'
import type { RunContext } from './run-context.ts'

/** Makes the call; whatever comes of it is told once. Throws what the tool set throws. */
export async function auditedCall(
  call: PlannedCall,
  run: RunContext,
  context: Omit<ToolContext, 'correlationId'>
): Promise<ToolResult> {
  const { correlationId, runId, user, tools } = run
  const startedAt = performance.now()
  let outcome: CalledTool['outcome'] = 'aborted'
  try {
    const result = await tools.call(call.name, call.args, { ...context, correlationId })
    outcome = result.isError ? 'error' : 'ok'
    return result
  } finally {
    const server = tools.tools.find(({ name }) => name === call.name)?.server ?? 'unknown'
    const durationMs = Math.round(performance.now() - startedAt)
    run.observer.toolAudited?.({
      ...{ userId: user.id, user: user.username, runId, correlationId },
      ...{ toolCallId: call.id, tool: call.name, server, outcome, durationMs }
    })
  }
}
