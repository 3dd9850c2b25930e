import type { RunnableConfig } from '@langchain/core/runnables'
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
  WRITES_IDX_MAP
} from '@langchain/langgraph-checkpoint'
import { AppError } from '../errors.ts'
import { patiently } from '../platform/patiently.ts'
import { type RedisReply, type RedisScript, unavailable } from '../platform/redis-script.ts'
import {
  type CheckpointPlace,
  configOf,
  nonEmpty,
  placeOf,
  placeToWrite
} from './checkpoint-place.ts'
import { readStoredCheckpoint, withPendingSends } from './checkpoint-reading.ts'
import { compress, MIN_COMPRESSED_ALONE_BYTES } from './compression.ts'
import { type ContentWriter, createContentStore, type StoredValue } from './content-store.ts'
import {
  type ConversationScriptsOptions,
  createConversationScripts,
  type RunConversationScript
} from './conversation-scripts.ts'
import { BEFORE_FIRST_QUESTION, type TreeNode } from './conversation-tree.ts'
import { DELETE, FIELDS, GET, PRUNE, PUT, PUT_WRITES, TREE } from './redis-checkpoint-scripts.ts'
import { indexKey, TOMBSTONE_SECONDS, userKey } from './redis-keys.ts'
import { encodeValue } from './value-codec.ts'

/** One with what is new, one with what was asked for, one more where a content went in between. */
const MAX_TRIES = 3
const SECONDS_PER_DAY = 86_400
const CONVERSATIONS_PER_PAGE = 100

export interface RedisCheckpointerOptions extends ConversationScriptsOptions {
  /** A conversation that nobody uses is forgotten after this. */
  readonly ttlDays: number
  /** For how long what is written and read under a claim waits for a Redis that is gone: no longer than its lease. */
  readonly patienceMs?: number
}

export interface Pruned {
  readonly checkpoints: number
  readonly contents: number
}

type ScriptArgs = (string | number | Buffer)[]

/**
 * LangGraph's checkpoints in a plain Redis. Each message is stored once per conversation, a checkpoint as what it
 * adds to its parent, and every change is one script: whole or not at all, and only under the claim whose fence
 * `configurable.fence` carries. Throws what RunConversationScript throws.
 */
export class RedisCheckpointer extends BaseCheckpointSaver {
  readonly #run: RunConversationScript
  readonly #options: RedisCheckpointerOptions
  readonly #ttlSeconds: number
  readonly #contents = createContentStore()

  constructor(options: RedisCheckpointerOptions) {
    super()
    this.#options = options
    this.#run = createConversationScripts(options)
    this.#ttlSeconds = Math.round(options.ttlDays * SECONDS_PER_DAY)
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const place = placeOf(config)
    if (!place) return undefined
    const tuple = await this.#read(place)
    if (!tuple?.parentConfig || tuple.checkpoint.v >= 4) return tuple
    return withPendingSends(tuple, await this.getTuple(tuple.parentConfig))
  }

