import { randomUUID } from 'node:crypto'
import { LEFT, STOPPED } from '../agent/agent-turn.ts'
import type { TurnPlan } from '../agent/turn-plan.ts'
import type { Caller } from '../auth/caller.ts'
import type { ConversationRegistry } from '../conversations/conversation-registry.ts'
import type { BranchWish } from '../conversations/conversation-tree.ts'
import type { HeldClaim } from '../conversations/held-claims.ts'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import { currentTraceparent } from '../platform/tracing.ts'
import { createInFlight } from './in-flight.ts'
import { withEnds } from './log-ends.ts'
import { LOG_START, parseLogId, readingPlace } from './log-place.ts'
import { withStart } from './log-start.ts'
import { createOwnedRuns, type OwnedRuns } from './owned-runs.ts'
import type { Question, RunCoordinator, RunRecord } from './run.ts'
import { createAnswer, type RunAnswerOptions } from './run-answer.ts'
import { createDecide, type RunDecideOptions } from './run-decide.ts'
import type { Execution, RunExecutionOptions } from './run-execution.ts'
import { createRunQueue, type RunQueue, type RunQueueOptions } from './run-queue.ts'
import { createRunRecovery, type RunRecovery } from './run-recovery.ts'
import { isTerminal, type RunFacts, type RunStore } from './run-store.ts'
import type { SharedRuns } from './shared-runs.ts'
import { takenOverExecution } from './taken-over.ts'

/** How long a stop waits for the run to end before it answers. */
const MAX_STOP_WAIT_MS = 1_000

export interface RunCoordinatorOptions
  extends Omit<RunExecutionOptions, 'desk'>,
    RunQueueOptions,
    RunDecideOptions,
    RunAnswerOptions {
  readonly conversations: Pick<ConversationRegistry, 'claim' | 'release' | 'fenceOf' | 'get'>
  /** Throws MESSAGE_NOT_FOUND for a branch from nowhere. */
  readonly branchPoint: (conversationId: string, wish: BranchWish) => Promise<unknown>
  readonly store: RunStore
  /** Runs that nobody answers. */
  readonly shared: SharedRuns
  readonly maxRunMs: number
  /** A run of another replica goes on here. */
  readonly onTakenOver?: (runId: string, attempt: number) => void
}

export interface OwningRunCoordinator extends RunCoordinator {
  /** The claim of a run is somebody else's now, or nobody's: nothing is kept under it from now on. */
  leave(claim: HeldClaim): void
  /** Stops a run whose conversation is about to go, and waits a moment for its end. Unknown runs are no error. */
  stop(runId: string, conversationId: string): Promise<void>
  /** Looks after nobody's runs any more. */
  close(): void
}

/** Runs of this replica, and of all where they are shared. */
export function createRunCoordinator(options: RunCoordinatorOptions): OwningRunCoordinator {
  const { store, shared } = options
  const queue = createRunQueue(options)
  const owned = createOwnedRuns(options)
  const recovery = startRecovery(options, { queue, owned })
  const stop = createStop(options, owned, recovery)
  const starts = createInFlight()

  async function find(caller: Caller, runId: string, attempt?: number): Promise<RunFacts> {
    const run = await store.find(runId, attempt)
    return run?.userId === caller.id ? run : refuse()
  }

  async function begin(question: Question) {
    const ticket = queue.enter(question.caller.id)
    try {
      const execution = await open(options, queue, { question, ticket })
      owned.begin(execution)
      // The drain began while it was opened, and has not seen it.
      if (queue.isClosed()) execution.controller.abort(shared.hasPeers ? LEFT : shutDown())
      const { id: runId, conversationId } = execution.record
      return { runId, conversationId }
    } catch (error) {
      ticket.leave()
      throw error
    }
  }

  return {
    start: (question) => starts.track(begin(question)),

    async view(caller, runId) {
      await find(caller, runId)
      return (await store.view(runId)) ?? refuse()
    },

    async *events(caller, runId, { afterId, signal }) {
      const seen = afterId === undefined ? undefined : parseLogId(afterId)
      const run = await find(caller, runId, seen?.attempt)
      const events = store.read(runId, readingPlace(afterId, run.attempt), signal)
      yield* afterId === undefined ? withEnds(withStart(run, events)) : events
    },

    async cancel(caller, runId) {
      const { conversationId } = await find(caller, runId)
      await stop(runId, conversationId)
      return (await store.view(runId)) ?? refuse()
    },

    decide: createDecide(options, { find, goOn: recovery.take, queue }),
    answer: createAnswer(options, find),

    stop: (runId, conversationId) => stop(runId, conversationId).catch(forgiveMissing),
    leave: ({ runId, fence }) => owned.abort(runId, LEFT, fence),

    async drain(deadlineMs) {
      queue.close()
      options.desk.drain()
      await withDeadline(Promise.all([starts.ended(), recovery.drain()]), MAX_STOP_WAIT_MS)
      if (shared.hasPeers) owned.abortWaiting(LEFT)
      await owned.ended(deadlineMs)
      owned.abortAll(shared.hasPeers ? LEFT : shutDown())
      await owned.ended(MAX_STOP_WAIT_MS)
    },

    close: recovery.close
  }
}

