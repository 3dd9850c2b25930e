import { randomUUID } from 'node:crypto'
import type { BaseMessage } from '@langchain/core/messages'
import type { ConversationRegistry } from '../../src/conversations/conversation-registry.ts'
import {
  type BranchWish,
  branchPoint,
  type ConversationCheckpointer
} from '../../src/conversations/conversation-tree.ts'
import { createConversations } from '../../src/conversations/conversations.ts'
import { questionMessage } from '../../src/conversations/messages.ts'
import { createConversationGraph } from './conversation-graph.ts'

export interface BranchBackend {
  readonly registry: ConversationRegistry
  readonly checkpointer: ConversationCheckpointer & {
    prune(conversationId: string, fence?: string): Promise<unknown>
  }
}

interface AskOptions {
  /** All there is of an answer that was cut. */
  readonly instead?: BaseMessage[]
  /** False: the replica died before it could. */
  readonly isSettled?: boolean
}

/** One conversation of Jane's, asked as a run asks: claimed, from its branch point on, settled, released. */
export function startBranches(backend: BranchBackend) {
  const { registry, checkpointer } = backend
  const graph = createConversationGraph({ checkpointer })
  const conversations = createConversations({ registry, checkpointer, stopRun: async () => {} })
  let opened: string | undefined
  const conversationId = () => opened ?? ''
  const at = (checkpoint_id?: string) => ({
    configurable: { thread_id: conversationId(), ...(checkpoint_id && { checkpoint_id }) }
  })

  async function ask(
    question: string,
    wish: Partial<BranchWish> = {},
    { instead, isSettled = true }: AskOptions = {}
  ) {
    const runId = randomUUID()
    opened = await registry.claim('jane', opened, runId, question)
    const fence = registry.fenceOf(opened, runId)
    const whole = { replaces: undefined, after: undefined, ...wish }
    const from = await branchPoint(checkpointer, opened, whole)
    const beginsBranch = from !== undefined
    const context = { date: '2026-11-26', username: 'jane', page: undefined, beginsBranch }
    const input = { messages: [questionMessage(runId, question, context)] }
    const { configurable } = at(from)
    const config = { configurable: { ...configurable, turn: runId, ...(fence && { fence }) } }
    if (instead) {
      await graph.updateState(config, input, '__start__')
      await write(instead, runId, fence)
    } else {
      await graph.invoke(input, { ...config, durability: 'sync' })
    }
    if (isSettled) await checkpointer.prune(opened, fence)
    await registry.release(opened, runId)
    return runId
  }

  async function write(messages: BaseMessage[], turn: string, fence?: string): Promise<void> {
    const { configurable } = at()
    const config = { configurable: { ...configurable, turn, ...(fence && { fence }) } }
    await graph.updateState(config, { messages }, 'model')
  }

  return {
    backend,
    conversations,
    conversationId,
    ask,
    write,
    nodes: () => checkpointer.tree(conversationId()),
    async read(question?: string) {
      return (await conversations.read('jane', conversationId(), question)).messages
    },
    async historyOf() {
      const tuple = await checkpointer.getTuple(at())
      return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
    }
  }
}
