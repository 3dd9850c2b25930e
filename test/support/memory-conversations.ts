import { createMemoryConversationRegistry } from '../../src/conversations/conversation-registry.ts'
import { createConversations } from '../../src/conversations/conversations.ts'
import { MemoryCheckpointer } from '../../src/conversations/memory-checkpointer.ts'

/** The conversations of a process, and the runs that were stopped for them. */
export function createMemoryConversations() {
  const stopped: string[] = []
  const checkpointer = new MemoryCheckpointer()
  const registry = createMemoryConversationRegistry({
    maxConversations: 100,
    maxConversationsPerUser: 100,
    maxTurns: 20,
    onForgotten: (id) => checkpointer.deleteThread(id)
  })
  const conversations = createConversations({
    registry,
    checkpointer,
    stopRun: async (runId) => void stopped.push(runId)
  })
  return { conversations, registry, checkpointer, stopped }
}
