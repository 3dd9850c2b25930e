import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import type { Agent } from '../../../src/agent/agent.ts'
import type { AgentEvent } from '../../../src/agent/agent-events.ts'
import { LEFT, STOPPED } from '../../../src/agent/agent-turn.ts'
import { AppError } from '../../../src/errors.ts'
import {
  type Execution,
  executeRun,
  type RunExecutionOptions,
  type RunPhase
} from '../../../src/runs/run-execution.ts'
import { createRunQueue } from '../../../src/runs/run-queue.ts'
import { createFakePen } from '../../support/fake-pen.ts'
import {
  CONVERSATION_ID,
  FINISHED,
  MODEL,
  RUN_ID,
  recordOf,
  saying
} from '../../support/run-events.ts'

const SAID = [MODEL, ...saying('m1', 'One', ' two')]

type Turn = Parameters<Agent['run']>[0]

/** Says these events, and what `ending` makes of the signal that stopped it. */
function agentOf(events: readonly AgentEvent[], ending?: (signal: AbortSignal) => AgentEvent[]) {
  return {
    prepare: async () => {
      throw new Error('It was planned elsewhere')
    },
    async *run(_turn: Turn, signal: AbortSignal) {
      yield* events
      if (!ending) return
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      }
      yield* ending(signal)
    }
  }
}

const queueOf = () =>
  createRunQueue({ maxRuns: 1, maxRunsPerUser: 1, maxQueuedRuns: 5, maxQueuedRunsPerUser: 5 })

function start(
  agent: Agent,
  change: Partial<Execution> = {},
  options: Partial<RunExecutionOptions> = {}
) {
  const pen = createFakePen()
  const phases: (RunPhase | undefined)[] = []
  const hooks = {
    settle: vi.fn(async () => undefined),
    onBroken: vi.fn(),
    onEnded: vi.fn(),
    onFirstText: vi.fn()
  }
  const execution: Execution = {
    record: recordOf(),
    fence: '7',
    pen,
    ticket: queueOf().enter('jane'),
    controller: new AbortController(),
    maxRunMs: 10_000,
    plan: async () => {
      throw new Error('Not planned')
    },
    earlier: [],
    ...change
  }
  const ended = executeRun(execution, {
    agent,
    maxFormWaitMs: 10_000,
    onPhase: (_from, to) => void phases.push(to),
    ...hooks,
    ...options
  })
  return { ...hooks, pen, phases, ended, controller: execution.controller }
}

it('passes on what the agent says, settles, and tells the end last', async () => {
  const run = start(agentOf([...SAID, FINISHED]))

  expect(await run.ended).toBe(true)
  expect(run.pen.written).toEqual([...SAID, FINISHED])
  expect(run.settle).toHaveBeenCalledExactlyOnceWith(CONVERSATION_ID, '7')
  expect(run.pen.end).toHaveBeenCalledExactlyOnceWith(FINISHED)
  expect(run.pen.leave).not.toHaveBeenCalled()
  expect(run.phases).toEqual(['queued', 'running', undefined])
  expect(run.onEnded).toHaveBeenCalledExactlyOnceWith('succeeded', expect.any(Number))
  expect(run.onFirstText).toHaveBeenCalledOnce()
})

it('leaves a run that is to be left, and says nothing of its end', async () => {
  const run = start(agentOf(SAID, () => []))
  await vi.waitFor(() => expect(run.pen.written).toHaveLength(SAID.length), { timeout: 5_000 })
  run.controller.abort(LEFT)

  expect(await run.ended).toBe(false)
  expect(run.pen.end).not.toHaveBeenCalled()
  expect(run.pen.leave).toHaveBeenCalledOnce()
  expect(run.settle).not.toHaveBeenCalled()
  expect(run.onEnded).toHaveBeenCalledExactlyOnceWith(undefined, expect.any(Number))
  expect(run.phases.at(-1)).toBeUndefined()
})

it('leaves a run too that was left while the agent was about to end it', async () => {
  const run = start(agentOf(SAID, () => [FINISHED]))
  await vi.waitFor(() => expect(run.pen.written).toHaveLength(SAID.length), { timeout: 5_000 })
  run.controller.abort(LEFT)

  expect(await run.ended).toBe(false)
  expect(run.pen.written).not.toContainEqual(FINISHED)
})

it('has not ended a run whose end cannot be kept', async () => {
  const error = new AppError('CONVERSATION_TAKEN_OVER', 'Taken over.')
  const pen = createFakePen({ end: vi.fn().mockRejectedValue(error) })
  const run = start(agentOf([...SAID, FINISHED]), { pen })

  expect(await run.ended).toBe(false)
  expect(run.onBroken).toHaveBeenCalledExactlyOnceWith(error, RUN_ID)
  expect(pen.leave).toHaveBeenCalledOnce()
})

