import { randomUUID } from 'node:crypto'
import { type Agent, STOPPED } from '../agent/agent.ts'
import type { AgentEvent } from '../agent/agent-events.ts'
import type { TurnPlan } from '../agent/turn-plan.ts'
import type { Caller } from '../auth/caller.ts'
import type { ConversationRegistry } from '../conversations/conversation-registry.ts'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import type { LoggedEvent, RunCoordinator, RunState } from './run.ts'
import { createRun, createRunStore, type Run, viewOf } from './run-store.ts'

const RETRY_AFTER_SECONDS = 2
/** How long a stop waits for the run to end before it answers. */
const MAX_STOP_WAIT_MS = 1_000
const LOG_ID = /^\d{1,9}$/

export interface RunCoordinatorOptions {
  readonly agent: Agent
  readonly conversations: ConversationRegistry
  /** The run is over: its intermediate checkpoints may go. */
  readonly onSettled: (conversationId: string) => void
  readonly onStarted?: () => void
  readonly onFirstText?: (sinceStartMs: number) => void
  /** The agent broke its promise never to throw: a defect, for the log. */
  readonly onBroken: (error: unknown, runId: string) => void
  readonly onEnded?: (state: RunState, durationMs: number) => void
  readonly maxRuns: number
  readonly maxRunMs: number
  readonly maxKeptRuns: number
  readonly maxKeptCharacters: number
  readonly keepMs: number
  readonly now?: () => number
}

/** Runs in this process's memory: they end with it. */
export function createRunCoordinator(options: RunCoordinatorOptions): RunCoordinator {
  const { agent, conversations, maxRuns, now = Date.now } = options
  const store = createRunStore({ ...options, now })
  const executions = new Map<string, Promise<void>>()
  let isDraining = false

  function owned(caller: Caller, runId: string): Run {
    const run = store.find(runId)
    if (run?.question.caller.id === caller.id) return run
    throw new AppError('RUN_NOT_FOUND', 'There is no such run of yours.')
  }

  function admit(): void {
    if (isDraining) throw new AppError('DRAINING', 'This replica is shutting down.')
    if (executions.size < maxRuns) return
    throw new AppError('TOO_MANY_RUNS', 'Too many questions are being answered right now.', {
      details: { retryAfterSeconds: RETRY_AFTER_SECONDS }
    })
  }

  async function stopAll(): Promise<void> {
    for (const { controller } of store.running()) {
      controller.abort(new AppError('DRAINING', 'This replica was shut down during the answer.'))
    }
    await withDeadline(Promise.all(executions.values()), MAX_STOP_WAIT_MS)
  }

  return {
    async start(question) {
      admit()
      const runId = randomUUID()
      const { caller, correlationId } = question
      const signal = AbortSignal.timeout(options.maxRunMs)
      const plan = await agent.prepare(question, { signal, correlationId })
      const conversationId = await conversations.claim(caller.id, question.conversationId, runId)
      const run = createRun(runId, conversationId, question, now())
      store.add(run)
      const execution = execute(run, plan, options, now).finally(() => executions.delete(runId))
      executions.set(runId, execution)
      return { runId, conversationId }
    },

    async view(caller, runId) {
      return viewOf(owned(caller, runId))
    },

    async *events(caller, runId, { afterId, signal }): AsyncGenerator<LoggedEvent, void> {
      const { log } = owned(caller, runId)
      yield* log.read(placeOf(afterId, log.length), signal)
    },

    async cancel(caller, runId) {
      const run = owned(caller, runId)
      run.controller.abort(STOPPED)
      await withDeadline(executions.get(runId) ?? Promise.resolve(), MAX_STOP_WAIT_MS)
      return viewOf(run)
    },

    async drain(deadlineMs) {
      isDraining = true
      await withDeadline(Promise.all(executions.values()), deadlineMs)
      await stopAll()
    }
  }
}

/** From claim to release. Never rejects. */
async function execute(
  run: Run,
  plan: TurnPlan,
  options: RunCoordinatorOptions,
  now: () => number
): Promise<void> {
  const { conversations, onSettled, onEnded, maxRunMs } = options
  const { id: runId, conversationId, controller, events } = run
  const timer = setTimeout(() => {
    const seconds = maxRunMs / 1_000
    controller.abort(new AppError('RUN_TIMEOUT', `The answer took longer than ${seconds} seconds.`))
  }, maxRunMs)
  options.onStarted?.()
  const end = await answer(run, plan, options, now)
  clearTimeout(timer)
  events.flush()
  run.endedAt = now()
  onSettled(conversationId)
  conversations.release(conversationId, runId)
  // Only now, when the conversation is free: whoever reads the end may ask the next question at once.
  events.push(end)
  run.log.close()
  onEnded?.(run.outcome.state, run.endedAt - run.createdAt)
}

/** Passes on what happens; answers the terminal event. Never rejects. */
async function answer(
  run: Run,
  plan: TurnPlan,
  { agent, onFirstText, onBroken }: RunCoordinatorOptions,
  now: () => number
): Promise<AgentEvent> {
  const { id: runId, conversationId, question, controller, events } = run
  const { message, correlationId, pageContext } = question
  const page = pageContext && `${pageContext.objectType}:${pageContext.id}`
  const turn = { runId, conversationId, question: message, page, plan, correlationId }
  let end: AgentEvent | undefined
  let hasText = false
  try {
    for await (const event of agent.run(turn, controller.signal)) {
      if (event.type === 'TEXT_MESSAGE_START' && !hasText) onFirstText?.(now() - run.createdAt)
      hasText ||= event.type === 'TEXT_MESSAGE_START'
      if (isTerminal(event)) end = event
      else events.push(event)
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

/** Where a reader goes on. An id that this log cannot have given is refused, not guessed at. */
function placeOf(afterId: string | undefined, length: number): number {
  if (afterId === undefined) return 0
  const place = Number(afterId)
  if (LOG_ID.test(afterId) && place <= length) return place
  throw new AppError('INVALID_REQUEST', 'Last-Event-ID is not an id of this run.', {
    details: {
      fields: [{ path: 'Last-Event-ID', message: `must be a number from 0 to ${length}` }]
    }
  })
}
