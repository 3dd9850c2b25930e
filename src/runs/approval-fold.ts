import type { ApprovalDecision, ApprovalRequest } from '../agent/agent-events.ts'
import type { RunOutcome } from './run-outcome.ts'

const UNDECIDED = { decision: undefined, reason: undefined, decidedAt: undefined }

/** Told again by a new attempt, it changes nothing. */
export function foldRequest(outcome: RunOutcome, { actions, lapsesAt }: ApprovalRequest): void {
  const { approvals } = outcome
  const known = new Set(approvals.map(({ toolCallId }) => toolCallId))
  for (const { hash: _, ...action } of actions) {
    if (!known.has(action.toolCallId)) approvals.push({ ...action, lapsesAt, ...UNDECIDED })
  }
  if (isAwaiting(outcome)) outcome.state = 'waiting'
}

export function foldDecision(outcome: RunOutcome, decided: ApprovalDecision): void {
  const { toolCallId, decision, reason, decidedAt } = decided
  const { approvals } = outcome
  const place = approvals.findIndex((approval) => approval.toolCallId === toolCallId)
  const approval = approvals[place]
  if (approval) approvals[place] = { ...approval, decision, reason, decidedAt }
  // Somebody goes on with it at once, or when there is room.
  if (outcome.state === 'waiting' && !isAwaiting(outcome)) outcome.state = 'queued'
}

function isAwaiting({ approvals }: RunOutcome): boolean {
  return approvals.some(({ decision }) => decision === undefined)
}
