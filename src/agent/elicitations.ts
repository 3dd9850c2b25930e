import { randomUUID } from 'node:crypto'
import type { Elicit, ElicitationAnswer, ElicitationWait } from '../elicitation.ts'
import type { ElicitationClosed } from './agent-events.ts'
import type { AgentStep, PlannedCall } from './agent-step.ts'
import type { RunDeadline } from './run-deadline.ts'

/** Of which run, and which question of it. */
export interface ElicitationPlace {
  readonly runId: string
  readonly elicitationId: string
}

/** Where people's answers arrive, on whatever replica they were given. */
export interface ElicitationDesk {
  /**
   * Waits for an answer; from `onOpen` on one can be given. Undefined: nobody gave one. Throws the signal's reason, and
   * nothing else.
   */
  ask(
    place: ElicitationPlace,
    wait: ElicitationWait,
    onOpen: () => void
  ): Promise<ElicitationAnswer | undefined>
}

export interface ElicitingRun {
  readonly runId: string
  /** Undefined where nobody can be asked. */
  readonly desk: ElicitationDesk | undefined
  readonly deadline: RunDeadline
}

/** Less is no time to fill in a form, and none for its server to end its call afterwards. */
const MIN_LEFT_MS = 1_000

/**
 * Shows what a tool server asks in the middle of `call`, while the time of the run stands still; undefined where nobody
 * can be asked.
 */
export function elicitFor(
  { id: toolCallId }: PlannedCall,
  { runId, desk, deadline }: ElicitingRun,
  write: (step: AgentStep) => void
): Elicit | undefined {
  if (!desk) return undefined
  return async ({ server, tool, message, fields }, { maxWaitMs: wanted, signal }) => {
    const maxWaitMs = Math.min(wanted, deadline.formWaitLeftMs())
    if (Math.min(maxWaitMs, deadline.untilLateMs()) < MIN_LEFT_MS) return undefined
    const elicitationId = randomUUID()
    const lapsesAt = new Date(Date.now() + maxWaitMs).toISOString()
    let outcome: ElicitationClosed['outcome'] = 'cancelled'
    let isTold = false
    const goOn = deadline.hold()
    try {
      const answer = await desk.ask({ runId, elicitationId }, { maxWaitMs, signal }, () => {
        isTold = true
        const value = { elicitationId, toolCallId, server, tool, message, fields, lapsesAt }
        write({ kind: 'told', event: { type: 'CUSTOM', name: 'elicitation_requested', value } })
      })
      outcome = answer ? OUTCOMES[answer.action] : 'lapsed'
      return answer
    } finally {
      goOn()
      const value = { elicitationId, outcome }
      if (isTold) {
        write({ kind: 'told', event: { type: 'CUSTOM', name: 'elicitation_closed', value } })
      }
    }
  }
}

const OUTCOMES = { accept: 'accepted', decline: 'declined', cancel: 'cancelled' } as const
