import { expect, test } from 'vitest'
import { createMetrics } from '../../../src/platform/metrics.ts'

test('what an installation does not have, has no series that would look like a failure', async () => {
  const metrics = createMetrics({ version: '' })
  const readings = async () =>
    (await metrics.read()).match(/^ai_ops_(?:redis|event_channel)_up \d$/gm)

  expect(await readings()).toBeNull()
  metrics.redisUp.set(0)
  metrics.eventChannelUp.set(1)
  expect(await readings()).toEqual(['ai_ops_redis_up 0', 'ai_ops_event_channel_up 1'])
})
