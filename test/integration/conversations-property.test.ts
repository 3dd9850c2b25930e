import { randomUUID } from 'node:crypto'
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages'
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { afterAll, expect, it } from 'vitest'
import { RedisCheckpointer } from '../../src/conversations/redis-checkpointer.ts'
import { conversationKeys } from '../../src/conversations/redis-keys.ts'
import { AppError } from '../../src/errors.ts'
import { connectRedis } from '../support/redis-connection.ts'

const HASH_CHARACTERS = 22
const META = { source: 'loop', step: 0, parents: {} } as const

const redis = await connectRedis()
const replicas = [redis.client, await redis.connect(), await redis.connect()] as const
afterAll(() => redis.stop())

/** What one replica does next. `from` picks one of the checkpoints there are. */
type Step =
  | { kind: 'put'; replica: number; ns: number; from: number; drop: number; add: number }
  | { kind: 'write'; replica: number; ns: number; from: number; add: number }
  | { kind: 'prune'; replica: number }

const replica = fc.nat(1)
const ns = fc.nat(1)
const from = fc.nat(30)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      replica,
      ns,
      from,
      drop: fc.nat(2),
      add: fc.nat(3)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('write' as const), replica, ns, from, add: fc.nat(3) })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const), replica }) }
)

interface Attempted {
  readonly ns: string
  readonly id: string
  readonly texts: readonly string[]
}

/** One of the checkpoints of a namespace, if there is any. */
function pick(attempted: ReadonlyMap<string, Attempted>, ns: string, from: number) {
  const there = [...attempted.values()].filter((one) => one.ns === ns)
  return there[from % (there.length || 1)]
}

const namespace = (place: number) => (place === 0 ? '' : 'child')

/** One conversation, two replicas that write to it, and what each checkpoint was meant to hold. */
function createWorld(clients: readonly Redis[]) {
  const deployment = randomUUID()
  const threadId = randomUUID()
  return {
    deployment,
    threadId,
    savers: clients.map((client) => new RedisCheckpointer({ client, deployment, ttlDays: 1 })),
    reader: new RedisCheckpointer({ client: replicas[2], deployment, ttlDays: 1 }),
    attempted: new Map<string, Attempted>(),
    written: new Map<string, string>(),
    /** What may be the newest of a namespace: the last that was acknowledged, and what came after it. */
    heads: new Map<string, (string | undefined)[]>(),
    count: 0,
    at: (checkpoint_ns: string, checkpoint_id?: string) => ({
      configurable: {
        thread_id: threadId,
        checkpoint_ns,
        ...(checkpoint_id && { checkpoint_id })
      }
    })
  }
}

type World = ReturnType<typeof createWorld>

function message(world: World): BaseMessage {
  world.count += 1
  const text = `text ${world.count}`
  return world.count % 2 ? new HumanMessage(text) : new AIMessage(text)
}

