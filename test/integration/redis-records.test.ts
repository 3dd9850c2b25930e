import { expect, onTestFinished, test } from 'vitest'
import {
  createMemoryRecords,
  createRedisRecords,
  type RecordKind
} from '../../src/platform/records.ts'
import { createRedis } from '../../src/platform/redis.ts'
import { Secret } from '../../src/platform/secret.ts'
import { startRedis } from '../support/redis.ts'

const KIND: RecordKind<number> = {
  name: 'age',
  keepSeconds: 60,
  parse: (value) => {
    if (typeof value !== 'number') throw new Error('no number')
    return value
  }
}

async function inRedis() {
  const server = await startRedis()
  const redis = createRedis({
    url: new Secret(server.url),
    role: 'commands',
    onError: () => undefined
  })
  onTestFinished(async () => {
    await redis.close()
    await server.stop()
  })
  redis.start()
  await expect.poll(redis.ready).toBe(true)
  const { client } = redis
  return { client, records: createRedisRecords(KIND, { client, deployment: 'lab' }) }
}

test.each(['memory', 'Redis'])('in %s, what is kept is read by its id', async (place) => {
  const records = place === 'Redis' ? (await inRedis()).records : createMemoryRecords(KIND)
  await records.keep('a', 0)
  await records.keep('b', 1)
  await records.keep('b', 2)
  expect(await records.read(['a', 'b', 'c'])).toEqual(
    new Map([
      ['a', 0],
      ['b', 2]
    ])
  )
  expect(await records.read([])).toEqual(new Map())
})

test('Redis keeps a record for its time, and what another version wrote counts as none', async () => {
  const { client, records } = await inRedis()
  await records.keep('a', 1)
  expect(await client.ttl('ai-ops:lab:age:a')).toBeGreaterThan(0)
  expect(await client.ttl('ai-ops:lab:age:a')).toBeLessThanOrEqual(KIND.keepSeconds)
  await client.set('ai-ops:lab:age:a', '{"years":1}')
  await client.set('ai-ops:lab:age:b', 'not JSON')
  expect(await records.read(['a', 'b'])).toEqual(new Map())
})

test('memory keeps a record for its time, and a thousand at most', async () => {
  let nowMs = 0
  const records = createMemoryRecords(KIND, { now: () => nowMs })
  for (let id = 0; id <= 1_000; id += 1) await records.keep(String(id), id)
  expect(await records.read(['0', '1', '1000'])).toEqual(
    new Map([
      ['1', 1],
      ['1000', 1_000]
    ])
  )
  nowMs = KIND.keepSeconds * 1_000
  expect(await records.read(['1000'])).toEqual(new Map())
})