  override async *list(
    config: RunnableConfig,
    { before, limit = Number.POSITIVE_INFINITY, filter = {} }: CheckpointListOptions = {}
  ): AsyncGenerator<CheckpointTuple> {
    let left = limit
    const end = before?.configurable?.checkpoint_id
    for await (const [thread_id, checkpoint_ns, checkpoint_id = ''] of this.#candidates(config)) {
      if (left <= 0) return
      if (end !== undefined && checkpoint_id >= end) continue
      const tuple = await this.getTuple({
        configurable: { thread_id, checkpoint_ns, checkpoint_id }
      })
      if (!tuple || !matches(tuple.metadata, filter)) continue
      left -= 1
      yield tuple
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions
  ): Promise<RunnableConfig> {
    const place = placeToWrite(config)
    const { id, channel_values: values, ...rest } = checkpoint
    nonEmpty('checkpoint id', id)
    const bytes = compress(encodeValue([rest, metadata]), MIN_COMPRESSED_ALONE_BYTES)
    const present = Object.keys(values).filter((channel) => values[channel] !== undefined)
    const changed = present.filter((channel) => channel in newVersions)
    // All of them only where the parent, which has the others, is gone.
    for (const channels of [changed, present]) {
      const writer = this.#contents.writer(place.threadId)
      const stored = channels.map((channel) => [channel, writer.value(values[channel])])
      const carried = present.filter((channel) => !channels.includes(channel))
      const outcome = await this.#store(PUT, writer, place, [
        place.namespace,
        id,
        place.checkpointId === BEFORE_FIRST_QUESTION ? '' : place.checkpointId,
        bytes,
        JSON.stringify(Object.fromEntries(stored)),
        JSON.stringify(carried),
        place.turn
      ])
      if (outcome === 'OK') break
    }
    return configOf(place, id)
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = ''
  ): Promise<void> {
    const place = placeToWrite(config)
    const { threadId, namespace, checkpointId } = place
    const prefix = [
      namespace,
      nonEmpty('checkpoint_id', checkpointId),
      nonEmpty('task id', taskId),
      ''
    ]
    const writer = this.#contents.writer(threadId)
    const stored = writes.flatMap(([channel, value], place) => [
      String(WRITES_IDX_MAP[channel] ?? place),
      JSON.stringify({ c: channel, p: taskPath, ...inWrite(writer.value(value)) })
    ])
    await this.#store(PUT_WRITES, writer, place, [
      prefix.join('\n'),
      writes.length,
      writer.hashes(),
      ...stored
    ])
  }

  /** Deletes a conversation for good: what a run still writes to it is refused for a day. */
  override async deleteThread(threadId: string): Promise<void> {
    const users = userKey(this.#options.deployment, '')
    const args = [threadId, TOMBSTONE_SECONDS, users, 'always']
    await this.#run(DELETE, nonEmpty('thread_id', threadId), args)
  }

  async tree(threadId: string): Promise<readonly TreeNode[]> {
    const { parts } = await this.#run(TREE, nonEmpty('thread_id', threadId), [''])
    return treeOf(parts[0])
  }

  /**
   * Ends a turn: of the checkpoints since the last time only the newest of each turn stays, and messages that
   * nothing refers to any more go. `fence` as in `configurable.fence`.
   */
  async prune(threadId: string, fence?: number | string): Promise<Pruned> {
    const args = [String(fence ?? ''), this.#ttlSeconds, threadId]
    const { parts } = await this.#run(PRUNE, nonEmpty('thread_id', threadId), args)
    return { checkpoints: Number(parts[0]), contents: Number(parts[1]) }
  }

  /** Sends what Redis is not known to have; what it lacks after all it names, and gets. */
  async #store(
    script: RedisScript,
    writer: ContentWriter,
    place: CheckpointPlace,
    args: ScriptArgs
  ): Promise<string> {
    const asked = new Set<string>()
    const claim = [place.fence, this.#ttlSeconds, place.threadId]
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const all = [...claim, ...args, ...writer.contents(asked)]
      const { outcome, parts } = await this.#patiently(place, () =>
        this.#run(script, place.threadId, all)
      )
      if (outcome === 'OK') writer.stored()
      if (outcome !== 'MISSING') return outcome
      for (const hash of (parts[0] ?? []) as RedisReply[]) asked.add(String(hash))
    }
    throw new Error('Redis keeps asking for contents that were sent')
  }

  /** Every one of the scripts counts once when it is run twice. Whoever only looks is told at once. */
  #patiently<T>({ fence }: CheckpointPlace, work: () => Promise<T>): Promise<T> {
    const { client, patienceMs = 0 } = this.#options
    return patiently(work, fence === '' ? 0 : patienceMs, () => client.status === 'end')
  }

  /** Every checkpoint that a config may mean, the newest of each conversation first. */
  async *#candidates({ configurable = {} }: RunnableConfig): AsyncGenerator<string[]> {
    const { thread_id, checkpoint_ns, checkpoint_id } = configurable
    const conversations = thread_id === undefined ? this.#conversations() : [thread_id]
    for await (const threadId of conversations) {
      const fields = await this.#fields(nonEmpty('thread_id', threadId))
      const found = fields
        .map((field) => field.split('\n'))
        .filter(
          ([kind, ns]) => kind === 'r' && (checkpoint_ns === undefined || ns === checkpoint_ns)
        )
        .filter(([, , id]) => !checkpoint_id || id === checkpoint_id)
        .sort(([, , one = ''], [, , other = '']) => (one < other ? 1 : -1))
      for (const [, namespace = '', id = ''] of found) yield [threadId, namespace, id]
    }
  }

  async #fields(threadId: string): Promise<string[]> {
    try {
      const { parts } = await this.#run(FIELDS, threadId, [])
      return (parts[0] as Buffer[]).map(String)
    } catch (error) {
      if (isNotFound(error)) return []
      throw error
    }
  }

  async *#conversations(): AsyncGenerator<string> {
    const { client, deployment } = this.#options
    for (let from = 0; ; from += CONVERSATIONS_PER_PAGE) {
      const to = from + CONVERSATIONS_PER_PAGE - 1
      const page = await client
        .zrange(indexKey(deployment), from, String(to))
        .catch((error: unknown) => {
          throw unavailable(error)
        })
      yield* page
      if (page.length < CONVERSATIONS_PER_PAGE) return
    }
  }

  async #read(place: CheckpointPlace): Promise<CheckpointTuple | undefined> {
    const { threadId, namespace, checkpointId } = place
    try {
      const { outcome, parts } = await this.#patiently(place, () =>
        this.#run(GET, threadId, [namespace, checkpointId])
      )
      return outcome === 'OK' ? await readStoredCheckpoint(place, parts, this.#contents) : undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
}

/** In a write a list is whole: it has no parent to lean on. */
function inWrite(value: StoredValue): object {
  return 'l' in value ? { a: value.l } : value
}

/** Claims one after the other, and what one claim wrote by its replica's clock. */
function treeOf(reply: RedisReply | undefined): TreeNode[] {
  return (reply as RedisReply[][])
    .map(([id, parentId, turn, fence]) => ({
      node: {
        id: String(id),
        parentId: String(parentId) || undefined,
        turn: String(turn) || undefined
      },
      fence: Number(fence)
    }))
    .sort((one, other) => one.fence - other.fence || (one.node.id < other.node.id ? -1 : 1))
    .map(({ node }) => node)
}

function matches(
  metadata: CheckpointMetadata | undefined,
  filter: Record<string, unknown>
): boolean {
  const known = (metadata ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(filter).every(([key, value]) => known[key] === value)
}

function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CONVERSATION_NOT_FOUND'
}
