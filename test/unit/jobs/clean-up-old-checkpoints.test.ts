import { expect, it } from 'vitest'
import {
  type CleanupReport,
  NOTHING_DONE
} from '../../../src/conversations/conversation-cleanup.ts'
import { createCleanUpOldCheckpoints } from '../../../src/jobs/clean-up-old-checkpoints.ts'

const context = { signal: new AbortController().signal, correlationId: 'c' }

const described = (report: Partial<CleanupReport>) =>
  createCleanUpOldCheckpoints({
    run: async () => ({ ...NOTHING_DONE, ...report }),
    size: async () => undefined
  }).run(context)

it('says in one sentence what it did', async () => {
  const report = {
    lookedAt: 12,
    deletedByAge: 3,
    deletedBeyondLimit: 2,
    struckOff: 4,
    collectedCheckpoints: 7,
    collectedContents: 5,
    freedBytes: 123_456
  }
  expect(await described(report)).toBe(
    'Looked at 12 conversations; deleted 3 by age, 2 beyond the limit per user; struck off 4 that had expired; collected 7 checkpoints, 5 contents; freed 123456 bytes.'
  )
})

it('says that there is more to do', async () => {
  expect(await described({ isComplete: false })).toMatch(
    / bytes\. The next run goes on from there\.$/
  )
})

it('passes on the signal that ends it', async () => {
  const stop = new AbortController()
  const job = createCleanUpOldCheckpoints({
    run: async (signal) => {
      stop.abort(new Error('late'))
      signal.throwIfAborted()
      return NOTHING_DONE
    },
    size: async () => undefined
  })
  await expect(job.run({ ...context, signal: stop.signal })).rejects.toThrow('late')
})

it('begins no run again before half an hour is over, and one with every tick after an hour', () => {
  const { schedule, minIntervalMs, scope } = createCleanUpOldCheckpoints({
    run: async () => NOTHING_DONE,
    size: async () => undefined
  })
  expect([schedule, scope]).toEqual(['7 * * * *', 'deployment'])
  expect(minIntervalMs).toBeGreaterThan(30 * 60_000)
  expect(minIntervalMs).toBeLessThan(60 * 60_000)
})
