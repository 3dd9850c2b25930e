import { afterAll, expect, it, onTestFinished, vi } from 'vitest'
import { type ChannelListener, createRedisChannels } from '../../src/platform/redis-channels.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
const { client } = redis
afterAll(() => redis.stop())

async function openChannels() {
  const subscriber = await redis.connect()
  const channels = createRedisChannels(subscriber)
  onTestFinished(() => channels.close())
  return { channels, subscriber }
}

async function subscribers(channel: string): Promise<number> {
  const [, count] = (await client.pubsub('NUMSUB', channel)) as [string, number]
  return Number(count)
}

it('tells what is published to everybody who listens, until they stop', async () => {
  const { channels } = await openChannels()
  const [one, other] = [vi.fn<ChannelListener>(), vi.fn<ChannelListener>()]
  const stopOne = channels.listen('news', one)
  channels.listen('news', other)
  await expect.poll(() => subscribers('news')).toBe(1)
  await client.publish('news', 'first')
  await client.publish('elsewhere', 'unheard')
  await vi.waitFor(() => expect(one).toHaveBeenCalledExactlyOnceWith('first'), { timeout: 5_000 })
  stopOne()
  stopOne()
  await client.publish('news', 'second')
  await vi.waitFor(() => expect(other).toHaveBeenLastCalledWith('second'), { timeout: 5_000 })

  expect(one).toHaveBeenCalledOnce()
})

it('leaves a channel that nobody listens to any more, and joins it again', async () => {
  const { channels } = await openChannels()
  const listener = vi.fn<ChannelListener>()
  channels.listen('rare', listener)()
  const stop = channels.listen('rare', listener)
  await expect.poll(() => subscribers('rare')).toBe(1)
  stop()
  await expect.poll(() => subscribers('rare')).toBe(0)
  channels.listen('rare', listener)
  await expect.poll(() => subscribers('rare')).toBe(1)
  await client.publish('rare', 'heard')

  await vi.waitFor(() => expect(listener).toHaveBeenCalledExactlyOnceWith('heard'), {
    timeout: 5_000
  })
})

it('says that something may have been missed when Redis is back, and hears again', async () => {
  const { channels, subscriber } = await openChannels()
  const listener = vi.fn<ChannelListener>()
  channels.listen('kept', listener)
  await expect.poll(() => subscribers('kept')).toBe(1)
  await redis.server.kill()
  await expect.poll(() => subscriber.status).not.toBe('ready')
  const meanwhile = vi.fn<ChannelListener>()
  channels.listen('meanwhile', meanwhile)
  await redis.server.start()
  await vi.waitFor(() => expect(listener).toHaveBeenCalledExactlyOnceWith(undefined), 10_000)
  expect(meanwhile).toHaveBeenCalledExactlyOnceWith(undefined)
  await expect.poll(() => client.status, { timeout: 10_000 }).toBe('ready')
  await expect.poll(() => subscribers('meanwhile')).toBe(1)
  await client.publish('kept', 'again')

  await vi.waitFor(() => expect(listener).toHaveBeenLastCalledWith('again'), { timeout: 5_000 })
})

it('tells nobody anything once it is closed', async () => {
  const { channels } = await openChannels()
  const listener = vi.fn<ChannelListener>()
  channels.listen('closed', listener)
  await expect.poll(() => subscribers('closed')).toBe(1)
  channels.close()
  await client.publish('closed', 'too late')
  await client.ping()

  expect(listener).not.toHaveBeenCalled()
})
