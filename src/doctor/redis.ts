import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Redis } from 'ioredis'
import type { Config } from '../config.ts'
import { createRedis } from '../platform/redis.ts'
import type { Secret } from '../platform/secret.ts'
import { type Finding, fail, ok } from './finding.ts'
import { examineServer } from './redis-server.ts'

/** A command of each kind that the service's scripts use, on keys that go with it. */
const TRIAL = `
redis.call('HSET', KEYS[1], 'field', '1')
redis.call('ZADD', KEYS[2], 1, 'member')
redis.call('XADD', KEYS[3], '*', 'field', '1')
redis.call('TIME')
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 10) end
redis.call('MEMORY', 'USAGE', KEYS[1])
return redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])`

/** The Redis of conversations and events: way in, server, rights of the account, channel of the app's events. */
export async function examineRedis(config: Config, signal: AbortSignal): Promise<Finding[]> {
  const { redisUrl: url, deployment } = config
  if (!url) return [ok('redis', 'None is set: conversations end with the process, as LAB may.')]
  return withRedis(url, 'commands', signal, async (client) => {
    const server = await examineServer(client)
    const rights = await examineAccount(client, deployment)
    const events = await withRedis(url, 'subscriber', signal, (subscriber) =>
      examineChannel({ client, subscriber, deployment })
    )
    return [ok('redis', 'It answers.'), ...server, rights, ...events]
  })
}

/** One attempt to connect; it ends with the work, however that ends. */
async function withRedis(
  url: Secret,
  role: 'commands' | 'subscriber',
  signal: AbortSignal,
  work: (client: Redis) => Promise<Finding[]>
): Promise<Finding[]> {
  const stopped = new AbortController()
  let why: Error | undefined
  const redis = createRedis({
    url,
    role,
    onError(error) {
      why ??= error
      stopped.abort()
    }
  })
  try {
    const ready = once(redis.client, 'ready', {
      signal: AbortSignal.any([signal, stopped.signal])
    })
    redis.start()
    const isReady = await ready.then(
      () => true,
      () => false
    )
    return isReady ? await work(redis.client) : [unreachable(why)]
  } finally {
    await redis.close()
  }
}

const OBSTACLES: readonly (readonly [said: RegExp, sentence: string, advice: string])[] = [
  [/^WRONGPASS|invalid password/, 'Redis refuses the user name or the password.', 'Check both.'],
  [/^NOAUTH/, 'Redis demands a password.', 'Put it into the address: redis://:password@host.'],
  [/ECONNREFUSED/, 'The connection is refused.', 'Check host and port, and whether it runs.'],
  [/ENOTFOUND|EAI_AGAIN/, 'Its host name is unknown here.', 'Check the name, and the DNS here.'],
  [/self-signed|certificate/, 'Its TLS certificate is not trusted.', 'See NODE_EXTRA_CA_CERTS.'],
  [/wrong version number|EPROTO/, 'It does not speak TLS at this port.', 'Is it redis://?'],
  [/ECONNRESET|closed/, 'It closes the connection.', 'Does it want TLS, rediss://?']
]

function unreachable(error: Error | undefined): Finding {
  const { code = '' } = { ...error } as { code?: string }
  const said = `${error?.message ?? ''} ${code}`
  const known = OBSTACLES.find(([pattern]) => pattern.test(said))
  const [, sentence, advice] = known ?? [undefined, 'It does not answer.', 'Check the address.']
  return fail('redis', sentence, `${advice} REDIS_URL holds the address.`)
}

/** Whether the account may do what the service does. */
async function examineAccount(client: Redis, deployment: string): Promise<Finding> {
  const key = `ai-ops:${deployment}:doctor:${randomUUID()}`
  try {
    await client.eval(TRIAL, 3, `${key}:hash`, `${key}:set`, `${key}:stream`)
    return ok(
      'redis rights',
      `The account may do what the service does with ai-ops:${deployment}:*.`
    )
  } catch (error) {
    return refusal('redis rights', error, deployment)
  }
}

interface Channel {
  readonly client: Redis
  readonly subscriber: Redis
  readonly deployment: string
}

async function examineChannel({ client, subscriber, deployment }: Channel): Promise<Finding[]> {
  const channel = `ai-ops:${deployment}:events`
  try {
    // Asked first: this process is about to be one of them.
    const [, listeners = 0] = (await client.pubsub('NUMSUB', channel)) as [string, number]
    await subscriber.subscribe(channel)
    const who = listeners === 1 ? '1 replica listens' : `${listeners} replicas listen`
    const told = `The channel ${channel} can be heard; ${who} to it.`
    return [ok('event channel', `${told} Nautobot's event_redis_url and deployment must name it.`)]
  } catch (error) {
    return [refusal('event channel', error, deployment)]
  }
}

function refusal(check: string, error: unknown, deployment: string): Finding {
  const said = error instanceof Error ? error.message : ''
  if (said.startsWith('READONLY') || said.includes('READONLY '))
    return fail(check, 'It is a replica that takes no writes.', 'Name the primary in REDIS_URL.')
  if (!said.includes('NOPERM') && !said.includes("can't run"))
    return fail(check, 'It refuses commands of the service.', 'Look at its log, and its version.')
  const place = `ai-ops:${deployment}:*`
  const rule = `~${place} resetchannels &${place} +@all -@dangerous +info`
  return fail(check, "The account's ACL forbids commands of the service.", `One that fits: ${rule}`)
}
