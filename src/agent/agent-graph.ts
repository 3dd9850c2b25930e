import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import {
  type BaseCheckpointSaver,
  END,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  Send,
  START,
  StateGraph
} from '@langchain/langgraph'
import { promptFor } from '../conversations/messages.ts'
import { AppError } from '../errors.ts'
import type { ToolResult, ToolSet } from '../tool-server.ts'
import type { AgentStep, PlannedCall, TokenUsage } from './agent-step.ts'
import { askModel, type BoundModel, type ModelAnswer } from './model-turn.ts'
import { createTextCoalescer } from './text-coalescer.ts'

export interface AgentLimits {
  readonly maxModelCalls: number
  readonly maxToolCalls: number
  readonly maxAnswerCharacters: number
  /** Of the conversation that the model reads; older turns are left out, and that is said. */
  readonly maxPromptCharacters: number
}

/** Hears of every call, for metrics; must not throw. */
export interface AgentObserver {
  /** `outcome`: ok, an error's code, or stopped. */
  modelCalled(outcome: string, durationMs: number, usage: TokenUsage): void
  toolCalled(server: string, isError: boolean, durationMs: number): void
}

/** What one run brings along. The graph itself is made once per process. A type, as LangGraph wants an index signature. */
export type RunContext = {
  readonly runId: string
  /** 1, and one more each time another replica goes on. */
  readonly attempt: number
  /** Results that readers have seen in earlier attempts, by call. */
  readonly earlierResults: ReadonlyMap<string, ToolResult>
  /** Notes that a call with effects begins; false when an earlier attempt began it. */
  readonly beginCall: (callId: string) => Promise<boolean>
  readonly correlationId: string
  readonly systemPrompt: string
  readonly model: BoundModel
  /** The same model with the same tools, and not allowed to call them: it has to answer with what it has. */
  readonly modelForLastCall: BoundModel
  readonly tools: ToolSet
  readonly limits: AgentLimits
  readonly observer: AgentObserver
  readonly signal: AbortSignal
  readonly used: { modelCalls: number; toolCalls: number }
}

type State = typeof MessagesAnnotation.State

const COALESCE_WINDOW_MS = 50
const LEFT_OUT = 'The earliest part of this conversation is too long ago to be read again.'
const LAST_CALL = 'You have used all tool calls of this question. Answer now with what you have.'

/**
 * The agent: the model is asked, its tool calls run side by side, and the model is asked again until it
 * calls nothing. Each call is dispatched by `Send` with the call alone, never the state, so its
 * checkpoint stays small and a resumed run repeats only unfinished calls.
 */
export function createAgentGraph(checkpointer: BaseCheckpointSaver) {
  return new StateGraph(MessagesAnnotation)
    .addNode('model', modelNode)
    .addNode('tool', (call: unknown, config) => toolNode(call as PlannedCall, config))
    .addEdge(START, 'model')
    .addConditionalEdges('model', dispatch, ['tool', END])
    .addEdge('tool', 'model')
    .compile({ checkpointer })
}

export type AgentGraph = ReturnType<typeof createAgentGraph>

async function modelNode({ messages }: State, config: LangGraphRunnableConfig) {
  const { run, writer } = partsOf(config)
  run.used.modelCalls += 1
  const isLast =
    run.used.modelCalls >= run.limits.maxModelCalls || run.used.toolCalls >= run.limits.maxToolCalls
  if (isLast) writer({ kind: 'gap', sentence: 'The limit of steps for one question was reached.' })
  const conversation = promptFor(run.systemPrompt, messages, run.limits.maxPromptCharacters)
  if (conversation.leftOut > 0) writer({ kind: 'gap', sentence: LEFT_OUT })
  const messageId = messageIdOf(run, messages.length)
  const text = createTextCoalescer((delta) => {
    writer({ kind: 'text', messageId, delta })
  }, COALESCE_WINDOW_MS)
  const question = [...conversation.messages, ...(isLast ? [new HumanMessage(LAST_CALL)] : [])]
  const answer = await observed(run, () =>
    askModel(isLast ? run.modelForLastCall : run.model, question, {
      messageId,
      usedCallIds: callIdsOf(messages),
      maxCharacters: run.limits.maxAnswerCharacters,
      signal: run.signal,
      onText: text.push
    })
  ).finally(text.flush)
  const { message, usage, gap } = answer
  // Whatever the model calls after its last call is not made: it must not wait in the history for a result.
  const calls = isLast ? [] : answer.calls
  if (isLast) message.tool_calls = []
  writer({ kind: 'answered', usage })
  if (gap) writer({ kind: 'gap', sentence: gap })
  if (calls.length > 0) writer({ kind: 'calls', messageId, calls })
  return { messages: [withMalformed(message, calls)] }
}

