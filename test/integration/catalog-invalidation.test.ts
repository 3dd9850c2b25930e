import { expect, it, onTestFinished } from 'vitest'
import {
  type CatalogEvent,
  createCatalogInvalidation
} from '../../src/catalog/catalog-invalidation.ts'
import { createRedis, type RedisRole } from '../../src/platform/redis.ts'
import { Secret } from '../../src/platform/secret.ts'
import { startRedis } from '../support/redis.ts'

const CHANNEL = 'ai-ops:lab:events'

function connect(url: string, role: RedisRole) {
  const redis = createRedis({ url: new Secret(url), role, onError: () => undefined })
  onTestFinished(() => redis.close())
  redis.start()
  return redis.client
}

async function setup() {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const changes: (CatalogEvent | undefined)[] = []
  const errors: unknown[] = []
  const subscriber = connect(server.url, 'subscriber')
  const invalidation = createCatalogInvalidation({
    subscriber,
    deployment: 'lab',
    onChange: (event) => changes.push(event),
    onError: (error) => errors.push(error),
    now: () => 42
  })
  const changed = (times: number) => expect.poll(() => changes.length).toBe(times)
  await changed(1)
  return { server, subscriber, invalidation, changes, changed, errors }
}

it('tells of every event of its own deployment', async () => {
  const { server, invalidation, changes, changed } = await setup()
  expect(invalidation.status()).toEqual({ connected: true, lastEventAt: undefined })
  const publisher = connect(server.url, 'commands')
  await expect.poll(() => publisher.status).toBe('ready')

  await publisher.publish('ai-ops:other:events', JSON.stringify({ topic: 'x', id: 'y' }))
  const event = { topic: 'nautobot.update.nautobot_ai_ops.llmmodel', id: 'abc', at: 1 }
  await publisher.publish(CHANNEL, JSON.stringify(event))
  await publisher.publish(CHANNEL, 'not JSON')
  await publisher.publish(CHANNEL, JSON.stringify({ topic: 'x'.repeat(10_000) }))
  await changed(4)

  expect(changes).toEqual([undefined, { topic: event.topic, id: 'abc' }, undefined, undefined])
  expect(invalidation.status()).toEqual({ connected: true, lastEventAt: 42 })
})

it('supposes after an outage that anything may have changed', async () => {
  const { server, invalidation, changes, changed } = await setup()

  await server.kill()
  await expect.poll(() => invalidation.status().connected).toBe(false)
  await server.start()
  await changed(2)

  expect(changes).toEqual([undefined, undefined])
  expect(invalidation.status().connected).toBe(true)
})

it('hears nothing once closed, and leaves no listener behind', async () => {
  const { server, subscriber, invalidation, changes } = await setup()
  invalidation.close()
  const publisher = connect(server.url, 'commands')
  await expect.poll(() => publisher.status).toBe('ready')
  await publisher.publish(CHANNEL, '{}')
  await publisher.ping()

  expect(changes).toHaveLength(1)
  expect(subscriber.listenerCount('message')).toBe(0)
  expect(invalidation.status().connected).toBe(false)
})
