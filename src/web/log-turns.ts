import type { Answer, Branch, Question } from './message.ts'
import type { MessageStore } from './message-store.ts'

/** A question of the log and its answer. */
export interface LogTurn {
  readonly question: Question
  readonly answer: Answer
}

export function turnsOf({ order, get }: Pick<MessageStore, 'order' | 'get'>): LogTurn[] {
  return order.get().flatMap((id) => {
    const answer = get(id)
    const question = answer?.kind === 'answer' ? get(answer.questionId) : undefined
    return answer?.kind === 'answer' && question?.kind === 'question' ? [{ question, answer }] : []
  })
}

/** What failed before a sign of an answer may not be part of the conversation. */
function keptId({ question, answer }: LogTurn): string | undefined {
  return answer.failure && answer.parts.length === 0 ? undefined : question.messageId
}

/** Behind the newest turn that the service has. */
export function branchBehind(turns: readonly LogTurn[]): Branch | undefined {
  const after = turns.map(keptId).findLast((id) => id !== undefined)
  return after === undefined ? undefined : { after }
}

/** In the place of a turn; of one that the service does not have, between those that it has. */
export function branchInstead(turns: readonly LogTurn[], at: number): Branch | undefined {
  const turn = turns[at]
  const replaces = turn && keptId(turn)
  if (replaces !== undefined) return { replaces }
  const next = turns.slice(at).map(keptId).find(Boolean)
  return branchBehind(turns.slice(0, at)) ?? (next ? { replaces: next } : turn?.question.branch)
}
