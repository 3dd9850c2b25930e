import type { ElicitationClosed, ElicitationRequest } from '../agent/agent-events.ts'
import type { RunOutcome } from './run-outcome.ts'

/** Told again by a log that was cut, it changes nothing. */
export function foldElicitation({ elicitations }: RunOutcome, request: ElicitationRequest): void {
  const isKnown = elicitations.some(({ elicitationId }) => elicitationId === request.elicitationId)
  if (!isKnown) elicitations.push(request)
}

export function foldClosed({ elicitations }: RunOutcome, closed: ElicitationClosed): void {
  const place = elicitations.findIndex((one) => one.elicitationId === closed.elicitationId)
  if (place >= 0) elicitations.splice(place, 1)
}
