import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { createEventWriter, type EventWriterOptions } from '../../../src/runs/event-writer.ts'
import { toLogged } from '../../support/fake-runs.ts'
import { STARTED } from '../../support/run-events.ts'

const PATIENCE_MS = 300

const logged = (number: number) => toLogged(`1-${number}`, STARTED)
const unavailable = () => new AppError('REDIS_UNAVAILABLE', 'Gone.')
const settle = () => new Promise(setImmediate)

interface Write {
  readonly ids: readonly string[]
  readonly kept: number | undefined
}

/** A store that writes when it is told to, and what was written. */
function writerOf(change: Partial<EventWriterOptions> = {}) {
  const writes: Write[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const onLost = vi.fn<() => void>()
  const writer = createEventWriter({
    patienceMs: 10 * PATIENCE_MS,
    onLost,
    write(events, kept) {
      writes.push({ ids: events.map(({ id }) => id), kept })
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    },
    ...change
  })
  return { writer, writes, onLost, gate: (place: number) => gates[place] }
}

it('writes one batch at a time, and takes along what came meanwhile', async () => {
  const { writer, writes, gate } = writerOf()
  for (const number of [1, 2, 3]) writer.put(logged(number), undefined)
  await settle()
  expect(writes.map(({ ids }) => ids)).toEqual([['1-1']])
  gate(0)?.resolve()
  await settle()
  writer.put(logged(4), undefined)
  expect(writes.map(({ ids }) => ids)).toEqual([['1-1'], ['1-2', '1-3']])
  const settled = writer.settled()
  gate(1)?.resolve()
  await settle()
  gate(2)?.resolve()
  await settled

  expect(writes.map(({ ids }) => ids)).toEqual([['1-1'], ['1-2', '1-3'], ['1-4']])
})

it('writes again after a pause, and has settled when there is nothing to write', async () => {
  const { writer, writes, gate } = writerOf()
  await writer.settled()
  writer.put(logged(1), undefined)
  gate(0)?.resolve()
  await writer.settled()
  writer.put(logged(2), undefined)
  gate(1)?.resolve()
  await writer.settled()

  expect(writes).toHaveLength(2)
})

it('writes at most 200 events at once', async () => {
  const sizes: number[] = []
  const { writer } = writerOf({ write: async (events) => void sizes.push(events.length) })
  for (let number = 1; number <= 502; number += 1) writer.put(logged(number), undefined)
  await writer.settled()

  expect(sizes).toEqual([1, 200, 200, 101])
})

it('cuts off with the last event that is to stay, and with no other', async () => {
  const writes: Write[] = []
  const { writer } = writerOf({
    write: async (events, kept) => void writes.push({ ids: events.map(({ id }) => id), kept })
  })
  writer.put(logged(1), undefined)
  writer.put(logged(2), undefined)
  writer.put(logged(3), 2)
  writer.put(logged(4), undefined)
  writer.put(logged(5), 1)
  await writer.settled()

  expect(writes).toEqual([
    { ids: ['1-1'], kept: undefined },
    { ids: ['1-2', '1-3'], kept: 2 },
    { ids: ['1-4', '1-5'], kept: 1 }
  ])
})

it('tries the same batch again while Redis is gone', async () => {
  const write = vi.fn<EventWriterOptions['write']>()
  write.mockRejectedValueOnce(unavailable()).mockRejectedValueOnce(unavailable())
  write.mockResolvedValue(undefined)
  const { writer, onLost } = writerOf({ write })
  writer.put(logged(1), undefined)
  await writer.settled()

  expect(write.mock.calls).toEqual(
    Array.from({ length: 3 }, () => [[logged(1)], undefined] as const)
  )
  expect(onLost).not.toHaveBeenCalled()
})

it('gives up once when its patience is over, and writes nothing from then on', async () => {
  const write = vi.fn<EventWriterOptions['write']>(async () => {
    throw unavailable()
  })
  const { writer, onLost } = writerOf({ write, patienceMs: PATIENCE_MS })
  writer.put(logged(1), undefined)
  await writer.settled()
  expect(onLost).toHaveBeenCalledOnce()
  const tries = write.mock.calls.length
  writer.put(logged(2), undefined)
  await writer.settled()

  expect(tries).toBeGreaterThan(1)
  expect(write).toHaveBeenCalledTimes(tries)
  expect(onLost).toHaveBeenCalledOnce()
})

it.each([
  new AppError('CONVERSATION_TAKEN_OVER', 'Taken over.'),
  new AppError('CONVERSATION_NOT_FOUND', 'Deleted.'),
  new Error('A bug')
])('gives up at once on what waiting does not help: $message', async (error) => {
  const write = vi.fn<EventWriterOptions['write']>(async () => {
    throw error
  })
  const { writer, onLost } = writerOf({ write })
  writer.put(logged(1), undefined)
  writer.put(logged(2), undefined)
  await writer.settled()

  expect(write).toHaveBeenCalledOnce()
  expect(onLost).toHaveBeenCalledOnce()
})

it('forgets what waits when it is closed, and is not lost then', async () => {
  const { writer, writes, onLost, gate } = writerOf()
  writer.put(logged(1), undefined)
  writer.put(logged(2), undefined)
  writer.close()
  writer.put(logged(3), undefined)
  gate(0)?.reject(unavailable())
  await writer.settled()
  await sleep(0)

  expect(writes.map(({ ids }) => ids)).toEqual([['1-1']])
  expect(onLost).not.toHaveBeenCalled()
})