it('tells the end although nothing could be settled', async () => {
  const settle = vi.fn().mockRejectedValue(new Error('Redis is full'))
  const run = start(agentOf([...SAID, FINISHED]), {}, { settle })

  expect(await run.ended).toBe(true)
  expect(run.onBroken).toHaveBeenCalledOnce()
})

it('ends a run whose agent throws, which it promises not to', async () => {
  const agent = agentOf(SAID, () => {
    throw new Error('A bug')
  })
  const run = start(agent, { maxRunMs: 30 })

  expect(await run.ended).toBe(true)
  expect(run.pen.written.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'INTERNAL' })
  expect(run.onBroken).toHaveBeenCalledExactlyOnceWith(expect.any(Error), RUN_ID)
})

it('keeps to the end that the agent has told, whatever fails after it', async () => {
  const agent = {
    ...agentOf([]),
    async *run() {
      yield* [...SAID, FINISHED]
      throw new Error('A server did not hang up')
    }
  }
  const run = start(agent)

  expect(await run.ended).toBe(true)
  expect(run.pen.written).toEqual([...SAID, FINISHED])
  expect(run.onBroken).toHaveBeenCalledExactlyOnceWith(expect.any(Error), RUN_ID)
})

it('gives the answer as much time as the wait had', async () => {
  const queue = queueOf()
  const first = queue.enter('jane')
  const reasons: unknown[] = []
  const agent = agentOf([MODEL], ({ reason }) => {
    reasons.push(reason)
    return [FINISHED]
  })
  const run = start(agent, { ticket: queue.enter('jane'), maxRunMs: 200 })
  await sleep(120)
  first.leave()
  await sleep(120)
  expect(run.phases).toEqual(['queued', 'running'])
  await run.ended

  expect(reasons).toEqual([expect.objectContaining({ code: 'RUN_TIMEOUT' })])
})

it('does not end a run while its asker is waited for, and then does in the time that was left', async () => {
  const startedAt = performance.now()
  const reasons: unknown[] = []
  const agent = {
    ...agentOf([]),
    async *run({ deadline }: Turn, signal: AbortSignal) {
      yield MODEL
      const goOn = deadline.hold()
      await sleep(400)
      reasons.push(signal.reason)
      goOn()
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      reasons.push(signal.reason)
      yield FINISHED
    }
  }
  await start(agent, { maxRunMs: 200 }).ended

  expect(reasons).toEqual([undefined, expect.objectContaining({ code: 'RUN_TIMEOUT' })])
  expect(performance.now() - startedAt).toBeGreaterThan(550)
})

it('ends a run that nobody lets go on', async () => {
  const reasons: unknown[] = []
  const ending = agentOf([], ({ reason }) => {
    reasons.push(reason)
    return [FINISHED]
  })
  const agent = {
    ...ending,
    run(turn: Turn, signal: AbortSignal) {
      turn.deadline.hold()
      return ending.run(turn, signal)
    }
  }
  await start(agent, { maxRunMs: 100 }, { maxFormWaitMs: 100 }).ended

  expect(reasons).toEqual([expect.objectContaining({ code: 'RUN_TIMEOUT' })])
})

it('bounds the wait, and lets the agent say how it ends', async () => {
  const queue = queueOf()
  queue.enter('jane')
  const seen: unknown[] = []
  const agent = agentOf([], ({ reason }) => {
    seen.push(reason)
    return [{ type: 'RUN_ERROR', message: 'Too long', code: 'RUN_TIMEOUT' }]
  })
  const run = start(agent, { ticket: queue.enter('jane'), maxRunMs: 50 })

  expect(await run.ended).toBe(true)
  expect(seen).toEqual([expect.objectContaining({ code: 'RUN_TIMEOUT' })])
  expect(run.pen.written[0]).toEqual({ type: 'CUSTOM', name: 'queued', value: { place: 1 } })
  expect(run.phases).toEqual(['queued', undefined])
})

it('gives its place back however it ends', async () => {
  const queue = queueOf()
  const run = start(agentOf([...SAID, FINISHED]), { ticket: queue.enter('jane') })
  const next = queue.enter('jane')
  await run.ended
  expect(next.place()).toBe(0)
  next.leave()
  const stopped = start(
    agentOf([], () => [FINISHED]),
    { ticket: queue.enter('jane') }
  )
  stopped.controller.abort(STOPPED)
  await stopped.ended

  expect(queue.hasRoom()).toBe(true)
})

it('tells whoever waits their place, and again when it has changed', async () => {
  const queue = queueOf()
  const [first, second] = [queue.enter('jane'), queue.enter('jane')]
  const run = start(agentOf([FINISHED]), { ticket: queue.enter('jane') })
  await sleep(1_100)
  second.leave()
  await sleep(1_100)
  first.leave()
  await run.ended

  expect(run.pen.written).toEqual([
    { type: 'CUSTOM', name: 'queued', value: { place: 2 } },
    { type: 'CUSTOM', name: 'queued', value: { place: 1 } },
    FINISHED
  ])
})
