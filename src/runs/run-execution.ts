import type { Agent } from '../agent/agent.ts'
import type { AgentEvent, ApprovalRequest } from '../agent/agent-events.ts'
import { tracedRun } from '../agent/agent-spans.ts'
import { LEFT, type Turn } from '../agent/agent-turn.ts'
import type { ElicitationDesk } from '../agent/elicitations.ts'
import { type RunClock, type RunTimes, startRunClock } from '../agent/run-deadline.ts'
import type { TurnPlan } from '../agent/turn-plan.ts'
import { AppError } from '../errors.ts'
import { abortable } from '../platform/abortable.ts'
import { failSpan } from '../platform/tracing.ts'
import type { RunRecord, RunState } from './run.ts'
import type { RunTicket } from './run-queue.ts'
import { isRequest, isTerminal, type RunPen } from './run-store.ts'

/** How often somebody who waits is told their place. */
const PLACE_INTERVAL_MS = 1_000

export interface RunExecutionOptions extends Pick<RunTimes, 'maxFormWaitMs'> {
  readonly agent: Agent
  /** Where askers answer tool servers. */
  readonly desk?: ElicitationDesk | undefined
  /** The run is over: its intermediate checkpoints may go. */
  readonly settle: (conversationId: string, fence: string | undefined) => Promise<void>
  /** For the gauges: a run waits, is answered, is over here. */
  readonly onPhase?: (from: RunPhase | undefined, to: RunPhase | undefined) => void
  /** A run waits for a person from now on. */
  readonly onWaiting?: (wait: RunWait) => void
  readonly onFirstText?: (sinceAdmittedMs: number) => void
  /** The agent threw, which it promises not to, or a run could not be settled or ended: for the log. */
  readonly onBroken: (error: unknown, runId: string) => void
  /** `state` is undefined when somebody else goes on with it. */
  readonly onEnded?: (state: RunState | undefined, durationMs: number) => void
}

export interface RunWait {
  readonly record: RunRecord
  readonly request: ApprovalRequest
}

export type RunPhase = 'queued' | 'running'

/** Everything that answering one run takes. */
export interface Execution {
  readonly record: RunRecord
  readonly fence: string | undefined
  readonly pen: RunPen
  readonly ticket: RunTicket
  readonly controller: AbortController
  /** From admission on, without waiting for its asker; the wait before it is bounded by the same. */
  readonly maxRunMs: number
  readonly plan: () => Promise<TurnPlan>
  readonly earlier: readonly AgentEvent[]
}

/** Answers whether the run has ended or waits for a person; if not, somebody else has to go on with it. Never rejects. */
export function executeRun(execution: Execution, options: RunExecutionOptions): Promise<boolean> {
  const { record, pen } = execution
  const { id, conversationId, correlationId, traceparent } = record
  const facts = { id, conversationId, correlationId, traceparent, attempt: pen.attempt }
  return tracedRun(facts, async (span) => {
    const isOver = await execute(execution, options)
    const { state, error } = pen.outcome
    span.setAttribute('ai_ops.run.state', isOver ? state : 'left')
    if (isOver && error) failSpan(span, error.code)
    return isOver
  })
}

async function execute(execution: Execution, options: RunExecutionOptions): Promise<boolean> {
  const { pen, ticket, controller } = execution
  const startedAt = performance.now()
  let phase: RunPhase | undefined
  const enter = (next: RunPhase | undefined) => {
    options.onPhase?.(phase, next)
    phase = next
  }
  const onLost = () => controller.abort(LEFT)
  pen.lost.addEventListener('abort', onLost, { once: true })
  enter('queued')
  const end = await answer(execution, options, () => enter('running'))
  const isOver =
    end !== undefined &&
    controller.signal.reason !== LEFT &&
    (await finish(execution, end, options))
  if (!isOver) await pen.leave()
  pen.lost.removeEventListener('abort', onLost)
  ticket.leave()
  enter(undefined)
  options.onEnded?.(isOver ? pen.outcome.state : undefined, performance.now() - startedAt)
  return isOver
}

/** Settles what was written, then tells the end, or what the run waits for. Answers whether it could be told. */
async function finish(
  { record, fence, pen }: Execution,
  end: AgentEvent,
  { settle, onBroken, onWaiting }: RunExecutionOptions
): Promise<boolean> {
  const { id: runId, conversationId } = record
  try {
    if (isRequest(end)) {
      await pen.wait(end)
      onWaiting?.({ record, request: end.value })
      return true
    }
    await settle(conversationId, fence).catch((error: unknown) => onBroken(error, runId))
    await pen.end(end)
    return true
  } catch (error) {
    onBroken(error, runId)
    return false
  }
}

/** Waits for its turn, passes on what happens, and answers the last event: terminal, or what it waits for; none when the run was left. */
async function answer(
  execution: Execution,
  { agent, desk, maxFormWaitMs, onFirstText, onBroken }: RunExecutionOptions,
  onAdmitted: () => void
): Promise<AgentEvent | undefined> {
  const { record, controller } = execution
  const { signal } = controller
  let clock = startClock(execution, maxFormWaitMs)
  try {
    await admission(execution, signal)
    clock.stop()
    clock = startClock(execution, maxFormWaitMs)
    if (!signal.aborted) onAdmitted()
    const admittedAt = performance.now()
    const onText = once(() => onFirstText?.(performance.now() - admittedAt))
    const turn = turnOf(execution, { desk, deadline: clock })
    return await passOn(agent.run(turn, signal), execution, { onText, onBroken })
  } catch (error) {
    onBroken(error, record.id)
    const { message, code } = AppError.from(error)
    return { type: 'RUN_ERROR', message, code }
  } finally {
    clock.stop()
  }
}

interface Passing extends Pick<RunExecutionOptions, 'onBroken'> {
  readonly onText: () => void
}

async function passOn(
  events: AsyncIterable<AgentEvent>,
  { pen, record }: Execution,
  { onText, onBroken }: Passing
): Promise<AgentEvent | undefined> {
  let end: AgentEvent | undefined
  try {
    for await (const event of events) {
      if (event.type === 'TEXT_MESSAGE_START') onText()
      if (isTerminal(event.type) || isRequest(event)) end = event
      else pen.append(event)
    }
  } catch (error) {
    if (!end) throw error
    // An answer is whole, whatever was tidied up badly behind it.
    onBroken(error, record.id)
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

function turnOf(
  { record, fence, pen, plan, earlier }: Execution,
  { desk, deadline }: Pick<Turn, 'desk' | 'deadline'>
): Turn {
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
    desk: record.canAnswer ? desk : undefined,
    deadline,
    correlationId: record.correlationId
  }
}

/** Aborts what takes longer than it may. */
function startClock({ maxRunMs, controller }: Execution, maxFormWaitMs: number): RunClock {
  const clock = startRunClock({ maxRunMs, maxFormWaitMs })
  const end = () => {
    const seconds = maxRunMs / 1_000
    controller.abort(new AppError('RUN_TIMEOUT', `The answer took longer than ${seconds} seconds.`))
  }
  clock.over.addEventListener('abort', end, { once: true })
  return clock
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) action()
    isDone = true
  }
}
