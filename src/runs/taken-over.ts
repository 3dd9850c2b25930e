import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent } from '../agent/agent.ts'
import { STOPPED } from '../agent/agent-turn.ts'
import type { Choosing } from '../agent/turn-choice.ts'
import type { TurnPlan } from '../agent/turn-plan.ts'
import type { Caller } from '../auth/caller.ts'
import { AppError, ERROR_KINDS } from '../errors.ts'
import type { RunRecord } from './run.ts'
import type { Execution } from './run-execution.ts'
import type { RunQueue } from './run-queue.ts'
import type { TakenOverRun } from './shared-runs.ts'

/** A run that ends its replica each time would go through all of them. */
const MAX_ATTEMPTS = 5
const MAX_PREPARATION_MS = 120_000
const PREPARE_AGAIN_MS = 1_000

interface TakenOverParts {
  readonly agent: Pick<Agent, 'prepare'>
  readonly queue: Pick<RunQueue, 'enterAhead'>
  readonly maxRunMs: number
}

/** What it takes to go on with a run of another replica: with the current configuration, as the same user. */
export function takenOverExecution(
  run: TakenOverRun,
  { agent, queue, maxRunMs }: TakenOverParts
): Execution {
  const { record, fence, pen, earlier, isCancelled, isLapsed, waits } = run
  const controller = new AbortController()
  if (isCancelled) controller.abort(STOPPED)
  const ticket = queue.enterAhead(record.userId)

  async function plan(): Promise<TurnPlan> {
    const { signal } = controller
    signal.throwIfAborted()
    if (isLapsed) {
      throw new AppError('APPROVAL_LAPSED', 'Nobody decided in time: nothing was carried out.')
    }
    // An attempt that waited for a person has ended as it should.
    if (pen.attempt - waits > MAX_ATTEMPTS) {
      throw new AppError('RUN_INTERRUPTED', `It was begun ${MAX_ATTEMPTS} times.`)
    }
    const { correlationId } = record
    const wishes = { caller: callerOf(run), ...wishesOf(record) }
    return whenPossible(() => agent.prepare(wishes, { signal, correlationId }), signal)
  }

  return { record, fence, pen, ticket, controller, maxRunMs, plan, earlier }
}

/** What was there when the question was asked may be gone now: it is named then, and the rest goes on. */
function wishesOf({ model, mcpServers, choice }: RunRecord): Choosing {
  return choice ? { model: undefined, mcpServers: undefined, kept: choice } : { model, mcpServers }
}

/** Nautobot may be away for the same reason as the replica that died. */
async function whenPossible<T>(prepare: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const startedAt = performance.now()
  for (;;) {
    try {
      return await prepare()
    } catch (error) {
      const isPassing = error instanceof AppError && ERROR_KINDS[error.code].retryable
      if (!isPassing || performance.now() - startedAt > MAX_PREPARATION_MS) throw error
      await sleep(PREPARE_AGAIN_MS, undefined, { signal })
    }
  }
}

/** No user's token is stored: the grant gets a new one, while the session or token that it came from lives. */
function callerOf({ record, grant }: TakenOverRun): Caller {
  const { userId: id, username } = record
  return { id, username, scopes: new Set(['chat']), credential: { kind: 'grant', token: grant } }
}
