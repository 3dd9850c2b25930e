import { randomUUID } from 'node:crypto'
import { HumanMessage } from '@langchain/core/messages'
import { type BaseCheckpointSaver, uuid6 } from '@langchain/langgraph-checkpoint'
import type { Redis } from 'ioredis'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { ask, createConversationGraph } from '../support/conversation-graph.ts'
import { connectRedis } from '../support/redis-connection.ts'
import { median } from './load.ts'
import { OfficialLayout } from './official-checkpoints.ts'

const TURNS = 50
const MEASURED_AT = [10, 25, 50]
const ROUNDS = 7
const OPERATIONS = 30

interface Side {
  readonly name: string
  readonly client: Redis
  readonly saver: BaseCheckpointSaver
  readonly cold: () => BaseCheckpointSaver
  readonly settle: (threadId: string) => Promise<unknown>
}

/** Bytes of the whole database: each side has a Redis of its own. */
async function bytes(client: Redis): Promise<number> {
  let sum = 0
  for (const key of await client.keys('*')) {
    sum += Number(await client.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'))
  }
  return sum
}

async function timed(work: (place: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  for (let place = 0; place < OPERATIONS; place += 1) await work(place)
  return (performance.now() - startedAt) / OPERATIONS
}

/** One message more, as a step of a run writes it: by the replica that read the conversation. */
async function putOne(saver: BaseCheckpointSaver, config: object): Promise<number> {
  const head = await saver.getTuple(config)
  if (!head) throw new Error('Nothing to go on from')
  const { checkpoint } = head
  return timed((place) => {
    const step = new HumanMessage({ id: randomUUID(), content: `step ${place}` })
    const messages = [...(checkpoint.channel_values.messages as unknown[]), step]
    const version = { messages: 1_000 + place }
    return saver.put(
      head.config,
      {
        ...checkpoint,
        id: uuid6(0),
        channel_values: { ...checkpoint.channel_values, messages },
        channel_versions: { ...checkpoint.channel_versions, ...version }
      },
      { source: 'loop', step: place, parents: {} },
      version
    )
  })
}

const serverA = await connectRedis()
const serverB = await connectRedis()
const options = { deployment: 'bench', ttlDays: 30 }
const ours = new RedisCheckpointer({ client: serverA.client, ...options })
const sides: Side[] = [
  {
    name: 'AI Ops',
    client: serverA.client,
    saver: ours,
    cold: () => new RedisCheckpointer({ client: serverA.client, ...options }),
    settle: (threadId) => ours.prune(threadId)
  },
  {
    name: 'official layout',
    client: serverB.client,
    saver: new OfficialLayout(serverB.client),
    cold: () => new OfficialLayout(serverB.client),
    settle: async () => undefined
  }
]

const sizes: object[] = []
/** The end of turn 50: what is measured reads it and goes on from it, again and again. */
const heads = new Map<string, object>()
const threadId = randomUUID()
const configurable = { thread_id: threadId, checkpoint_ns: '' }
for (const { name, client, saver, settle } of sides) {
  const graph = createConversationGraph({ checkpointer: saver })
  for (let turn = 1; turn <= TURNS; turn += 1) {
    await ask(graph, configurable, 'How many devices are in ams01?')
    await settle(threadId)
    if (!MEASURED_AT.includes(turn)) continue
    const head = await saver.getTuple({ configurable })
    heads.set(name, head?.config ?? {})
    const messages = head?.checkpoint.channel_values.messages
    const content = JSON.stringify(messages).length
    const stored = await bytes(client)
    sizes.push({
      side: name,
      turn,
      'messages KB': Math.round(content / 1_024),
      'in Redis KB': Math.round(stored / 1_024),
      'times the messages (P7)': Math.round((100 * stored) / content) / 100
    })
  }
}
console.table(sizes)

const times = new Map(sides.map(({ name }) => [name, { get: [] as number[], put: [] as number[] }]))
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const { name, cold } of sides) {
    const head = heads.get(name) ?? {}
    const get = await timed(() => cold().getTuple(head))
    const put = await putOne(cold(), head)
    // The first round warms up.
    if (round > 0) times.get(name)?.get.push(get)
    if (round > 0) times.get(name)?.put.push(put)
  }
}
console.log(`At turn ${TURNS}, ms, median of ${ROUNDS} rounds of ${OPERATIONS} (P8)`)
const rows = [...times].map(([side, { get, put }]) => ({
  side,
  get: median(get),
  put: median(put)
}))
console.table(
  rows.map(({ side, get, put }) => ({ side, get: get.toFixed(2), put: put.toFixed(2) }))
)
const [mine, theirs] = rows
if (mine && theirs) {
  console.log(
    `ratios: get ${(mine.get / theirs.get).toFixed(2)}, put ${(mine.put / theirs.put).toFixed(2)}`
  )
}
await serverA.stop()
await serverB.stop()
