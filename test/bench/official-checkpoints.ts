import type { RunnableConfig } from '@langchain/core/runnables'
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
  WRITES_IDX_MAP
} from '@langchain/langgraph-checkpoint'
import type { Redis } from 'ioredis'

/**
 * The layout of the published Redis saver (`@langchain/langgraph-checkpoint-redis`), without the modules it
 * needs: a JSON document for each checkpoint with all channel values in it, one for each pending write, and a
 * sorted set of ids where it would search. Strings stand in for JSON documents.
 */
export class OfficialLayout extends BaseCheckpointSaver {
  readonly #client: Redis

  constructor(client: Redis) {
    super()
    this.#client = client
  }

  override async getTuple({ configurable = {} }: RunnableConfig) {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    const thread = `${thread_id}:${checkpoint_ns}`
    const id = checkpoint_id ?? (await this.#client.zrange(`index:${thread}`, -1, '-1'))[0]
    const text = id && (await this.#client.get(`checkpoint:${thread}:${id}`))
    if (!text) return undefined
    const { checkpoint, metadata, parentId } = await this.serde.loadsTyped('json', text)
    const names = await this.#client.zrange(`write-index:${thread}:${id}`, 0, '-1')
    const writes = names.length > 0 ? await this.#client.mget(names) : []
    const pendingWrites = await Promise.all(
      writes.map((write) => this.serde.loadsTyped('json', write ?? 'null'))
    )
    const configOf = (checkpoint_id: string) => ({
      configurable: { thread_id, checkpoint_ns, checkpoint_id }
    })
    const tuple: CheckpointTuple = { config: configOf(id), checkpoint, metadata, pendingWrites }
    return parentId ? { ...tuple, parentConfig: configOf(parentId) } : tuple
  }

  override async put(
    { configurable = {} }: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    _newVersions: ChannelVersions
  ): Promise<RunnableConfig> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: parentId } = configurable
    const thread = `${thread_id}:${checkpoint_ns}`
    const [, bytes] = await this.serde.dumpsTyped({ checkpoint, metadata, parentId })
    await this.#client.set(`checkpoint:${thread}:${checkpoint.id}`, Buffer.from(bytes))
    await this.#client.zadd(`index:${thread}`, 0, checkpoint.id)
    return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } }
  }

  override async putWrites(
    { configurable = {} }: RunnableConfig,
    writes: PendingWrite[],
    taskId: string
  ): Promise<void> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    const at = `${thread_id}:${checkpoint_ns}:${checkpoint_id}`
    for (const [place, [channel, value]] of writes.entries()) {
      const name = `write:${at}:${taskId}:${WRITES_IDX_MAP[channel] ?? place}`
      const [, bytes] = await this.serde.dumpsTyped([taskId, channel, value])
      await this.#client.set(name, Buffer.from(bytes))
      await this.#client.zadd(`write-index:${at}`, 0, name)
    }
  }

  // biome-ignore lint/correctness/useYield: the bench does not list
  override async *list(): AsyncGenerator<CheckpointTuple> {
    throw new Error('not measured')
  }

  override async deleteThread(): Promise<void> {
    throw new Error('not measured')
  }
}
