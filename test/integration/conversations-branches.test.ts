import { randomUUID } from 'node:crypto'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { createRedisConversationRegistry } from '../../src/conversations/redis-conversation-registry.ts'
import { startBranches } from '../support/conversation-branches.ts'
import { testConversationBranches } from '../support/conversation-branches-suite.ts'
import { connectRedis } from '../support/redis-connection.ts'

const redis = await connectRedis()
afterAll(() => redis.stop())

const TURNS = 200

function setUp(deployment: string = randomUUID()) {
  const { client } = redis
  const registry = createRedisConversationRegistry({
    client,
    deployment,
    ttlDays: 30,
    maxConversationsPerUser: 10,
    maxTurns: TURNS + 1,
    onLost: () => undefined
  })
  onTestFinished(() => registry.close())
  return { registry, checkpointer: new RedisCheckpointer({ client, deployment, ttlDays: 30 }) }
}

testConversationBranches(() => setUp())

it('shows another replica the same branches', async () => {
  const deployment = randomUUID()
  const { ask, read, conversationId } = startBranches(setUp(deployment))
  const one = await ask('one')
  const two = await ask('two')
  await ask('instead', { replaces: one })
  const other = startBranches(setUp(deployment)).conversations

  for (const at of [undefined, one, two]) {
    const { messages } = await other.read('jane', conversationId(), at)
    expect(messages).toEqual(await read(at))
  }
})

it('asks Redis as often for a branch among two hundred as for one among two', async () => {
  const { ask, read } = startBranches(setUp())
  const commandsOf = async (at?: string) => {
    const before = await calls()
    await read(at)
    return (await calls()) - before
  }
  const one = await ask('one')
  await ask('two', { replaces: one })
  const few = [await commandsOf(), await commandsOf(one)]
  for (let turn = 2; turn < TURNS; turn += 1) {
    await ask(`question ${turn}`, turn % 2 === 0 ? { after: one } : {})
  }

  expect([await commandsOf(), await commandsOf(one)]).toEqual(few)
}, 60_000)

/** Scripts that Redis has run for anybody. */
async function calls(): Promise<number> {
  const stats = await redis.client.info('commandstats')
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}
