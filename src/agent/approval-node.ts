import { type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { Command, interrupt, Send } from '@langchain/langgraph'
import type { ToolResult } from '../tool-server.ts'
import type { ApprovalAction, ApprovalDecision } from './agent-events.ts'
import type { AgentStep, PlannedCall } from './agent-step.ts'
import { actionOf, openCalls, rejectionOf } from './approvals.ts'
import type { RunContext } from './run-context.ts'

/** What an interrupted run waits for. */
export interface AwaitedActions {
  readonly actions: readonly ApprovalAction[]
}

/** What an interrupted run is resumed with: the decisions, by call. */
export type ResumeValue = Readonly<Record<string, ApprovalDecision>>

/**
 * Waits for a person, once for all calls of an answer that may have effects. Nothing runs here: what was approved is
 * sent on with the hash of what was shown, what was rejected is told to the model.
 */
export function approvalNode(
  messages: readonly BaseMessage[],
  run: Pick<RunContext, 'runId' | 'tools' | 'decisions'>,
  write: (step: AgentStep) => void
) {
  const calls = openCalls(messages)
  const actions = calls.map((call) => actionOf(call, run.tools.tools))
  if (actions.some(({ toolCallId }) => !run.decisions.has(toolCallId))) {
    write({ kind: 'approval', actions })
  }
  const decided = interrupt<AwaitedActions, ResumeValue>({ actions })
  const approved: Send<string, PlannedCall>[] = []
  const refused: ToolMessage[] = []
  for (const [place, call] of calls.entries()) {
    const decision = decided[call.id]
    if (decision?.decision === 'approve') {
      approved.push(new Send('tool', { ...call, approvedHash: decision.hash }))
    } else {
      const text = decision ? rejectionOf(decision) : 'Not called: nobody decided on it.'
      const result: ToolResult = { isError: true, text, links: [], gaps: [] }
      const server = actions[place]?.server ?? 'unknown'
      write({ kind: 'result', call, server, result, durationMs: 0 })
      refused.push(messageOf(call, run.runId, text))
    }
  }
  const goto = approved.length > 0 ? approved : 'model'
  return new Command({ update: { messages: refused }, goto })
}

function messageOf({ id, name }: PlannedCall, runId: string, content: string): ToolMessage {
  return new ToolMessage({ id: `${runId}-${id}`, tool_call_id: id, name, content, status: 'error' })
}
