import { expect, it, vi } from 'vitest'
import type { Agent } from '../../../src/agent/agent.ts'
import { LEFT, STOPPED } from '../../../src/agent/agent-turn.ts'
import { AppError } from '../../../src/errors.ts'
import { createOwnedRuns, type OwnedRunsOptions } from '../../../src/runs/owned-runs.ts'
import type { Execution } from '../../../src/runs/run-execution.ts'
import { createRunQueue } from '../../../src/runs/run-queue.ts'
import { createFakePen } from '../../support/fake-pen.ts'
import { CONVERSATION_ID, FINISHED, MODEL, RUN_ID, recordOf } from '../../support/run-events.ts'

/** Runs until it is aborted; `hold` lets it take its time to end then. */
function agentOf(hold: Promise<void> = Promise.resolve()): Agent {
  return {
    prepare: async () => {
      throw new Error('It was planned elsewhere')
    },
    async *run(_turn, signal) {
      yield MODEL
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      }
      await hold
      if (signal.reason !== LEFT) yield FINISHED
    }
  }
}

function sharedOf(change: Partial<NonNullable<OwnedRunsOptions['shared']>>) {
  return {
    hasPeers: true,
    handOver: async () => undefined,
    requestCancel: async () => true,
    isClosed: () => false,
    ...change
  }
}

function ownedOf(change: Partial<OwnedRunsOptions> = {}) {
  const hooks = {
    onBroken: vi.fn(),
    handOver: vi.fn(async () => undefined),
    release: vi.fn(async () => undefined)
  }
  const { handOver, release, onBroken } = hooks
  const owned = createOwnedRuns({
    agent: agentOf(),
    settle: async () => undefined,
    maxFormWaitMs: 10_000,
    conversations: { release },
    shared: sharedOf({ handOver }),
    onBroken,
    ...change
  })
  return { owned, ...hooks }
}

const queue = () =>
  createRunQueue({ maxRuns: 1, maxRunsPerUser: 1, maxQueuedRuns: 9, maxQueuedRunsPerUser: 9 })

function execution(id = RUN_ID, change: Partial<Execution> = {}): Execution {
  return {
    record: recordOf({ id }),
    fence: '7',
    pen: createFakePen(),
    ticket: queue().enter('jane'),
    controller: new AbortController(),
    maxRunMs: 10_000,
    plan: async () => {
      throw new Error('Not planned')
    },
    earlier: [],
    ...change
  }
}

const CLAIM = { id: CONVERSATION_ID, runId: RUN_ID, fence: '7' }

it('forgets a run that has ended, and hands nothing over', async () => {
  const { owned, handOver } = ownedOf()
  owned.begin(execution())
  expect(owned.ids()).toEqual([RUN_ID])
  owned.abort('unknown', STOPPED)
  expect([owned.has(RUN_ID), owned.has('unknown')]).toEqual([true, false])
  owned.abort(RUN_ID, STOPPED)
  await owned.ended(1_000)

  expect(owned.ids()).toEqual([])
  expect(handOver).not.toHaveBeenCalled()
})

it('hands a run over that it leaves', async () => {
  const { owned, handOver } = ownedOf()
  owned.begin(execution())
  owned.abortAll(LEFT)
  await owned.ended(1_000)

  expect(handOver).toHaveBeenCalledExactlyOnceWith(CLAIM)
})

it('only frees the conversation where there is nobody else', async () => {
  const { handOver, release } = { handOver: vi.fn(), release: vi.fn(async () => undefined) }
  const alone = createOwnedRuns({
    agent: agentOf(),
    settle: async () => undefined,
    maxFormWaitMs: 10_000,
    conversations: { release },
    shared: sharedOf({ hasPeers: false, handOver }),
    onBroken: vi.fn()
  })
  alone.begin(execution())
  alone.abortAll(LEFT)
  await alone.ended(1_000)

  expect(release).toHaveBeenCalledExactlyOnceWith(CONVERSATION_ID, RUN_ID)
  expect(handOver).not.toHaveBeenCalled()
})

it.each(['CONVERSATION_NOT_FOUND', 'CONVERSATION_TAKEN_OVER'] as const)(
  'finds it no error when there is nothing left to hand over: %s',
  async (code) => {
    const handOver = vi.fn().mockRejectedValue(new AppError(code, 'Gone.'))
    const { owned, onBroken } = ownedOf({ shared: sharedOf({ handOver }) })
    owned.begin(execution())
    owned.abortAll(LEFT)
    await owned.ended(1_000)

    expect(handOver).toHaveBeenCalledOnce()
    expect(onBroken).not.toHaveBeenCalled()
  }
)

