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

/** Behind the newest question that the service has. */
export function branchBehind(turns: readonly LogTurn[]): Branch | undefined {
  const after = turns.findLast(({ question }) => question.messageId)?.question.messageId
  return after ? { after } : undefined
}
