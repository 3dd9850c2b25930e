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
  const connections: boolean[] = []
  const subscriber = connect(server.url, 'subscriber')
  const invalidation = createCatalogInvalidation({
    subscriber,
    deployment: 'lab',
    onChange: (event) => changes.push(event),
    onError: (error) => errors.push(error),
    onConnected: (connected) => connections.push(connected),
    heartbeatMs: 50,
    heartbeatTimeoutMs: 200,
    now: () => 42
  })
  const changed = (times: number) => expect.poll(() => changes.length).toBe(times)
  onTestFinished(() => invalidation.close())
  await changed(1)
  return { server, subscriber, invalidation, changes, changed, errors, connections }
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
  await changed(3)

  expect(changes).toEqual([undefined, { topic: event.topic, id: 'abc' }, undefined])
  expect(invalidation.status()).toEqual({ connected: true, lastEventAt: 42 })
})

it('reads an event at the limit, and takes a longer one for any change', async () => {
  const { server, changes, changed } = await setup()
  const publisher = connect(server.url, 'commands')
  await expect.poll(() => publisher.status).toBe('ready')
  const topic = 'x'.repeat(10_000 - JSON.stringify({ topic: '' }).length)

  await publisher.publish(CHANNEL, JSON.stringify({ topic }))
  await publisher.publish(CHANNEL, JSON.stringify({ topic: `${topic}x` }))
  await changed(3)

  expect(changes).toEqual([undefined, { topic, id: undefined }, undefined])
})

it('supposes after an outage that anything may have changed', async () => {
  const { server, invalidation, changes, changed, connections } = await setup()

  await server.kill()
  await expect.poll(() => invalidation.status().connected).toBe(false)
  await server.start()
  await changed(2)
  // The channel is joined first, and known to be so a moment later.
  await expect.poll(() => invalidation.status().connected).toBe(true)

  expect(changes).toEqual([undefined, undefined])
  expect(connections).toEqual([true, false, true])
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

it('notices a connection that has died without a word, and joins the channel anew', async () => {
  const { server, invalidation, changes, changed, connections } = await setup()
  const other = connect(server.url, 'commands')
  await expect.poll(() => other.status).toBe('ready')

  // Redis answers nobody for a while, and closes nothing.
  await other.client('PAUSE', 600, 'ALL')
  await expect.poll(() => invalidation.status().connected).toBe(false)
  await changed(2)

  expect(changes).toEqual([undefined, undefined])
  expect(connections).toEqual([true, false, true])
})

it('stays joined as long as Redis answers', async () => {
  const { changes, connections, errors } = await setup()
  await new Promise((resolve) => setTimeout(resolve, 300))

  expect(changes).toEqual([undefined])
  expect(connections).toEqual([true])
  expect(errors).toEqual([])
})

it('tries again when Redis does not let it join', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const admin = connect(server.url, 'commands')
  await expect.poll(() => admin.status).toBe('ready')
  await admin.acl('SETUSER', 'default', 'resetchannels')
  const subscriber = connect(server.url, 'subscriber')
  const errors: unknown[] = []
  const invalidation = createCatalogInvalidation({
    subscriber,
    deployment: 'lab',
    onChange: () => undefined,
    onError: (error) => errors.push(error),
    heartbeatMs: 50
  })
  onTestFinished(() => invalidation.close())

  await expect.poll(() => errors.length).toBeGreaterThan(1)
  expect(String(errors[0])).toContain('NOPERM')
  expect(invalidation.status().connected).toBe(false)

  await admin.acl('SETUSER', 'default', 'allchannels')
  await expect.poll(() => invalidation.status().connected).toBe(true)
})