it('tries again to hand over while Redis restarts', async () => {
  const unavailable = new AppError('REDIS_UNAVAILABLE', 'Gone.')
  const handOver = vi.fn().mockRejectedValueOnce(unavailable).mockResolvedValue(undefined)
  const { owned, onBroken } = ownedOf({ shared: sharedOf({ handOver }) })
  owned.begin(execution())
  owned.abortAll(LEFT)
  await owned.ended(5_000)

  expect(handOver).toHaveBeenCalledTimes(2)
  expect(onBroken).not.toHaveBeenCalled()
})

it('says so when a run can never be handed over', async () => {
  const error = new Error('A bug')
  const { owned, onBroken } = ownedOf({
    shared: sharedOf({ handOver: vi.fn().mockRejectedValue(error) })
  })
  owned.begin(execution())
  owned.abortAll(LEFT)
  await owned.ended(1_000)

  expect(onBroken).toHaveBeenCalledExactlyOnceWith(error, RUN_ID)
})

it('leaves those that wait, and lets those go on that are answered', async () => {
  const { owned, handOver } = ownedOf()
  const places = queue()
  owned.begin(execution('answered', { ticket: places.enter('jane') }))
  owned.begin(execution('waiting', { ticket: places.enter('jane') }))
  owned.abortWaiting(LEFT)
  await vi.waitFor(() => expect(owned.ids()).toEqual(['answered']), { timeout: 5_000 })

  expect(handOver).toHaveBeenCalledExactlyOnceWith({ ...CLAIM, runId: 'waiting' })
  owned.abortAll(STOPPED)
  await owned.ended(1_000)
})

it('waits no longer than it may for runs that do not end', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { owned } = ownedOf({ agent: agentOf(promise) })
  owned.begin(execution())
  owned.abortAll(STOPPED)
  await owned.ended(30)

  expect(owned.ids()).toEqual([RUN_ID])
  resolve()
  await owned.ended(1_000)
  expect(owned.ids()).toEqual([])
})

it('keeps a run that has come back while its earlier attempt was on its way out', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = agentOf(promise)
  const second = agentOf()
  const agent: Agent = {
    prepare: first.prepare,
    run: (turn, signal) => (turn.attempt === 1 ? first : second).run(turn, signal)
  }
  const { owned, handOver } = ownedOf({ agent })
  owned.begin(execution())
  owned.abort(RUN_ID, LEFT)
  const again = execution(RUN_ID, { pen: createFakePen({ attempt: 2 }), fence: '9' })
  owned.begin(again)
  resolve()
  await vi.waitFor(() => expect(handOver).toHaveBeenCalledOnce(), { timeout: 5_000 })

  expect(owned.ids()).toEqual([RUN_ID])
  // What is said of the claim before is not meant for this one.
  owned.abort(RUN_ID, LEFT, '7')
  owned.abort(RUN_ID, STOPPED, '9')
  await owned.ended(1_000)
  expect(again.pen.outcome.state).toBe('succeeded')
})

it('tells whoever has it next that a run was stopped, when its end could not be kept', async () => {
  const told: string[] = []
  const unavailable = new AppError('REDIS_UNAVAILABLE', 'Gone.')
  const shared = sharedOf({
    requestCancel: async (id) => Boolean(told.push(`stop ${id}`)),
    handOver: async ({ runId }) => void told.push(`hand over ${runId}`)
  })
  const { owned } = ownedOf({ shared })
  const pen = createFakePen({ end: vi.fn().mockRejectedValue(unavailable) })
  owned.begin(execution(RUN_ID, { pen }))
  owned.abort(RUN_ID, STOPPED)
  await owned.ended(1_000)
  expect(told).toEqual([`stop ${RUN_ID}`, `hand over ${RUN_ID}`])

  // It comes back to this replica, and nobody elsewhere has heard of the stop.
  const again = execution(RUN_ID, { pen: createFakePen({ attempt: 2 }) })
  owned.begin(again)
  expect(again.controller.signal.reason).toBe(STOPPED)
  await owned.ended(1_000)
})
