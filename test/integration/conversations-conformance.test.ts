import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { MemoryCheckpointer } from '../../src/conversations/memory-checkpointer.ts'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { loadCheckpointSuite } from '../conformance/checkpoint-suite.ts'
import { connectRedis } from '../support/redis-connection.ts'

const { validate, deltaChannelHistoryTests } = await loadCheckpointSuite()
const redis = await connectRedis()
afterAll(() => redis.stop())

const subjects = [
  {
    checkpointerName: 'RedisCheckpointer',
    createCheckpointer: () =>
      new RedisCheckpointer({ client: redis.client, deployment: randomUUID(), ttlDays: 1 })
  },
  { checkpointerName: 'MemorySaver', createCheckpointer: () => new MemoryCheckpointer() }
]

for (const subject of subjects) {
  validate(subject)
  deltaChannelHistoryTests(subject)
}
