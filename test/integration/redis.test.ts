import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { createRedis, type RedisRole } from '../../src/platform/redis.ts'
import { Secret } from '../../src/platform/secret.ts'
import { freePort } from '../support/ports.ts'
import { startRedis } from '../support/redis.ts'

function connect(url: string, role: RedisRole = 'commands') {
  const errors: Error[] = []
  const redis = createRedis({ url: new Secret(url), role, onError: (error) => errors.push(error) })
  onTestFinished(() => redis.close())
  return { redis, errors }
}

async function server() {
  const running = await startRedis()
  onTestFinished(() => running.stop())
  return running
}

it('connects when started, under the name of its role', async () => {
  const { redis } = connect((await server()).url)
  expect(redis.ready()).toBe(false)

  redis.start()
  redis.start()
  await once(redis.client, 'ready')

  expect(redis.ready()).toBe(true)
  expect(await redis.client.client('GETNAME')).toBe('ai-ops-commands')
})

it('fails a command at once while there is no connection, and comes back by itself', async () => {
  const running = await server()
  const { redis, errors } = connect(running.url)
  redis.start()
  await once(redis.client, 'ready')

  const closed = once(redis.client, 'close')
  await running.kill()
  await closed
  const asked = performance.now()
  await expect(redis.client.get('a')).rejects.toThrow()
  expect(performance.now() - asked).toBeLessThan(5_000)

  const ready = once(redis.client, 'ready')
  await running.start()
  await ready
  expect(await redis.client.set('a', 'b')).toBe('OK')
  expect(errors.length).toBeLessThan(20)
})

it('tells of every refused connection without the password, and tries no more once closed', async () => {
  const { redis, errors } = connect(`redis://:canary@127.0.0.1:${await freePort()}`)
  redis.start()
  await new Promise((resolve) => redis.client.once('reconnecting', resolve))
  await redis.close()
  const told = errors.length
  expect(told).toBeGreaterThan(0)
  expect(String(errors)).not.toContain('canary')

  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(errors).toHaveLength(told)
})

it('closes when it was never started', async () => {
  const { redis } = connect('redis://127.0.0.1:1')
  await redis.close()
  await redis.close()
  expect(redis.ready()).toBe(false)
})
