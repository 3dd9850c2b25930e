import { packText, type ResultStore, unpackText } from './result-store.ts'

export interface MemoryResultStoreOptions {
  /** Packed bytes of one conversation. */
  readonly maxBytesPerConversation: number
  /** Packed bytes of all of them: it is this process's memory. */
  readonly maxBytes: number
}

export interface MemoryResultStore extends ResultStore {
  /** With a conversation go its results. */
  forget(conversationId: string): void
}

/** Results in this process's memory, oldest first. */
export function createMemoryResultStore(options: MemoryResultStoreOptions): MemoryResultStore {
  const { maxBytesPerConversation, maxBytes } = options
  const conversations = new Map<string, Map<string, Buffer>>()

  function makeRoom(results: Map<string, Buffer>, room: number): void {
    for (const id of results.keys()) {
      if (sizeOf(results) <= room) return
      results.delete(id)
    }
  }

  /** Whole conversations, the one that kept something longest ago first. */
  function makeRoomForAll(): void {
    for (const id of conversations.keys()) {
      const all = [...conversations.values()].reduce((sum, results) => sum + sizeOf(results), 0)
      if (all <= maxBytes) return
      conversations.delete(id)
    }
  }

  return {
    async keep({ conversationId }, resultId, text) {
      const bytes = await packText(text)
      if (bytes.length > Math.min(maxBytesPerConversation, maxBytes)) return false
      const results = conversations.get(conversationId) ?? new Map<string, Buffer>()
      conversations.delete(conversationId)
      conversations.set(conversationId, results)
      results.delete(resultId)
      makeRoom(results, maxBytesPerConversation - bytes.length)
      results.set(resultId, bytes)
      makeRoomForAll()
      return true
    },

    async read({ conversationId }, resultId) {
      const bytes = conversations.get(conversationId)?.get(resultId)
      return bytes && unpackText(bytes)
    },

    forget(conversationId) {
      conversations.delete(conversationId)
    }
  }
}

function sizeOf(results: ReadonlyMap<string, Buffer>): number {
  let bytes = 0
  for (const result of results.values()) bytes += result.length
  return bytes
}
