import { randomUUID } from 'node:crypto'
import { HumanMessage } from '@langchain/core/messages'
import { type BaseCheckpointSaver, uuid6 } from '@langchain/langgraph-checkpoint'
import type { Redis } from 'ioredis'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { ask, createConversationGraph } from '../support/conversation-graph.ts'
import { connectRedis } from '../support/redis-connection.ts'
import { median } from './load.ts'
import { OfficialLayout } from './official-checkpoints.ts'
import { type Finding, round } from './targets.ts'

const TURNS = 50
const MEASURED_AT = [10, 25, TURNS]
const OPERATIONS = 30

interface Saver {
  readonly name: string
  readonly client: Redis
  readonly saver: BaseCheckpointSaver
  readonly cold: () => BaseCheckpointSaver
  readonly settle: (threadId: string) => Promise<unknown>
}

interface Filled {
  /** The end of the last turn: what is measured reads it and goes on from it, again and again. */
  readonly head: object
  /** At turn 50. */
  readonly timesTheMessages: number
  readonly rows: readonly object[]
}

/** P7, P8: a conversation of 50 turns with results of 4 KB. Each side has a Redis of its own. */
export async function measureCheckpoints(rounds: number): Promise<Finding[]> {
  const servers = [await connectRedis(), await connectRedis()] as const
  try {
    const sides = [productOn(servers[0].client), officialOn(servers[1].client)] as const
    const filled = new Map<Saver, Filled>()
    for (const side of sides) filled.set(side, await fill(side))
    console.log('\nA conversation in Redis, with results of 4 KB')
    console.table([...filled.values()].flatMap(({ rows }) => rows))
    const [mine, theirs] = await measureTimes(sides, filled, rounds)
    const slower = Math.max(mine.get / theirs.get, mine.put / theirs.put)
    return [
      { id: 'P7', value: filled.get(sides[0])?.timesTheMessages ?? Number.NaN },
      { id: 'P8', value: slower }
    ]
  } finally {
    for (const server of servers) await server.stop()
  }
}

function productOn(client: Redis): Saver {
  const cold = () => new RedisCheckpointer({ client, deployment: 'bench', ttlDays: 30 })
  const saver = cold()
  return { name: 'AI Ops', client, saver, cold, settle: (threadId) => saver.prune(threadId) }
}

function officialOn(client: Redis): Saver {
  const cold = () => new OfficialLayout(client)
  return { name: 'official layout', client, saver: cold(), cold, settle: async () => undefined }
}

async function fill({ name, client, saver, settle }: Saver): Promise<Filled> {
  const threadId = randomUUID()
  const configurable = { thread_id: threadId, checkpoint_ns: '' }
  const graph = createConversationGraph({ checkpointer: saver })
  const rows: object[] = []
  let head: object = {}
  let timesTheMessages = Number.NaN
  for (let turn = 1; turn <= TURNS; turn += 1) {
    await ask(graph, configurable, 'How many devices are in ams01?')
    await settle(threadId)
    if (!MEASURED_AT.includes(turn)) continue
    const tuple = await saver.getTuple({ configurable })
    head = tuple?.config ?? {}
    const content = JSON.stringify(tuple?.checkpoint.channel_values.messages).length
    const stored = await bytes(client)
    timesTheMessages = stored / content
    rows.push({
      side: name,
      turn,
      'messages KiB': Math.round(content / 1_024),
      'in Redis KiB': Math.round(stored / 1_024),
      'times the messages (P7)': round(timesTheMessages)
    })
  }
  return { head, timesTheMessages, rows }
}

/** Bytes of the whole database. */
async function bytes(client: Redis): Promise<number> {
  let sum = 0
  for (const key of await client.keys('*')) {
    sum += Number(await client.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'))
  }
  return sum
}

interface Times {
  readonly get: number
  readonly put: number
}

async function measureTimes(
  sides: readonly [Saver, Saver],
  filled: ReadonlyMap<Saver, Filled>,
  rounds: number
): Promise<readonly [Times, Times]> {
  const times = new Map(sides.map((side) => [side, { get: [] as number[], put: [] as number[] }]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const [side, { get, put }] of times) {
      const head = filled.get(side)?.head ?? {}
      const [getMs, putMs] = [
        await timed(() => side.cold().getTuple(head)),
        await putOneByOne(side.cold(), head)
      ]
      // The first round warms up.
      if (round > 0) get.push(getMs)
      if (round > 0) put.push(putMs)
    }
  }
  const timesOf = (side: Saver): Times => {
    const { get = [], put = [] } = times.get(side) ?? {}
    return { get: median(get), put: median(put) }
  }
  const found = [timesOf(sides[0]), timesOf(sides[1])] as const
  console.log(`\nCheckpoints at turn ${TURNS}, ms, median of ${rounds} × ${OPERATIONS} (P8)`)
  console.table(
    found.map(({ get, put }, place) => ({
      side: sides[place]?.name,
      get: round(get),
      put: round(put)
    }))
  )
  return found
}

/** One message more, again and again, as a step of a run writes it: by the replica that read the conversation. */
async function putOneByOne(saver: BaseCheckpointSaver, config: object): Promise<number> {
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

async function timed(work: (place: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  for (let place = 0; place < OPERATIONS; place += 1) await work(place)
  return (performance.now() - startedAt) / OPERATIONS
}
