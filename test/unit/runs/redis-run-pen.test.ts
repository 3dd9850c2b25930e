import { expect, it, vi } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import {
  createRedisRunPen,
  type RedisRunPenOptions,
  type RunWrites
} from '../../../src/runs/redis-run-pen.ts'
import { eventOf } from '../../../src/runs/run.ts'
import { createMemoryRunLog } from '../../../src/runs/run-log.ts'
import { FINISHED, MODEL, QUESTION, RUN_ID, STARTED, saying } from '../../support/run-events.ts'

const takenOver = () => new AppError('CONVERSATION_TAKEN_OVER', 'Taken over.')

function penOf(change: Partial<RedisRunPenOptions> = {}) {
  const log = createMemoryRunLog(2)
  const writes = {
    append: vi.fn<RunWrites['append']>(async () => undefined),
    end: vi.fn<RunWrites['end']>(async () => undefined),
    wait: vi.fn<RunWrites['wait']>(async () => undefined),
    beginCall: vi.fn<RunWrites['beginCall']>(async () => true)
  }
  const hooks = { onEnded: vi.fn(), onClosed: vi.fn() }
  const pen = createRedisRunPen({
    ...{ runId: RUN_ID, log, writes, createdAt: 7, leaseMs: 300, ...hooks },
    maxLogEvents: 100,
    maxLogCharacters: 10_000,
    history: async () => [QUESTION],
    ...change
  })
  const kept = () => writes.append.mock.calls.flatMap(([events]) => events.map(eventOf))
  const shown = () => log.events().map(eventOf)
  return { pen, log, writes, kept, shown, ...hooks }
}

it('shows what is said at once, and keeps it behind the reader', async () => {
  const { pen, shown, kept, writes } = penOf()
  const slow = Promise.withResolvers<void>()
  writes.append.mockReturnValueOnce(slow.promise)
  pen.append(STARTED)
  pen.append(MODEL)
  expect(shown()).toEqual([STARTED, MODEL])
  expect(kept()).toEqual([STARTED])
  slow.resolve()
  await vi.waitFor(() => expect(kept()).toEqual([STARTED, MODEL]), { timeout: 5_000 })

  expect([pen.attempt, pen.createdAt, pen.outcome.state]).toEqual([2, 7, 'running'])
})

it('keeps the end before anybody is told, after all that came before it', async () => {
  const { pen, shown, kept, writes, onEnded, onClosed } = penOf()
  const slow = Promise.withResolvers<void>()
  writes.end.mockReturnValueOnce(slow.promise)
  for (const event of [STARTED, ...saying('m1', 'One')]) pen.append(event)
  const ended = pen.end(FINISHED)
  await vi.waitFor(() => expect(writes.end).toHaveBeenCalledOnce(), { timeout: 5_000 })
  expect(kept()).toEqual(shown())
  expect(shown()).not.toContainEqual(FINISHED)
  slow.resolve()
  await ended

  expect(shown().at(-1)).toEqual(FINISHED)
  expect(writes.end.mock.calls[0]?.[0].id).toBe('2-5')
  expect(pen.outcome.state).toBe('succeeded')
  expect(onEnded).toHaveBeenCalledOnce()
  expect(onClosed).toHaveBeenCalledOnce()
})

it('tries again to keep the end while Redis is gone', async () => {
  const { pen, writes, shown } = penOf()
  writes.end.mockRejectedValueOnce(new AppError('REDIS_UNAVAILABLE', 'Gone.'))
  await pen.end(FINISHED)

  expect(writes.end).toHaveBeenCalledTimes(2)
  expect(shown()).toEqual([FINISHED])
})

it('has not ended a run whose end is refused', async () => {
  const { pen, writes, shown, onEnded, onClosed } = penOf()
  writes.end.mockRejectedValue(takenOver())
  await expect(pen.end(FINISHED)).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
  expect(shown()).toEqual([])
  await pen.leave()

  expect(onEnded).not.toHaveBeenCalled()
  expect(onClosed).toHaveBeenCalledOnce()
})

it('is lost once when something cannot be kept, and says nothing from then on', async () => {
  const { pen, writes, shown, onClosed } = penOf()
  const onLost = vi.fn()
  pen.lost.addEventListener('abort', onLost)
  writes.append.mockRejectedValue(takenOver())
  pen.append(STARTED)
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), { timeout: 5_000 })
  pen.append(MODEL)

  expect(shown()).toEqual([STARTED])
  await expect(pen.end(FINISHED)).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
  expect(writes.end).not.toHaveBeenCalled()
  expect(onClosed).toHaveBeenCalledOnce()
})

it('keeps what was shown before it leaves, then writes nothing more and lets its readers go', async () => {
  const { pen, log, kept, onClosed } = penOf()
  pen.append(STARTED)
  pen.append(MODEL)
  const reading = Array.fromAsync(log.read(0, new AbortController().signal))
  await pen.leave()
  await pen.leave()
  pen.append(FINISHED)

  expect((await reading).map(eventOf)).toEqual([STARTED, MODEL])
  expect(kept()).toEqual([STARTED, MODEL])
  expect(onClosed).toHaveBeenCalledOnce()
  expect(pen.lost.aborted).toBe(false)
})

it('leaves after a moment although Redis does not answer', async () => {
  const { pen, writes, onClosed } = penOf()
  writes.append.mockReturnValue(new Promise(() => undefined))
  pen.append(STARTED)
  await pen.leave()

  expect(onClosed).toHaveBeenCalledOnce()
})

it('notes a call while Redis restarts, and none when the run is not its own any more', async () => {
  const { pen, writes } = penOf()
  writes.beginCall.mockRejectedValueOnce(new AppError('REDIS_UNAVAILABLE', 'Gone.'))
  expect(await pen.beginCall('c1')).toBe(true)
  writes.beginCall.mockRejectedValue(takenOver())

  await expect(pen.beginCall('c2')).rejects.toMatchObject({ code: 'CONVERSATION_TAKEN_OVER' })
  expect(writes.beginCall).toHaveBeenCalledTimes(3)
})

it('cuts the log here and there at the same place', async () => {
  const { pen, writes, log } = penOf({ maxLogEvents: 4 })
  for (const event of [STARTED, MODEL, ...saying('m1', 'One')]) pen.append(event)
  await vi.waitFor(() => expect(writes.append).toHaveBeenCalled(), { timeout: 5_000 })
  await new Promise(setImmediate)
  for (const event of saying('m2', 'Two')) pen.append(event)
  await vi.waitFor(() => expect(writes.append.mock.lastCall?.[1]).toBe(3), { timeout: 5_000 })

  const ids = log.events().map(({ id }) => id)
  expect(ids).toEqual(['2-9', '2-10', '2-11'])
  const last = writes.append.mock.lastCall?.[0].at(-1)
  expect(last?.id).toBe('2-11')
  expect(pen.outcome.response).toBe('Two')
})
