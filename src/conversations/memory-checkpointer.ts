import { MemorySaver } from '@langchain/langgraph-checkpoint'

/**
 * LangGraph's checkpoints in this process's memory: LAB's backend. Bounded by its users: the registry
 * deletes the threads it forgets, a run prunes the steps it no longer needs.
 */
export class MemoryCheckpointer extends MemorySaver {
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
}
