import fc from 'fast-check'
import { afterAll, it } from 'vitest'
import { createRedisChannels } from '../../src/platform/redis-channels.ts'
import { connectRedis } from '../support/redis-connection.ts'
import { checkTimesToLive } from '../support/run-replica.ts'
import {
  checkRun,
  createRunWorld,
  finishRun,
  type RunStep,
  takeStep
} from '../support/run-world.ts'

const OWNERS = 3

const redis = await connectRedis()
const { client } = redis
const channels = createRedisChannels(await redis.connect())
afterAll(async () => {
  channels.close()
  await redis.stop()
})

const owner = fc.nat(OWNERS - 1)
const reader = fc.nat(4)
const write = fc.record({
  kind: fc.constant('write' as const),
  owner,
  events: fc.integer({ min: 1, max: 12 })
})
const read = fc.record({ kind: fc.constant('read' as const), owner, reader, isNew: fc.boolean() })
const change = fc.record({ kind: fc.constantFrom('leave' as const, 'take' as const), owner })
const end = fc.record({ kind: fc.constant('end' as const), owner })
const wait = fc.constant({ kind: 'wait' as const })
const hangUp = fc.record({ kind: fc.constant('hang up' as const), reader })
const kill = fc.record({
  kind: fc.constant('kill' as const),
  owner,
  commands: fc.nat(6),
  isSent: fc.boolean()
})

/** Writes and reads are frequent; the end comes late, if at all. */
const step: fc.Arbitrary<RunStep> = fc.oneof(
  { weight: 6, arbitrary: write },
  { weight: 4, arbitrary: read },
  { weight: 4, arbitrary: change },
  { weight: 3, arbitrary: wait },
  { weight: 1, arbitrary: hangUp },
  { weight: 2, arbitrary: kill },
  { weight: 1, arbitrary: end }
)

it('ends once and alike for every reader, whoever answers, dies, freezes, comes back or hangs up', async () => {
  const cases = fc.record({
    steps: fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }),
    maxLogEvents: fc.constantFrom(5, 1_000)
  })
  await fc.assert(
    fc.asyncProperty(cases, async ({ steps, maxLogEvents }) => {
      const world = await createRunWorld({ client, channels, owners: OWNERS, maxLogEvents })
      for (const one of steps) {
        await takeStep(world, one)
        await checkTimesToLive(client, world.deployment)
      }
      await finishRun(world)
      await checkRun(world)
    }),
    { numRuns: 100 }
  )
})
