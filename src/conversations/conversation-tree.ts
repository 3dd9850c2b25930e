import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import { AppError } from '../errors.ts'

/** Where a branch begins that replaces the first question: nothing was said before. No checkpoint has this id. */
export const BEFORE_FIRST_QUESTION = 'before-first-question'

/** A checkpoint without what is in it. */
export interface TreeNode {
  readonly id: string
  readonly parentId: string | undefined
  /** Id of the question that was being answered: `configurable.turn` of the write. */
  readonly turn: string | undefined
}

/** A checkpointer that can tell its shape at a small price: one read, whatever the number of turns. */
export type ConversationCheckpointer = BaseCheckpointSaver & {
  /** Every checkpoint of a conversation, in the order in which they were written. */
  tree(conversationId: string): Promise<readonly TreeNode[]>
}

/** Where a question leaves the course of its conversation; both undefined: it does not. At most one is given. */
export interface BranchWish {
  /** The earlier question in whose place it is asked. */
  readonly replaces: string | undefined
  /** The earlier question behind whose answer it is asked. */
  readonly after: string | undefined
}

/** A conversation by its questions: each has one before it, and any number of them may share that one. */
export interface ConversationTree {
  /** All questions that were asked in the same place, in order of asking; none for a question it does not know. */
  versionsOf(questionId: string): readonly string[]
  /** The checkpoint before a question. Throws MESSAGE_NOT_FOUND, like those below. */
  startOf(questionId: string): string
  /** The checkpoint with its answer. */
  endOf(questionId: string): string
  /** The end of the branch through a question that was asked last. */
  newestEndThrough(questionId: string): string
}

interface Turn {
  /** The checkpoint that its first one continues. */
  readonly start: string
  readonly before: string | undefined
  end: string
}

/** Throws MESSAGE_NOT_FOUND. Answers undefined for a question that simply goes on. */
export async function branchPoint(
  checkpointer: Pick<ConversationCheckpointer, 'tree'>,
  conversationId: string,
  { replaces, after }: BranchWish
): Promise<string | undefined> {
  if (replaces === undefined && after === undefined) return undefined
  const tree = buildTree(await checkpointer.tree(conversationId))
  return replaces === undefined ? tree.endOf(after ?? '') : tree.startOf(replaces)
}

export function buildTree(nodes: readonly TreeNode[]): ConversationTree {
  const turns = turnsOf(nodes)
  const versions = Map.groupBy(turns.keys(), (id) => turns.get(id)?.start)

  function turnOf(questionId: string): Turn {
    const turn = turns.get(questionId)
    if (turn) return turn
    throw new AppError('MESSAGE_NOT_FOUND', 'There is no such question in this conversation.')
  }

  return {
    versionsOf: (questionId) => versions.get(turns.get(questionId)?.start) ?? [],
    startOf: (questionId) => turnOf(questionId).start,
    endOf: (questionId) => turnOf(questionId).end,
    newestEndThrough(questionId) {
      let { end } = turnOf(questionId)
      const behind = new Set([questionId])
      for (const [id, turn] of turns) {
        if (turn.before === undefined || !behind.has(turn.before)) continue
        behind.add(id)
        end = turn.end
      }
      return end
    }
  }
}

/** In order of asking: a question comes after the one it follows. */
function turnsOf(nodes: readonly TreeNode[]): ReadonlyMap<string, Turn> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const turns = new Map<string, Turn>()
  for (const { id, parentId, turn } of nodes) {
    if (turn === undefined) continue
    const known = turns.get(turn)
    if (known) {
      // A run under way has one for every step; at its end only the last one stays.
      known.end = id
      continue
    }
    const parent = parentId === undefined ? undefined : byId.get(parentId)
    turns.set(turn, { start: parent?.id ?? BEFORE_FIRST_QUESTION, before: parent?.turn, end: id })
  }
  return turns
}