/** A new attempt says things anew, so what an earlier one said has another name. */
function messageIdOf({ runId, attempt }: RunContext, place: number): string {
  return attempt === 1 ? `${runId}-${place}` : `${runId}-${place}-${attempt}`
}

async function observed(run: RunContext, ask: () => Promise<ModelAnswer>): Promise<ModelAnswer> {
  const startedAt = performance.now()
  const durationMs = () => performance.now() - startedAt
  try {
    const answer = await ask()
    run.observer.modelCalled('ok', durationMs(), answer.usage)
    return answer
  } catch (error) {
    const outcome = run.signal.aborted ? 'stopped' : AppError.from(error).code
    run.observer.modelCalled(outcome, durationMs(), { inputTokens: 0, outputTokens: 0 })
    throw error
  }
}

function callIdsOf(messages: readonly BaseMessage[]): string[] {
  return messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []).map(({ id = '' }) => id) : []
  )
}

/** Arguments that were not JSON travel to the tool node in the message, where a resumed run finds them too. */
function withMalformed(message: AIMessage, calls: readonly PlannedCall[]): AIMessage {
  const malformed = calls.filter((call) => call.malformed !== undefined)
  if (malformed.length > 0) {
    message.additional_kwargs.malformed = Object.fromEntries(
      malformed.map(({ id, malformed: text }) => [id, text])
    )
  }
  return message
}

function dispatch({ messages }: State) {
  const last = messages.at(-1)
  if (!AIMessage.isInstance(last) || !last.tool_calls?.length) return END
  const malformed = (last.additional_kwargs.malformed ?? {}) as Record<string, string>
  return last.tool_calls.map(({ id = '', name, args }) => {
    const text = malformed[id]
    return new Send('tool', { id, name, args, ...(text !== undefined && { malformed: text }) })
  })
}

async function toolNode(call: PlannedCall, config: LangGraphRunnableConfig) {
  const { run, writer } = partsOf(config)
  const startedAt = performance.now()
  const result = run.earlierResults.get(call.id) ?? (await resultOf(call, run))
  const durationMs = Math.round(performance.now() - startedAt)
  const server = run.tools.tools.find(({ name }) => name === call.name)?.server ?? 'unknown'
  writer({ kind: 'result', call, server, result, durationMs })
  run.observer.toolCalled(server, result.isError, durationMs)
  const message = new ToolMessage({
    id: `${run.runId}-${call.id}`,
    tool_call_id: call.id,
    name: call.name,
    content: result.text,
    status: result.isError ? 'error' : 'success'
  })
  return { messages: [message] }
}

async function resultOf(call: PlannedCall, run: RunContext): Promise<ToolResult> {
  run.used.toolCalls += 1
  if (run.used.toolCalls > run.limits.maxToolCalls) {
    return refused(`Not called: one question may use ${run.limits.maxToolCalls} tool calls.`)
  }
  if (call.malformed !== undefined) {
    return refused('Not called: the arguments were not a JSON object. Send the call again.')
  }
  const { signal, correlationId } = run
  await refuseRepeated(call, run)
  return run.tools.call(call.name, call.args, { signal, correlationId })
}

/** Whether a call with effects that an earlier attempt began has done its work, nobody here can know. */
async function refuseRepeated({ id, name }: PlannedCall, run: RunContext): Promise<void> {
  const tool = run.tools.tools.find((one) => one.name === name)
  // One that is not there any more may have had effects when it was.
  if (tool?.readOnly || (await run.beginCall(id))) return
  throw new AppError(
    'RUN_INTERRUPTED',
    `The answer was interrupted while ${name} was under way. Whether it was carried out is not known, so it was not called again.`,
    { details: { toolCallId: id, tool: name } }
  )
}

function refused(text: string): ToolResult {
  return { isError: true, text, links: [], gaps: [] }
}

function partsOf({ context, writer }: LangGraphRunnableConfig) {
  if (!context || !writer) throw new Error('The agent graph was started without a run context')
  return { run: context as RunContext, writer: writer as (step: AgentStep) => void }
}
