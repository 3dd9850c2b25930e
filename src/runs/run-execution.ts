import type { Agent } from '../agent/agent.ts'
import type { AgentEvent } from '../agent/agent-events.ts'
import { LEFT } from '../agent/agent-turn.ts'
import type { TurnPlan } from '../agent/turn-plan.ts'
import { AppError } from '../errors.ts'
import { abortable } from '../platform/abortable.ts'
import type { RunRecord, RunState } from './run.ts'
import type { RunTicket } from './run-queue.ts'
import { isTerminal, type RunPen } from './run-store.ts'

/** How often somebody who waits is told their place. */
const PLACE_INTERVAL_MS = 1_000

export interface RunExecutionOptions {
  readonly agent: Agent
  /** The run is over: its intermediate checkpoints may go. */
  readonly settle: (conversationId: string, fence: string | undefined) => Promise<void>
  /** For the gauges: a run waits, is answered, is over here. */
  readonly onPhase?: (from: RunPhase | undefined, to: RunPhase | undefined) => void
  readonly onFirstText?: (sinceAdmittedMs: number) => void
  /** The agent threw, which it promises not to, or a run could not be settled or ended: for the log. */
  readonly onBroken: (error: unknown, runId: string) => void
  /** `state` is undefined when somebody else goes on with it. */
  readonly onEnded?: (state: RunState | undefined, durationMs: number) => void
}

export type RunPhase = 'queued' | 'running'

/** Everything that answering one run takes. */
export interface Execution {
  readonly record: RunRecord
  readonly fence: string | undefined
  readonly pen: RunPen
  readonly ticket: RunTicket
  readonly controller: AbortController
  /** From admission on; the wait before it is bounded by the same. */
  readonly maxRunMs: number
  readonly plan: () => Promise<TurnPlan>
  readonly earlier: readonly AgentEvent[]
}

/** Answers whether the run has ended; if not, somebody else has to go on with it. Never rejects. */
export async function executeRun(
  execution: Execution,
  options: RunExecutionOptions
): Promise<boolean> {
  const { pen, ticket, controller } = execution
  const startedAt = performance.now()
  let phase: RunPhase | undefined
  const enter = (next: RunPhase | undefined) => {
    options.onPhase?.(phase, next)
    phase = next
  }
  enter('queued')
  const end = await answer(execution, options, () => enter('running'))
  const hasEnded =
    end !== undefined &&
    controller.signal.reason !== LEFT &&
    (await finish(execution, end, options))
  if (!hasEnded) pen.leave()
  ticket.leave()
  enter(undefined)
  options.onEnded?.(hasEnded ? pen.outcome.state : undefined, performance.now() - startedAt)
  return hasEnded
}

/** Settles what was written, then tells the end. Answers whether it could be told. */
async function finish(
  { record: { id: runId, conversationId }, fence, pen }: Execution,
  end: AgentEvent,
  { settle, onBroken }: RunExecutionOptions
): Promise<boolean> {
  await settle(conversationId, fence).catch((error: unknown) => onBroken(error, runId))
  try {
    await pen.end(end)
    return true
  } catch (error) {
    onBroken(error, runId)
    return false
  }
}

/** Waits for its turn, passes on what happens, and answers the terminal event; none when the run was left. */
async function answer(
  execution: Execution,
  { agent, onFirstText, onBroken }: RunExecutionOptions,
  onAdmitted: () => void
): Promise<AgentEvent | undefined> {
  const { record, pen, controller } = execution
  const { signal } = controller
  let limit = startLimit(execution)
  try {
    await admission(execution, signal)
    limit.clear()
    limit = startLimit(execution)
    if (!signal.aborted) onAdmitted()
    const admittedAt = performance.now()
    const onText = once(() => onFirstText?.(performance.now() - admittedAt))
    return await passOn(agent.run(turnOf(execution), signal), pen, onText)
  } catch (error) {
    onBroken(error, record.id)
    const { message, code } = AppError.from(error)
    return { type: 'RUN_ERROR', message, code }
  } finally {
    limit.clear()
  }
}

async function passOn(
  events: AsyncIterable<AgentEvent>,
  pen: RunPen,
  onText: () => void
): Promise<AgentEvent | undefined> {
  let end: AgentEvent | undefined
  for await (const event of events) {
    if (event.type === 'TEXT_MESSAGE_START') onText()
    if (isTerminal(event.type)) end = event
    else pen.append(event)
  }
  return end
}

/** Tells whoever waits their place, again when it has changed. Ends early when the run is stopped. */
async function admission({ ticket, pen }: Execution, signal: AbortSignal): Promise<void> {
  let told = 0
  const tell = () => {
    const place = ticket.place()
    if (place > 0 && place !== told)
      pen.append({ type: 'CUSTOM', name: 'queued', value: { place } })
    told = place
  }
  tell()
  if (told === 0) return
  const timer = setInterval(tell, PLACE_INTERVAL_MS)
  try {
    await abortable(ticket.admitted, signal)
  } catch (error) {
    // The agent says how it ends.
    if (!signal.aborted) throw error
  } finally {
    clearInterval(timer)
  }
}

function turnOf({ record, fence, pen, plan, earlier }: Execution) {
  const { id: runId, conversationId, username, message: question, pageContext } = record
  return {
    runId,
    conversationId,
    username,
    fence,
    attempt: pen.attempt,
    earlier,
    question,
    page: pageContext && `${pageContext.objectType}:${pageContext.id}`,
    branch: { replaces: record.replaces, after: record.after },
    plan,
    beginCall: pen.beginCall,
    correlationId: record.correlationId
  }
}

/** Aborts what takes longer than it may. */
function startLimit({ maxRunMs, controller }: Execution) {
  const timer = setTimeout(() => {
    const seconds = maxRunMs / 1_000
    controller.abort(new AppError('RUN_TIMEOUT', `The answer took longer than ${seconds} seconds.`))
  }, maxRunMs)
  return { clear: () => clearTimeout(timer) }
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) action()
    isDone = true
  }
}
