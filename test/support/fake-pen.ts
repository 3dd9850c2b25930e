import { vi } from 'vitest'
import type { AgentEvent } from '../../src/agent/agent-events.ts'
import { foldEvent } from '../../src/runs/run-fold.ts'
import { startOutcome } from '../../src/runs/run-outcome.ts'
import type { RunPen } from '../../src/runs/run-store.ts'

export interface FakePen extends RunPen {
  readonly written: AgentEvent[]
}

/** A pen that keeps what it is told, in this process. */
export function createFakePen(change: Partial<RunPen> = {}): FakePen {
  const written: AgentEvent[] = []
  const outcome = startOutcome()
  function append(event: AgentEvent): void {
    written.push(event)
    foldEvent(outcome, event)
  }
  return {
    attempt: 1,
    createdAt: 0,
    outcome,
    written,
    append,
    end: vi.fn(async (event) => append(event)),
    wait: vi.fn(async (event) => append(event)),
    lost: new AbortController().signal,
    leave: vi.fn(async () => undefined),
    beginCall: async () => true,
    ...change
  }
}
