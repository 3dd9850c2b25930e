import type { Footer, ModelCallNote, ModelNote } from '../agent/agent-events.ts'
import type { ClaimNote } from '../conversations/claim-note.ts'
import type { ErrorBody } from '../errors.ts'
import type { RunApproval, RunElicitation, RunState, RunStep, StandIn } from './run.ts'

/** What the events of a run come to. Derived from the log alone, so every reader derives the same. */
export interface RunOutcome {
  state: RunState
  model: string | undefined
  /** Each once, in the order they came in. */
  readonly standIns: StandIn[]
  prompt: ModelNote['prompt']
  response: string
  readonly steps: RunStep[]
  /** Actions that waited for a person, or do. */
  readonly approvals: RunApproval[]
  /** What waits for an answer. */
  readonly elicitations: RunElicitation[]
  readonly modelCalls: ModelCallNote[]
  claims: ClaimNote | undefined
  footer: Footer | undefined
  error: ErrorBody['error'] | undefined
}

export function startOutcome(): RunOutcome {
  return {
    state: 'queued',
    model: undefined,
    standIns: [],
    prompt: undefined,
    response: '',
    steps: [],
    approvals: [],
    elicitations: [],
    modelCalls: [],
    claims: undefined,
    footer: undefined,
    error: undefined
  }
}
