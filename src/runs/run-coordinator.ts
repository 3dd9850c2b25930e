import { randomUUID } from 'node:crypto'
import type { Agent } from '../agent/agent.ts'
import { LEFT, STOPPED } from '../agent/agent-turn.ts'
import type { Caller } from '../auth/caller.ts'
import type { ConversationRegistry } from '../conversations/conversation-registry.ts'
import type { BranchWish } from '../conversations/conversation-tree.ts'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import { withEnds } from './log-ends.ts'
import { LOG_START, readingPlace } from './log-place.ts'
import { withStart } from './log-start.ts'
import { createOwnedRuns, type OwnedRuns } from './owned-runs.ts'
import type { Question, RunCoordinator, RunRecord } from './run.ts'
import type { Execution, RunExecutionOptions } from './run-execution.ts'
import { createRunQueue, type RunQueue, type RunQueueOptions } from './run-queue.ts'
import { createRunRecovery, type RunRecovery } from './run-recovery.ts'
import { isTerminal, type RunFacts, type RunStore } from './run-store.ts'
import type { SharedRuns } from './shared-runs.ts'
import { takenOverExecution } from './taken-over.ts'

/** How long a stop waits for the run to end before it answers. */
const MAX_STOP_WAIT_MS = 1_000

export interface RunCoordinatorOptions extends RunExecutionOptions, RunQueueOptions {
  readonly conversations: Pick<ConversationRegistry, 'claim' | 'release' | 'fenceOf' | 'get'>
  /** Throws MESSAGE_NOT_FOUND for a branch from nowhere. */
  readonly branchPoint: (conversationId: string, wish: BranchWish) => Promise<unknown>
  readonly store: RunStore
  /** Where replicas answer runs together; undefined: this process is alone. */
  readonly shared?: SharedRuns
  readonly maxRunMs: number
  /** The store could not be asked in the background: for the log. */
  readonly onStoreError?: (error: unknown) => void
  /** A run of another replica goes on here. */
  readonly onTakenOver?: (runId: string, attempt: number) => void
}

export interface OwningRunCoordinator extends RunCoordinator {
  /** A run of this replica is somebody else's now, or nobody's: nothing of it is kept from now on. */
  leave(runId: string): void
  /** Stops a run whose conversation is about to go, and waits a moment for its end. Unknown runs are no error. */
  stop(runId: string): Promise<void>
  /** Looks after nobody's runs any more. */
  close(): void
}

/** Runs of this replica, and of all where they are shared. */
export function createRunCoordinator(options: RunCoordinatorOptions): OwningRunCoordinator {
  const { store, shared } = options
  const queue = createRunQueue(options)
  const owned = createOwnedRuns(options)
  const recovery = shared && startRecovery(options, shared, { queue, owned })
  const stop = createStop(options, owned, recovery)

  async function find(caller: Caller, runId: string): Promise<RunFacts> {
    const run = await store.find(runId)
    return run?.userId === caller.id ? run : refuse()
  }

  return {
    async start(question) {
      const ticket = queue.enter(question.caller.id)
      try {
        const execution = await open(options, queue, { question, ticket })
        owned.begin(execution)
        const { id: runId, conversationId } = execution.record
        return { runId, conversationId }
      } catch (error) {
        ticket.leave()
        throw error
      }
    },

    async view(caller, runId) {
      await find(caller, runId)
      return (await store.view(runId)) ?? refuse()
    },

    async *events(caller, runId, { afterId, signal }) {
      const run = await find(caller, runId)
      const events = store.read(runId, readingPlace(afterId, run.attempt), signal)
      yield* afterId === undefined ? withEnds(withStart(run, events)) : events
    },

    async cancel(caller, runId) {
      const { conversationId } = await find(caller, runId)
      await stop(runId, conversationId)
      return (await store.view(runId)) ?? refuse()
    },

    stop: (runId) => stop(runId, undefined).catch(forgiveMissing),
    leave: (runId) => void owned.abort(runId, LEFT),

    async drain(deadlineMs) {
      queue.close()
      recovery?.drain()
      if (shared) owned.abortWaiting(LEFT)
      await owned.ended(deadlineMs)
      owned.abortAll(shared ? LEFT : shutDown())
      await owned.ended(MAX_STOP_WAIT_MS)
    },

    close: () => recovery?.close()
  }
}

interface Owning {
  readonly queue: RunQueue
  readonly owned: OwnedRuns
}

function startRecovery(
  options: RunCoordinatorOptions,
  shared: SharedRuns,
  { queue, owned }: Owning
): RunRecovery {
  const { agent, maxRunMs, onTakenOver, onStoreError = () => undefined } = options
  return createRunRecovery({
    shared,
    hasRoom: queue.hasRoom,
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
  recovery: RunRecovery | undefined
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

  return async (runId: string, conversationId: string | undefined): Promise<void> => {
    if (!owned.abort(runId, STOPPED) && (await shared?.requestCancel(runId))) {
      if (conversationId !== undefined) await recovery?.take(conversationId)
    }
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
  const { agent, conversations, store, maxRunMs } = options
  const { caller, conversationId: wanted, message } = question
  const plan = await prepareInTime(agent, question, maxRunMs)
  queue.checkOpen()
  await checkBranch(options, question)
  const id = randomUUID()
  const conversationId = await conversations.claim(caller.id, wanted, id, message)
  const record = recordOf(question, id, conversationId)
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
  { conversations, branchPoint }: RunCoordinatorOptions,
  { caller, conversationId, replaces, after }: Question
): Promise<void> {
  if (conversationId === undefined || (replaces === undefined && after === undefined)) return
  await conversations.get(caller.id, conversationId)
  await branchPoint(conversationId, { replaces, after })
}

/** What is thrown when time runs out is ours, not the bare reason of a signal. */
async function prepareInTime(agent: Agent, question: Question, maxRunMs: number) {
  const signal = AbortSignal.timeout(maxRunMs)
  try {
    return await agent.prepare(question, { signal, correlationId: question.correlationId })
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

/** Of the caller nothing but the id and name are kept: their credential ends with the request. */
function recordOf(question: Question, id: string, conversationId: string): RunRecord {
  const { caller, message, replaces, after, model, mcpServers, pageContext, correlationId } =
    question
  return {
    ...{ id, conversationId, message, replaces, after },
    ...{ model, mcpServers, pageContext, correlationId },
    userId: caller.id,
    username: caller.username
  }
}
