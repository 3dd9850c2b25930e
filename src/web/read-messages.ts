import type { ReadConversation, ReadMessage, ReadToolCall } from './conversation-api.ts'
import { MAX_KEPT_RESULT_CHARS, wholeText } from './fold.ts'
import { type Answer, emptyAnswer, type Part, type Question, type ToolPart } from './message.ts'

/** A question of a conversation that was read, and what was answered. */
export interface Exchange {
  readonly question: Question
  readonly answer: Answer
}

/** The conversation's messages as the log shows them: each question with all that came after it. */
export function readExchanges(conversation: ReadConversation): Exchange[] {
  const exchanges: Exchange[] = []
  for (const message of conversation.messages) {
    if (message.role === 'user') {
      const { id, text, versions } = message
      exchanges.push(newExchange({ messageId: id, id, text, versions }))
      continue
    }
    // An answer whose question was summarised away still has to be read.
    const last = exchanges.pop() ?? newExchange({ id: `before-${message.id}`, text: '…' })
    exchanges.push({ ...last, answer: withMessage(last.answer, message) })
  }
  return exchanges.map(({ question, answer }) => ({
    question,
    answer: { ...answer, conversationId: conversation.id }
  }))
}

function newExchange(asked: Omit<Question, 'kind' | 'about'>): Exchange {
  const { id } = asked
  const question: Question = { kind: 'question', about: undefined, ...asked }
  // Without a word of an answer, its run was stopped.
  const answer: Answer = { ...emptyAnswer(`answer-${id}`, id), phase: 'stopped' }
  return { question, answer }
}

function withMessage(answer: Answer, message: ReadMessage): Answer {
  const { id, text, incomplete, claims, summary = answer.summary, toolCalls = [] } = message
  const textParts: Part[] =
    text.trim() === '' ? [] : [{ ...wholeText(id, text), marks: claims?.marks }]
  return {
    ...answer,
    summary,
    phase: incomplete ? 'stopped' : 'finished',
    parts: [...answer.parts, ...textParts, ...toolCalls.map(toolPart)]
  }
}

function toolPart(call: ReadToolCall): ToolPart {
  const { toolCallId, name, result, isError } = call
  const ended = result === undefined ? 'abandoned' : 'done'
  return {
    kind: 'tool',
    id: toolCallId,
    name,
    args:
      typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {}),
    state: isError ? 'failed' : ended,
    result: result?.slice(0, MAX_KEPT_RESULT_CHARS),
    note: undefined
  }
}
