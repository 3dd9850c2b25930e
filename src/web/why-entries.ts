import type { ModelCallNote } from '../agent/agent-events.ts'
import type { RunApproval } from '../runs/run.ts'
import type { StepRecipes } from '../runs/step-recipes.ts'
import type { LookedUpStep, RunView } from './api.ts'
import type { Answer, ToolPart } from './message.ts'

/** One tool call, as far as anything is known of it. */
export interface WhyStep {
  readonly kind: 'step'
  readonly id: string
  readonly name: string
  readonly server: string | undefined
  /** JSON. */
  readonly args: string
  readonly state: ToolPart['state']
  /** What the tool said when it failed. */
  readonly error: string | undefined
  readonly rows: number | undefined
  readonly bytes: number | undefined
  readonly durationMs: number | undefined
  readonly approval: RunApproval | undefined
  readonly recipes: StepRecipes | undefined
}

export type WhyEntry = WhyStep | ({ readonly kind: 'model'; readonly id: string } & ModelCallNote)

const OPEN_STATES: ReadonlySet<RunView['state']> = new Set(['queued', 'running', 'waiting'])

/** True while more may come. */
export const isUnderWay = ({ state }: RunView): boolean => OPEN_STATES.has(state)

/** Each call of the model with the steps it asked for; steps that nobody can place come last. */
export function entriesOfRun(run: RunView): WhyEntry[] {
  const { modelCalls = [] } = run
  const numbers = new Set<number | undefined>(modelCalls.map(({ number }) => number))
  const steps = run.steps.map((step) => ({ after: step.modelCall, step: stepOfRun(run, step) }))
  return [
    ...modelCalls.flatMap((call) => [
      { kind: 'model' as const, id: `model-${call.number}`, ...call },
      ...steps.flatMap(({ after, step }) => (after === call.number ? [step] : []))
    ]),
    ...steps.flatMap(({ after, step }) => (numbers.has(after) ? [] : [step]))
  ]
}

function stepOfRun(run: RunView, step: LookedUpStep): WhyStep {
  const { toolCallId: id, name, server, rows, bytes, durationMs, recipes } = step
  const approval = run.approvals.find(({ toolCallId }) => toolCallId === id)
  return {
    ...{ kind: 'step', id, name, approval, recipes, rows, bytes, durationMs },
    server: server ?? approval?.server,
    args: JSON.stringify(step.arguments ?? {}),
    state: stateOf(run, step, approval),
    // What a person said is told with their decision.
    error: step.isError && approval?.decision !== 'reject' ? step.result : undefined
  }
}

function stateOf(
  run: RunView,
  { isError, result }: LookedUpStep,
  approval: RunApproval | undefined
): ToolPart['state'] {
  if (isError) return 'failed'
  if (result !== undefined) return 'done'
  if (!isUnderWay(run)) return 'abandoned'
  return approval && !approval.decision ? 'waiting' : 'running'
}

/** What an answer on the page still knows when its run is gone. */
export function entriesOfAnswer({ parts }: Answer): WhyStep[] {
  return parts.flatMap((part) => (part.kind === 'tool' ? [stepOfPart(part)] : []))
}

function stepOfPart({ id, name, args, state, result, note }: ToolPart): WhyStep {
  return {
    ...{ kind: 'step', id, name, args, state },
    ...{ server: note?.server, rows: note?.rows, bytes: note?.bytes, durationMs: note?.durationMs },
    error: state === 'failed' ? result : undefined,
    approval: undefined,
    recipes: undefined
  }
}