interface Owning {
  readonly queue: RunQueue
  readonly owned: OwnedRuns
}

function startRecovery(options: RunCoordinatorOptions, { queue, owned }: Owning): RunRecovery {
  const { agent, shared, maxRunMs, onTakenOver } = options
  const { isReady = () => true, onStoreError = () => undefined } = options
  return createRunRecovery({
    shared,
    hasRoom: () => isReady() && queue.hasRoom(),
    owned: owned.ids,
    stop: (runId) => owned.abort(runId, STOPPED),
    onError: onStoreError,
    adopt(run) {
      onTakenOver?.(run.record.id, run.pen.attempt)
      owned.begin(takenOverExecution(run, { agent, queue, maxRunMs }))
    }
  })
}

/** Stops a run wherever it is answered, or where nobody does, and waits a moment for its end. */
function createStop(
  { store, shared }: RunCoordinatorOptions,
  owned: OwnedRuns,
  recovery: RunRecovery
) {
  async function waitForEnd(runId: string): Promise<void> {
    const waiting = new AbortController()
    const ended = (async () => {
      for await (const { type } of store.read(runId, LOG_START, waiting.signal)) {
        if (isTerminal(type)) return
      }
    })()
    await withDeadline(ended, MAX_STOP_WAIT_MS).finally(() => waiting.abort())
  }

  /** Stays with the run, wherever it goes. Answers whether it has not ended. */
  async function flag(runId: string): Promise<boolean> {
    try {
      return await shared.requestCancel(runId)
    } catch (error) {
      // What is answered here has heard of it already.
      if (owned.has(runId)) return false
      throw error
    }
  }

  return async (runId: string, conversationId: string): Promise<void> => {
    owned.abort(runId, STOPPED)
    const isOpen = await flag(runId)
    if (isOpen && !owned.has(runId)) await recovery.take(conversationId)
    await waitForEnd(runId)
  }
}

interface Opening extends Pick<Execution, 'ticket'> {
  readonly question: Question
}

/** Claims the conversation and keeps the run: from here on it is never lost. */
async function open(
  options: RunCoordinatorOptions,
  queue: RunQueue,
  { question, ticket }: Opening
): Promise<Execution> {
  const { conversations, store, maxRunMs } = options
  const { caller, conversationId: wanted, message } = question
  const plan = await prepareInTime(options, question)
  queue.checkOpen()
  await checkBranch(options, question)
  const id = randomUUID()
  const { choice } = plan
  const conversationId = await conversations.claim(caller.id, wanted, id, message, choice)
  const record = recordOf(question, { id, conversationId, choice })
  const fence = conversations.fenceOf(conversationId, id)
  try {
    const pen = await store.open({ record, fence, grant: plan.userToken.grant })
    pen.append({ type: 'RUN_STARTED', threadId: conversationId, runId: id })
    const controller = new AbortController()
    const made = { record, fence, pen, ticket, controller, maxRunMs }
    return { ...made, plan: async () => plan, earlier: [] }
  } catch (error) {
    await conversations.release(conversationId, id)
    throw error
  }
}

/** A branch from nowhere is refused before anything is claimed. */
async function checkBranch(
  { branchPoint }: RunCoordinatorOptions,
  { conversationId, replaces, after }: Question
): Promise<void> {
  if (conversationId === undefined || (replaces === undefined && after === undefined)) return
  await branchPoint(conversationId, { replaces, after })
}

/** What is thrown when time runs out is ours, not the bare reason of a signal. */
async function prepareInTime(
  { agent, conversations, maxRunMs }: RunCoordinatorOptions,
  question: Question
) {
  const { caller, conversationId, correlationId } = question
  const signal = AbortSignal.timeout(maxRunMs)
  // Also refuses a conversation that is not theirs before anybody else is asked.
  const known = conversationId && (await conversations.get(caller.id, conversationId))
  const kept = known ? known.choice : undefined
  try {
    return await agent.prepare({ ...question, kept }, { signal, correlationId })
  } catch (error) {
    if (!signal.aborted) throw error
    const seconds = maxRunMs / 1_000
    throw new AppError('RUN_TIMEOUT', `The answer took longer than ${seconds} seconds.`)
  }
}

function shutDown(): AppError {
  return new AppError('DRAINING', 'This replica was shut down during the answer.')
}

function refuse(): never {
  throw new AppError('RUN_NOT_FOUND', 'There is no such run of yours.')
}

function forgiveMissing(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'RUN_NOT_FOUND')) throw error
}

type Kept = Pick<TurnPlan, 'choice'>

/** Of the caller nothing but the id and name are kept: their credential ends with the request. */
function recordOf(
  { caller, message, replaces, after, pageContext, canAnswer, correlationId }: Question,
  { id, conversationId, choice }: Pick<RunRecord, 'id' | 'conversationId'> & Kept
): RunRecord {
  return {
    ...{ id, conversationId, message, replaces, after, choice },
    ...{ pageContext, canAnswer, correlationId },
    model: choice.model?.id,
    mcpServers: choice.mcpServers?.map((server) => server.id),
    userId: caller.id,
    username: caller.username,
    traceparent: currentTraceparent()
  }
}
