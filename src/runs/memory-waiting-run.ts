import type { ApprovalDecision, ApprovalRequest } from '../agent/agent-events.ts'
import type { Secret } from '../platform/secret.ts'
import { type DecisionEvent, decisionEvent, refuseDecision } from './approval-decisions.ts'
import type { Decided, RunDecisions } from './run-store.ts'

/** What a run in this process waits for, and has waited for. */
export interface WaitingRun {
  /** Nobody holds the run from now on. */
  begin(request: ApprovalRequest): void
  /** As `RunStore.decide`; what is decided now is told before it counts. */
  decide(decided: RunDecisions, tell: (event: DecisionEvent) => void): Decided
  /** Answers whether somebody may go on: everything is decided, nobody did in time, or it was stopped. */
  isOver(): boolean
  /** Ends the wait. Answers undefined where there was none. */
  end(): EndedWait | undefined
  cancel(): void
}

export interface EndedWait {
  readonly waits: number
  readonly isCancelled: boolean
  readonly isLapsed: boolean
  /** Of who decided; undefined: nobody did. */
  readonly grant: Secret | undefined
}

export function createWaitingRun(waitMs: number, now: () => number): WaitingRun {
  const hashes = new Map<string, string>()
  const decisions = new Map<string, ApprovalDecision>()
  let deadline: number | undefined
  let waits = 0
  let isCancelled = false
  let grant: Secret | undefined

  const undecided = () => [...hashes.keys()].filter((callId) => !decisions.has(callId)).length
  const isLapsed = () => deadline !== undefined && undecided() > 0 && deadline <= now()

  /** What of it is new. Throws for the whole when one of them does not count. */
  function check(decided: RunDecisions): DecisionEvent[] {
    const fresh = decided.decisions.flatMap((one) => {
      const { toolCallId } = one
      const hash = hashes.get(toolCallId)
      if (hash === undefined) return refuseDecision('UNKNOWN', toolCallId)
      const known = decisions.get(toolCallId)
      if (known && known.decision !== one.decision) return refuseDecision('DECIDED', toolCallId)
      return known ? [] : [decisionEvent(one, hash, now())]
    })
    if (fresh.length > 0 && (deadline === undefined || isLapsed())) refuseDecision('LAPSED', '')
    return fresh
  }

  return {
    begin({ actions }) {
      for (const { toolCallId, hash } of actions) hashes.set(toolCallId, hash)
      deadline = now() + waitMs
      waits += 1
    },
    decide(decided, tell) {
      const fresh = check(decided)
      for (const event of fresh) {
        decisions.set(event.value.toolCallId, event.value)
        tell(event)
      }
      if (fresh.length > 0) grant = decided.grant
      return { fresh: fresh.map(({ value }) => value), isComplete: undecided() === 0 }
    },
    isOver: () => deadline !== undefined && (isCancelled || isLapsed() || undecided() === 0),
    end() {
      if (deadline === undefined) return undefined
      const ended = { waits, isCancelled, isLapsed: isLapsed(), grant }
      deadline = undefined
      return ended
    },
    cancel() {
      isCancelled = true
    }
  }
}
