import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  isAIMessage,
  isHumanMessage,
  isToolMessage,
  SystemMessage,
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
  const lines = [`date: ${date}`, `user: ${username}`, ...(page ? [`page: ${page}`] : [])]
  return new HumanMessage({
    id: runId,
    content: `[context]\n${lines.join('\n')}\n[/context]\n${question}`,
    additional_kwargs: { question, ...(beginsBranch && { branch: true }) }
  })
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

/** What the model reads of a conversation. */
export interface Prompt {
  readonly messages: readonly BaseMessage[]
  /** Messages at the beginning that found no room. */
  readonly leftOut: number
}

/**
 * The prompt, then the conversation, repaired. Too long, it loses its oldest turns, whole ones, so that no result
 * stands without its call; the newest turn always stays.
 */
export function promptFor(
  systemPrompt: string,
  messages: readonly BaseMessage[],
  maxCharacters: number
): Prompt {
  const repaired = repairHistory(messages)
  let characters = systemPrompt.length
  let first = repaired.length
  for (let index = repaired.length - 1; index >= 0; index -= 1) {
    const message = repaired[index]
    if (!message) break
    characters += charactersOf(message)
    const isTooMuch = characters > maxCharacters && first < repaired.length
    if (isTooMuch) break
    if (isHumanMessage(message)) first = index
  }
  return {
    messages: [new SystemMessage(systemPrompt), ...repaired.slice(first)],
    leftOut: first
  }
}

function charactersOf(message: BaseMessage): number {
  const calls = (isAIMessage(message) && message.tool_calls) || []
  return message.text.length + (calls.length > 0 ? JSON.stringify(calls).length : 0)
}
