import { MemorySaver } from '@langchain/langgraph-checkpoint'
import { AppError } from '../errors.ts'

/** Ids of deleted conversations that are remembered: more than there can be runs. */
const MAX_DELETED = 10_000

/**
 * LangGraph's checkpoints in this process's memory: LAB's backend. Bounded by its users: the registry
 * deletes the threads it forgets, a run prunes the steps it no longer needs.
 */
export class MemoryCheckpointer extends MemorySaver {
  /** A run that ends later than its conversation would bring it back to life. */
  readonly #deleted = new Set<string>()

  /** Throws CONVERSATION_NOT_FOUND for a deleted conversation, like `putWrites`. */
  override async put(
    ...parameters: Parameters<MemorySaver['put']>
  ): ReturnType<MemorySaver['put']> {
    this.#refuseDeleted(parameters[0])
    return super.put(...parameters)
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

  /** Keeps the newest checkpoint of each namespace; earlier ones were needed only while the run went on. */
  prune(threadId: string): void {
    for (const [namespace, checkpoints] of Object.entries(this.storage[threadId] ?? {})) {
      // Checkpoint ids are time-ordered UUIDs (v6), so the greatest is the newest.
      const ids = Object.keys(checkpoints).sort()
      for (const id of ids.slice(0, -1)) {
        delete checkpoints[id]
        delete this.writes[JSON.stringify([threadId, namespace, id])]
      }
    }
  }

  #refuseDeleted({ configurable }: Parameters<MemorySaver['put']>[0]): void {
    if (!this.#deleted.has(configurable?.thread_id)) return
    throw new AppError('CONVERSATION_NOT_FOUND', 'The conversation was deleted.')
  }
}
