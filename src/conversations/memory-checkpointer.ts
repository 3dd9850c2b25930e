import { MemorySaver } from '@langchain/langgraph-checkpoint'
import { AppError } from '../errors.ts'
import { BEFORE_FIRST_QUESTION, type TreeNode } from './conversation-tree.ts'
import { createSharingSerializer } from './sharing-serializer.ts'

/** Ids of deleted conversations that are remembered: more than there can be runs. */
const MAX_DELETED = 10_000

type Put = Parameters<MemorySaver['put']>

/**
 * LangGraph's checkpoints in this process's memory: LAB's backend. Bounded by its users: the registry
 * deletes the threads it forgets and limits their turns, a run prunes the steps it no longer needs.
 */
export class MemoryCheckpointer extends MemorySaver {
  /** A run that ends later than its conversation would bring it back to life. */
  readonly #deleted = new Set<string>()

  constructor() {
    super(createSharingSerializer())
  }

  /** Throws CONVERSATION_NOT_FOUND for a deleted conversation, like `putWrites`. */
  override async put(...[config, checkpoint, metadata]: Put): ReturnType<MemorySaver['put']> {
    this.#refuseDeleted(config)
    const { turn, checkpoint_id, ...rest } = config.configurable ?? {}
    const parent = checkpoint_id !== BEFORE_FIRST_QUESTION && { checkpoint_id }
    const place = { ...config, configurable: { ...rest, ...parent } }
    return super.put(place, checkpoint, { ...metadata, ...(turn !== undefined && { turn }) })
  }

  override async putWrites(...parameters: Parameters<MemorySaver['putWrites']>): Promise<void> {
    this.#refuseDeleted(parameters[0])
    return super.putWrites(...parameters)
  }

  override async deleteThread(threadId: string): Promise<void> {
    this.#deleted.add(threadId)
    const [oldest] = this.#deleted
    if (this.#deleted.size > MAX_DELETED && oldest !== undefined) this.#deleted.delete(oldest)
    return super.deleteThread(threadId)
  }

  async tree(threadId: string): Promise<readonly TreeNode[]> {
    return this.#nodes(threadId, '')
  }

  /** Keeps the newest checkpoint of each namespace and of each turn; others were needed only while a run went on. */
  async prune(threadId: string): Promise<void> {
    for (const namespace of Object.keys(this.storage[threadId] ?? {})) {
      const nodes = await this.#nodes(threadId, namespace)
      const staying = new Set(endsOf(nodes))
      for (const { id } of nodes.filter((node) => !staying.has(node))) {
        this.#takeOut(threadId, namespace, id)
      }
    }
  }

  /** Checkpoint ids are time-ordered UUIDs (v6), so their order is that of writing. */
  async #nodes(threadId: string, namespace: string): Promise<TreeNode[]> {
    const checkpoints = Object.entries(this.storage[threadId]?.[namespace] ?? {})
    const sorted = checkpoints.sort(([one], [other]) => (one < other ? -1 : 1))
    return Promise.all(
      sorted.map(async ([id, [, bytes, parentId]]) => {
        const { turn } = await this.serde.loadsTyped('json', bytes)
        return { id, parentId, turn }
      })
    )
  }

  /** Whatever continued it continues its parent from now on. */
  #takeOut(threadId: string, namespace: string, id: string): void {
    const checkpoints = this.storage[threadId]?.[namespace]
    const parentId = checkpoints?.[id]?.[2]
    for (const checkpoint of Object.values(checkpoints ?? {})) {
      if (checkpoint[2] === id) checkpoint[2] = parentId
    }
    delete checkpoints?.[id]
    delete this.writes[JSON.stringify([threadId, namespace, id])]
  }

  #refuseDeleted({ configurable }: Put[0]): void {
    if (!this.#deleted.has(configurable?.thread_id)) return
    throw new AppError('CONVERSATION_NOT_FOUND', 'The conversation was deleted.')
  }
}

function endsOf(nodes: readonly TreeNode[]): TreeNode[] {
  const key = (id: string | undefined, turn: string | undefined) => `${id}\n${turn}`
  const continued = new Set(nodes.map(({ parentId, turn }) => key(parentId, turn)))
  const head = nodes.at(-1)
  return nodes.filter(
    (node) => node === head || (node.turn !== undefined && !continued.has(key(node.id, node.turn)))
  )
}
