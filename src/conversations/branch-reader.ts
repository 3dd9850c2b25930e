import { type BaseMessage, isHumanMessage } from '@langchain/core/messages'
import { type ReadMessage, toReadMessages } from './conversation-reader.ts'
import {
  buildTree,
  type ConversationCheckpointer,
  type ConversationTree
} from './conversation-tree.ts'

/** A run that ends in between may take the checkpoint away that was about to be read. */
const MAX_TRIES = 3

/**
 * The messages of one branch: of the one that goes through the question `at` and was asked last, or without it of
 * the one that was asked last of all. One read where there is one branch, two where there are more, and none of them
 * grows with the number of branches. None before the first checkpoint. Throws MESSAGE_NOT_FOUND.
 */
export async function readBranch(
  checkpointer: ConversationCheckpointer,
  conversationId: string,
  at: string | undefined
): Promise<ReadMessage[]> {
  if (at !== undefined) return readThrough(checkpointer, conversationId, at)
  const messages = (await messagesAt(checkpointer, conversationId)) ?? []
  const read = toReadMessages(messages)
  // The newest branch has such a question since the first time that there were two.
  if (!messages.some(beginsBranch)) return read
  return withVersions(read, buildTree(await checkpointer.tree(conversationId)))
}

async function readThrough(
  checkpointer: ConversationCheckpointer,
  conversationId: string,
  at: string
): Promise<ReadMessage[]> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const tree = buildTree(await checkpointer.tree(conversationId))
    const messages = await messagesAt(checkpointer, conversationId, tree.newestEndThrough(at))
    if (messages) return withVersions(toReadMessages(messages), tree)
  }
  throw new Error('The checkpoints of the conversation keep going away')
}

async function messagesAt(
  checkpointer: ConversationCheckpointer,
  conversationId: string,
  checkpointId?: string
): Promise<readonly BaseMessage[] | undefined> {
  const tuple = await checkpointer.getTuple({
    configurable: {
      thread_id: conversationId,
      ...(checkpointId && { checkpoint_id: checkpointId })
    }
  })
  const messages = tuple?.checkpoint.channel_values.messages
  if (!tuple) return undefined
  return Array.isArray(messages) ? messages : []
}

function beginsBranch(message: BaseMessage): boolean {
  return isHumanMessage(message) && message.additional_kwargs.branch === true
}

function withVersions(messages: readonly ReadMessage[], tree: ConversationTree): ReadMessage[] {
  return messages.map((message) => {
    const versions = message.role === 'user' ? tree.versionsOf(message.id) : []
    return versions.length > 1 ? { ...message, versions } : message
  })
}
