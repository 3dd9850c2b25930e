import type { MemoryRunStore } from './memory-run-store.ts'
import type { SharedRuns } from './shared-runs.ts'

type Store = Pick<MemoryRunStore, 'lapsed' | 'takeOver' | 'requestCancel'>

/** The runs of a process that is alone: only those that wait for a person are ever nobody's. */
export function createLoneRuns(store: Store): SharedRuns {
  return {
    hasPeers: false,
    lapsed: async (max) => store.lapsed(max),
    takeOver: async (conversationId) => store.takeOver(conversationId),
    handOver: async () => undefined,
    requestCancel: async (runId) => store.requestCancel(runId),
    // Whoever asks for it tells the run at once.
    cancelled: async () => [],
    onCancel: () => () => undefined,
    isClosed: () => false
  }
}
