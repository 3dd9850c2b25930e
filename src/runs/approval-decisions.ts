import type { ApprovalDecision } from '../agent/agent-events.ts'
import { AppError } from '../errors.ts'
import type { ActionDecision } from './run.ts'

export interface DecisionEvent {
  readonly type: 'CUSTOM'
  readonly name: 'approval_decided'
  readonly value: ApprovalDecision
}

/** A decision as the log tells it, about what the person was shown. */
export function decisionEvent(
  { toolCallId, decision, reason }: ActionDecision,
  hash: string,
  now = Date.now()
): DecisionEvent {
  const decidedAt = new Date(now).toISOString()
  const value = { toolCallId, decision, hash, decidedAt, ...(reason !== undefined && { reason }) }
  return { type: 'CUSTOM', name: 'approval_decided', value }
}

/** Why a decision does not count; `refusal` as the store found it. */
export function refuseDecision(refusal: string, toolCallId: string): never {
  const options = { details: { toolCallId } }
  switch (refusal) {
    case 'UNKNOWN':
      throw new AppError('ACTION_NOT_FOUND', 'The run has no such action to decide.', options)
    case 'DECIDED':
      throw new AppError('APPROVAL_DECIDED', 'The action was decided otherwise before.', options)
    default:
      throw new AppError('APPROVAL_LAPSED', 'The run does not wait for a decision any more.')
  }
}
