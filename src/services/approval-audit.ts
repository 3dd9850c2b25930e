import type { Audit } from '../platform/audit.ts'
import type { AnsweredElicitation } from '../runs/run-answer.ts'
import type { DecidedAction } from '../runs/run-decide.ts'
import type { RunWait } from '../runs/run-execution.ts'

/** What is asked of people and what they decide, for the audit: neither arguments, nor reasons, nor values. */
export function approvalObserver(audit: Audit) {
  return {
    onWaiting({ record, request }: RunWait) {
      const { id: runId, userId, username: user, correlationId } = record
      for (const { toolCallId, name: tool, server } of request.actions) {
        const what = { runId, toolCallId, tool, server }
        audit({
          event: 'approval.requested',
          outcome: 'waiting',
          userId,
          user,
          correlationId,
          ...what
        })
      }
    },
    onAnswered({
      caller,
      runId,
      elicitation,
      action: outcome,
      correlationId
    }: AnsweredElicitation) {
      const { id: userId, username: user } = caller
      const what = { runId, ...elicitation }
      audit({ event: 'elicitation.answered', outcome, userId, user, correlationId, ...what })
    },
    onDecided({ caller, runId, decision, action, correlationId }: DecidedAction) {
      const { id: userId, username: user } = caller
      const { toolCallId, decision: outcome } = decision
      const what = { runId, toolCallId, tool: action?.name, server: action?.server }
      audit({ event: 'approval.decided', outcome, userId, user, correlationId, ...what })
    }
  }
}
