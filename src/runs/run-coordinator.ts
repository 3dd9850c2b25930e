import { randomUUID } from 'node:crypto'
import { type Agent, STOPPED } from '../agent/agent.ts'
import type { Caller } from '../auth/caller.ts'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import type { LoggedEvent, Question, RunCoordinator } from './run.ts'
import { executeRun, type RunExecutionOptions, startLimit } from './run-execution.ts'
import { createPlaces } from './run-places.ts'
import { createRun, createRunStore, type Run, type RunStore, viewOf } from './run-store.ts'

/** How long a stop waits for the run to end before it answers. */
const MAX_STOP_WAIT_MS = 1_000
const LOG_ID = /^\d{1,9}$/

export interface RunCoordinatorOptions extends RunExecutionOptions {
  readonly maxRuns: number
  /** So that one user cannot take every place. */
  readonly maxRunsPerUser: number
  readonly maxRunMs: number
  readonly maxKeptRuns: number
  readonly maxKeptCharacters: number
  readonly keepMs: number
  readonly now?: () => number
}

export interface MemoryRunCoordinator extends RunCoordinator {
  /** Ends a run whose conversation is not its own any more; nothing of it is kept from now on. */
  abort(runId: string, reason: AppError): void
  /** Stops a run whose conversation is about to go, and waits a moment for its end. Unknown runs are no error. */
  stop(runId: string): Promise<void>
}

/** Runs in this process's memory: they end with it. */
export function createRunCoordinator(options: RunCoordinatorOptions): MemoryRunCoordinator {
  const { agent, conversations, maxRunMs, now = Date.now } = options
  const store = createRunStore({ ...options, now })
  const places = createPlaces(options)
  const executions = new Map<string, Promise<void>>()

  async function stop(runId: string): Promise<void> {
    store.find(runId)?.controller.abort(STOPPED)
    await withDeadline(executions.get(runId) ?? Promise.resolve(), MAX_STOP_WAIT_MS)
  }

  async function stopAll(): Promise<void> {
    for (const { controller } of store.running()) {
      controller.abort(new AppError('DRAINING', 'This replica was shut down during the answer.'))
    }
    await withDeadline(Promise.all(executions.values()), MAX_STOP_WAIT_MS)
  }

  return {
    async start(question) {
      const leave = places.take(question.caller.id)
      const limit = startLimit(maxRunMs)
      try {
        const { controller } = limit
        const plan = await preparePlan(agent, question, controller.signal)
        places.checkOpen()
        await checkBranch(options, question)
        const runId = randomUUID()
        const { caller, conversationId: wanted, message } = question
        const conversationId = await conversations.claim(caller.id, wanted, runId, message)
        const run = createRun(runId, conversationId, question, { controller, now: now() })
        store.add(run)
        const execution = executeRun(run, { plan, question }, options, now).finally(() => {
          executions.delete(runId)
          limit.clear()
          leave()
        })
        executions.set(runId, execution)
        return { runId, conversationId }
      } catch (error) {
        limit.clear()
        leave()
        throw error
      }
    },

    async view(caller, runId) {
      return viewOf(ownedRun(store, caller, runId))
    },

    async *events(caller, runId, { afterId, signal }): AsyncGenerator<LoggedEvent, void> {
      const { log } = ownedRun(store, caller, runId)
      yield* log.read(placeOf(afterId, log.length), signal)
    },

    async cancel(caller, runId) {
      const run = ownedRun(store, caller, runId)
      await stop(runId)
      return viewOf(run)
    },

    stop,

    abort(runId, reason) {
      store.find(runId)?.controller.abort(reason)
    },

    async drain(deadlineMs) {
      places.close()
      await withDeadline(Promise.all(executions.values()), deadlineMs)
      await stopAll()
    }
  }
}

/** A branch from nowhere is refused before anything is claimed. Throws MESSAGE_NOT_FOUND, CONVERSATION_NOT_FOUND. */
async function checkBranch(
  { conversations, branchPoint }: RunCoordinatorOptions,
  { caller, conversationId, replaces, after }: Question
): Promise<void> {
  if (conversationId === undefined || (replaces === undefined && after === undefined)) return
  await conversations.get(caller.id, conversationId)
  await branchPoint(conversationId, { replaces, after })
}

function ownedRun(store: RunStore, caller: Caller, runId: string): Run {
  const run = store.find(runId)
  if (run?.userId === caller.id) return run
  throw new AppError('RUN_NOT_FOUND', 'There is no such run of yours.')
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

/** What is thrown when time runs out is ours, not the bare reason of a signal. */
async function preparePlan(agent: Agent, question: Question, signal: AbortSignal) {
  try {
    return await agent.prepare(question, { signal, correlationId: question.correlationId })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}
