import { expect, it } from 'vitest'
import {
  createRunQueue,
  type RunQueueOptions,
  type RunTicket
} from '../../../src/runs/run-queue.ts'

function queueOf(change: Partial<RunQueueOptions> = {}) {
  return createRunQueue({
    maxRuns: 1,
    maxRunsPerUser: 10,
    maxQueuedRuns: 10,
    maxQueuedRunsPerUser: 10,
    ...change
  })
}

/** Names in the order in which they were admitted. */
function watch(tickets: Readonly<Record<string, RunTicket>>) {
  const admitted: string[] = []
  for (const [name, ticket] of Object.entries(tickets)) {
    void ticket.admitted.then(() => admitted.push(name))
  }
  return async () => {
    await new Promise(setImmediate)
    return admitted
  }
}

it('admits at once while there is room, then first come, first served', async () => {
  const queue = queueOf()
  const tickets = { a: queue.enter('a'), b: queue.enter('b'), c: queue.enter('c') }
  const admitted = watch(tickets)
  expect(await admitted()).toEqual(['a'])
  expect([tickets.a.place(), tickets.b.place(), tickets.c.place()]).toEqual([0, 1, 2])
  tickets.a.leave()
  expect(await admitted()).toEqual(['a', 'b'])
  expect([tickets.b.place(), tickets.c.place()]).toEqual([0, 1])
  tickets.b.leave()

  expect(await admitted()).toEqual(['a', 'b', 'c'])
  expect(queue.hasRoom()).toBe(false)
  tickets.c.leave()
  expect(queue.hasRoom()).toBe(true)
})

it('lets a user whose share is used up hold up nobody else', async () => {
  const queue = queueOf({ maxRuns: 3, maxRunsPerUser: 1 })
  const jane = queue.enter('jane')
  const more = queue.enter('jane')
  const bob = queue.enter('bob')
  const admitted = watch({ jane, more, bob })

  expect(await admitted()).toEqual(['jane', 'bob'])
  expect(more.place()).toBe(1)
  bob.leave()
  expect(await admitted()).toEqual(['jane', 'bob'])
  jane.leave()
  expect(await admitted()).toEqual(['jane', 'bob', 'more'])
})

it('passes over who has their share, and keeps their place for later', async () => {
  const queue = queueOf({ maxRuns: 2, maxRunsPerUser: 1 })
  const first = { jane: queue.enter('jane'), bob: queue.enter('bob') }
  const waiting = { janes: queue.enter('jane'), carols: queue.enter('carol') }
  const admitted = watch(waiting)
  expect(waiting.carols.place()).toBe(2)
  first.bob.leave()
  expect(await admitted()).toEqual(['carols'])
  first.jane.leave()

  expect(await admitted()).toEqual(['carols', 'janes'])
})

it('refuses what exceeds the waiting room, and says when to come back', () => {
  const queue = queueOf({ maxQueuedRuns: 1 })
  queue.enter('a')
  const waiting = queue.enter('b')
  const refusal = { code: 'TOO_MANY_RUNS', details: { retryAfterSeconds: 2 } }

  expect(() => queue.enter('c')).toThrow(expect.objectContaining(refusal))
  waiting.leave()
  expect(queue.enter('c').place()).toBe(1)
})

it("refuses what exceeds a user's part of the waiting room, and leaves room for others", () => {
  const queue = queueOf({ maxQueuedRunsPerUser: 1 })
  queue.enter('jane')
  queue.enter('jane')

  expect(() => queue.enter('jane')).toThrow(
    expect.objectContaining({ code: 'TOO_MANY_RUNS', details: { retryAfterSeconds: 2 } })
  )
  expect(queue.enter('bob').place()).toBe(2)
})

it('moves everybody up when somebody who waits leaves', async () => {
  const queue = queueOf()
  const first = queue.enter('a')
  const impatient = queue.enter('b')
  const patient = queue.enter('c')
  const admitted = watch({ impatient, patient })
  impatient.leave()
  expect(patient.place()).toBe(1)
  first.leave()

  expect(await admitted()).toEqual(['patient'])
})

it('gives a place back once, however often it is left', async () => {
  const queue = queueOf({ maxRuns: 1 })
  const first = queue.enter('a')
  const second = queue.enter('b')
  const third = queue.enter('c')
  const admitted = watch({ second, third })
  first.leave()
  first.leave()
  expect(await admitted()).toEqual(['second'])
  third.leave()
  third.leave()
  second.leave()

  expect(queue.hasRoom()).toBe(true)
  queue.enter('d')
  expect(queue.hasRoom()).toBe(false)
})

it('lets nobody in any more once it is closed, and admits nobody who waits', async () => {
  const queue = queueOf()
  const first = queue.enter('a')
  const waiting = queue.enter('b')
  const admitted = watch({ waiting })
  queue.close()
  first.leave()

  expect(await admitted()).toEqual([])
  expect(queue.hasRoom()).toBe(false)
  expect(() => queue.enter('c')).toThrow(expect.objectContaining({ code: 'DRAINING' }))
  expect(() => queue.checkOpen()).toThrow(expect.objectContaining({ code: 'DRAINING' }))
})

it('takes no more than there is room for of those who have waited elsewhere', async () => {
  const queue = queueOf({ maxRuns: 2, maxRunsPerUser: 1, maxQueuedRuns: 2 })
  const [jane1, jane2] = [queue.enterAhead('jane'), queue.enterAhead('jane')]
  const [bob1, bob2] = [queue.enterAhead('bob'), queue.enterAhead('bob')]
  const admitted = watch({ jane1, jane2, bob1, bob2 })
  expect(await admitted()).toEqual(['jane1', 'bob1'])
  const asked = queueOf({ maxRuns: 1 })
  asked.enter('a')
  const [newcomer, resumed] = [asked.enter('b'), asked.enterAhead('c')]

  expect([resumed.place(), newcomer.place()]).toEqual([1, 2])
  jane1.leave()
  expect(await admitted()).toEqual(['jane1', 'bob1', 'jane2'])
  // Nobody goes on here whose turn would not come soon.
  const full = queueOf({ maxRuns: 3, maxRunsPerUser: 1, maxQueuedRuns: 1 })
  full.enter('jane')
  full.enterAhead('jane')
  expect(full.hasRoom()).toBe(false)
})

it('admits ahead of the queue who has waited elsewhere, and counts it', async () => {
  const queue = queueOf({ maxRunsPerUser: 1 })
  queue.checkOpen()
  const ahead = queue.enterAhead('jane')
  const waiting = queue.enter('bob')
  const admitted = watch({ ahead, waiting })
  expect(await admitted()).toEqual(['ahead'])
  expect(queue.hasRoom()).toBe(false)
  ahead.leave()

  expect(await admitted()).toEqual(['ahead', 'waiting'])
})
