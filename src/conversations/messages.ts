import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  isAIMessage,
  isToolMessage,
  ToolMessage
} from '@langchain/core/messages'

const NOT_FINISHED = 'This call was not finished: the run ended before its result arrived.'

/** What varies from question to question; kept out of the prompt, so that its prefix stays the same. */
export interface QuestionContext {
  readonly date: string
  readonly username: string
  /** `app.model:id` of the Nautobot page the question was asked from. */
  readonly page: string | undefined
  /** It does not simply follow what was asked last: from now on the conversation has branches. */
  readonly beginsBranch: boolean
}

/** The user's question as the model reads it. Its id is the run's, so a repeated input cannot double it. */
export function questionMessage(
  runId: string,
  question: string,
  { date, username, page, beginsBranch }: QuestionContext
): HumanMessage {
  const lines = [
    `date: ${date}`,
    `user: ${asLine(username)}`,
    ...(page ? [`page: ${asLine(page)}`] : [])
  ]
  return new HumanMessage({
    id: runId,
    content: `[context]\n${lines.join('\n')}\n[/context]\n${question}`,
    additional_kwargs: { question, ...(beginsBranch && { branch: true }) }
  })
}

/** Of a block that is not to be closed from inside. */
function asLine(text: string): string {
  return text.replace(/[[\]\p{Cc}\u2028\u2029]/gu, ' ')
}

/** Text that was shown before a stop or a failure. */
export function incompleteAnswer(id: string, text: string): AIMessage {
  return new AIMessage({ id, content: text, additional_kwargs: { incomplete: true } })
}

/**
 * History as providers accept it: every tool call has its result, right behind it, and no result stands
 * without its call. Whatever was stopped or killed in between is answered with a sentence.
 */
export function repairHistory(messages: readonly BaseMessage[]): BaseMessage[] {
  const toolMessages = messages.filter((message) => isToolMessage(message))
  const results = new Map(toolMessages.map((message) => [message.tool_call_id, message]))
  return messages
    .filter((message) => !isToolMessage(message))
    .flatMap((message) => [message, ...resultsOf(message, results)])
}

function resultsOf(message: BaseMessage, results: ReadonlyMap<string, ToolMessage>): ToolMessage[] {
  const calls = (isAIMessage(message) && message.tool_calls) || []
  return calls.map(
    ({ id = '', name }) =>
      results.get(id) ?? new ToolMessage({ tool_call_id: id, name, content: NOT_FINISHED })
  )
}