async function put(world: World, saver: RedisCheckpointer, step: Step & { kind: 'put' }) {
  const { attempted, heads, at } = world
  const ns = namespace(step.ns)
  const parent = pick(attempted, ns, step.from)
  const tuple = parent && (await saver.getTuple(at(ns, parent.id)))
  const before = (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
  const messages = [
    ...before.slice(0, before.length - step.drop),
    ...Array.from({ length: step.add }, () => message(world))
  ]
  const id = uuid6(0)
  attempted.set(id, { ns, id, texts: messages.map(({ text }) => text) })
  heads.set(ns, [...(heads.get(ns) ?? [undefined]), id])
  const versions = { messages: world.count + 1, size: world.count + 1 }
  const values = { messages, size: messages.length }
  const checkpoint = {
    ...emptyCheckpoint(),
    id,
    channel_values: values,
    channel_versions: versions
  }
  await saver.put(at(ns, tuple ? parent?.id : undefined), checkpoint, META, versions)
  heads.set(ns, [id])
}

async function write(world: World, saver: RedisCheckpointer, step: Step & { kind: 'write' }) {
  const target = pick(world.attempted, namespace(step.ns), step.from)
  if (!target) return
  const taskId = randomUUID()
  const messages = Array.from({ length: step.add }, () => message(world))
  world.written.set(taskId, JSON.stringify(messages.map(({ text }) => text)))
  await saver.putWrites(world.at(target.ns, target.id), [['messages', messages]], taskId)
}

async function take(world: World, step: Step): Promise<void> {
  const saver = world.savers[step.replica] as RedisCheckpointer
  if (step.kind === 'put') return put(world, saver, step)
  if (step.kind === 'write') return write(world, saver, step)
  await saver.prune(world.threadId)
}

/** Everything that is there is whole, is what was meant, and will expire. */
async function checkWhole({ reader, attempted, written, threadId, deployment }: World) {
  for await (const { checkpoint, pendingWrites } of reader.list({
    configurable: { thread_id: threadId }
  })) {
    const { messages = [], size } = checkpoint.channel_values as {
      messages?: BaseMessage[]
      size: number
    }
    expect(messages.map(({ text }) => text)).toEqual(attempted.get(checkpoint.id)?.texts)
    expect(size).toBe(messages.length)
    for (const [taskId, , value] of pendingWrites ?? []) {
      const texts = (value as BaseMessage[]).map(({ text }) => text)
      expect(JSON.stringify(texts)).toBe(written.get(taskId))
    }
  }
  const keys = await redis.client.keys(`ai-ops:${deployment}:*`)
  const left = await Promise.all(keys.map((key) => redis.client.ttl(key)))
  expect(keys.length).toBeLessThanOrEqual(5)
  expect(left.every((seconds) => seconds > 0)).toBe(true)
}

/** Nothing that was acknowledged is lost; holds while one step follows the other. */
async function checkHeads({ reader, heads, at }: World) {
  for (const [ns, possible] of heads) {
    const head = await reader.getTuple(at(ns))
    expect(possible).toContain(head?.checkpoint.id)
  }
}

/** The contents that are there, and those that anything refers to. */
async function contentsOf({ threadId, deployment }: World) {
  const [, checkpoints, contents, writes] = conversationKeys(deployment, threadId)
  const referred = new Set<string>()
  const refer = (value: { a?: string; h?: string; r?: string }) => {
    const hashes = `${value.a ?? ''}${value.h ?? ''}${value.r ?? ''}`
    for (let place = 0; place < hashes.length; place += HASH_CHARACTERS) {
      referred.add(hashes.slice(place, place + HASH_CHARACTERS))
    }
  }
  for (const [field, value] of Object.entries(await redis.client.hgetall(checkpoints))) {
    if (!field.startsWith('r\n')) continue
    for (const one of Object.values(JSON.parse(value).v)) refer(one as { a?: string })
  }
  for (const value of await redis.client.hvals(writes)) refer(JSON.parse(value))
  return { referred: [...referred].sort(), there: (await redis.client.hkeys(contents)).sort() }
}

it('keeps every checkpoint whole while two replicas write and prune at once', async () => {
  const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 15 })
  await fc.assert(
    fc.asyncProperty(rounds, async (steps) => {
      const world = createWorld(replicas)
      for (const together of steps) await Promise.all(together.map((one) => take(world, one)))
      await checkWhole(world)
      const { reader, threadId } = world
      await reader.prune(threadId)
      await checkWhole(world)
      const { referred, there } = await contentsOf(world)
      expect(there).toEqual(referred)
    }),
    { numRuns: 60 }
  )
})

const KILLED = new Error('Connection is closed.')

/** A replica that is killed around its nth command: before Redis got it, or before its answer was read. */
function killedAt(client: Redis, commands: number, isSent: boolean): Redis {
  let left = commands
  const callBuffer = async (...command: Parameters<Redis['callBuffer']>) => {
    left -= 1
    if (left >= 0) return client.callBuffer(...command)
    if (left === -1 && isSent) await client.callBuffer(...command)
    throw KILLED
  }
  return new Proxy(client, {
    get: (target, name) => (name === 'callBuffer' ? callBuffer : Reflect.get(target, name, target))
  })
}

function unlessKilled(error: unknown): void {
  if (!(error instanceof AppError && error.cause === KILLED)) throw error
}

it('keeps every checkpoint whole when a replica is killed between any two commands', async () => {
  const before = fc.array(step, { minLength: 1, maxLength: 12 })
  const after = fc.array(step, { maxLength: 6 })
  const kill = fc.record({ commands: fc.nat(20), isSent: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(before, after, kill, async (first, second, { commands, isSent }) => {
      const world = createWorld([killedAt(replicas[0], commands, isSent), replicas[1]])
      for (const one of first) await take(world, { ...one, replica: 0 }).catch(unlessKilled)
      await checkWhole(world)
      await checkHeads(world)
      for (const one of second) await take(world, { ...one, replica: 1 })
      await checkWhole(world)
      await checkHeads(world)
      await world.reader.prune(world.threadId)
      await checkWhole(world)
      const { referred, there } = await contentsOf(world)
      expect(there).toEqual(referred)
    }),
    { numRuns: 60 }
  )
})
