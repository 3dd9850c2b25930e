import type { Agent } from '../agent/agent.ts'
import type { AgentEvent } from '../agent/agent-events.ts'
import type { TurnPlan } from '../agent/turn-plan.ts'
import type { ConversationRegistry } from '../conversations/conversation-registry.ts'
import type { BranchWish } from '../conversations/conversation-tree.ts'
import { AppError } from '../errors.ts'
import type { Question, RunState } from './run.ts'
import type { Run } from './run-store.ts'

export interface RunExecutionOptions {
  readonly agent: Agent
  readonly conversations: ConversationRegistry
  /** Checkpoint after which a question begins a branch; undefined: it begins none. Throws MESSAGE_NOT_FOUND. */
  readonly branchPoint: (conversationId: string, wish: BranchWish) => Promise<string | undefined>
  /** The run is over: its intermediate checkpoints may go. `fence` as in the registry. */
  readonly settle: (conversationId: string, fence: string | undefined) => Promise<void>
  readonly onStarted?: () => void
  readonly onFirstText?: (sinceStartMs: number) => void
  /** The agent threw, which it promises not to, or a run could not be settled: for the log. */
  readonly onBroken: (error: unknown, runId: string) => void
  readonly onEnded?: (state: RunState, durationMs: number) => void
}

/** Aborts a run, its preparation included, that takes longer than `maxRunMs`. */
export function startLimit(maxRunMs: number) {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    const seconds = maxRunMs / 1_000
    controller.abort(new AppError('RUN_TIMEOUT', `The answer took longer than ${seconds} seconds.`))
  }, maxRunMs)
  return { controller, clear: () => clearTimeout(timer) }
}

interface Work {
  readonly plan: TurnPlan
  readonly question: Question
}

/** From claim to release. Never rejects. */
export async function executeRun(
  run: Run,
  work: Work,
  options: RunExecutionOptions,
  now: () => number
): Promise<void> {
  const { conversations, settle, onBroken, onEnded } = options
  const { id: runId, conversationId } = run
  options.onStarted?.()
  const end = await answer(run, work, options, now)
  run.endedAt = now()
  const fence = conversations.fenceOf(conversationId, runId)
  await settle(conversationId, fence).catch((error: unknown) => onBroken(error, runId))
  await conversations.release(conversationId, runId)
  // Only now, when the conversation is free: whoever reads the end may ask the next question at once.
  run.record(end)
  run.log.close()
  onEnded?.(run.outcome.state, run.endedAt - run.createdAt)
}

/** Passes on what happens; answers the terminal event. Never rejects. */
async function answer(
  run: Run,
  { plan, question }: Work,
  { agent, conversations, branchPoint, onFirstText, onBroken }: RunExecutionOptions,
  now: () => number
): Promise<AgentEvent> {
  const { id: runId, conversationId, controller } = run
  const { message, correlationId, pageContext } = question
  const page = pageContext && `${pageContext.objectType}:${pageContext.id}`
  const fence = conversations.fenceOf(conversationId, runId)
  let end: AgentEvent | undefined
  let hasText = false
  try {
    // Under the claim: what a run before this one leaves of its checkpoints changes no more.
    const from = await branchPoint(conversationId, question)
    const turn = {
      runId,
      conversationId,
      fence,
      question: message,
      page,
      from,
      plan,
      correlationId
    }
    for await (const event of agent.run(turn, controller.signal)) {
      if (event.type === 'TEXT_MESSAGE_START' && !hasText) onFirstText?.(now() - run.createdAt)
      hasText ||= event.type === 'TEXT_MESSAGE_START'
      if (isTerminal(event)) end = event
      else run.record(event)
    }
    if (end) return end
    throw new Error('The agent ended without a terminal event')
  } catch (error) {
    onBroken(error, runId)
    const { message, code } = AppError.from(error)
    return { type: 'RUN_ERROR', message, code }
  }
}

function isTerminal({ type }: AgentEvent): boolean {
  return type === 'RUN_FINISHED' || type === 'RUN_ERROR'
}
