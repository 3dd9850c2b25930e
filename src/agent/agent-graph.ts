import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import {
  type BaseCheckpointSaver,
  Command,
  END,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  Send,
  START,
  StateGraph
} from '@langchain/langgraph'
import type { Caller } from '../auth/caller.ts'
import type { AppError } from '../errors.ts'
import { toModelError } from '../llm/model-errors.ts'
import type { ToolResult, ToolSet } from '../tool-server.ts'
import type { AgentSpans } from './agent-spans.ts'
import type { AgentStep, PlannedCall, TokenUsage } from './agent-step.ts'
import { noteClaims } from './answer-check.ts'
import { approvalNode } from './approval-node.ts'
import { type Decisions, needsApproval } from './approvals.ts'
import type { CalledTool } from './audited-call.ts'
import type { CallGuard } from './call-guard.ts'
import type { ElicitationDesk } from './elicitations.ts'
import { originOf } from './evidence.ts'
import { askForSummary, askWithinLimits } from './model-asking.ts'
import type { ModelChain } from './model-chain.ts'
import type { Patience } from './model-patience.ts'
import type { Prompting } from './prompting.ts'
import type { RunDeadline } from './run-deadline.ts'
import type { AgentLimits, RunUse } from './run-limits.ts'
import { createShownText } from './shown-text.ts'
import { resultOf } from './tool-calls.ts'
import type { ToolSearch } from './tool-search.ts'

/** Hears of every call, for metrics and the log; must not throw. */
export interface AgentObserver {
  modelCalled(call: ObservedModelCall): void
  toolCalled(call: ObservedToolCall): void
  /** A model could not answer and is asked again, or `standIn` is asked instead. A run that fails is told elsewhere. */
  modelFailed(
    failure: AppError,
    then: { readonly correlationId: string; readonly standIn?: string }
  ): void
  /** A call that was made, also one that was aborted. */
  toolAudited?(call: CalledTool): void
}

export interface ObservedModelCall {
  /** The model's, as an administrator named it. */
  readonly name: string
  /** ok, an error's code, or stopped. */
  readonly outcome: string
  readonly durationMs: number
  readonly usage: TokenUsage
  /** Until the first piece of text or of a call; undefined when none came. */
  readonly firstPieceMs: number | undefined
}

export interface ObservedToolCall {
  readonly tool: string
  /** Undefined when there is no such tool: its name is a model's invention. */
  readonly server: string | undefined
  readonly isError: boolean
  readonly durationMs: number
}

/** What one run brings along. The graph itself is made once per process. A type, as LangGraph wants an index signature. */
export type RunContext = {
  readonly runId: string
  /** 1, and one more each time another replica goes on. */
  readonly attempt: number
  /** Results that readers have seen in earlier attempts, by call. */
  readonly earlierResults: ReadonlyMap<string, ToolResult>
  /** Who asked. */
  readonly user: Pick<Caller, 'id' | 'username'>
  /** On calls that waited for a person. */
  readonly decisions: Decisions
  /** Notes that a call with effects begins; false when an earlier attempt began it. */
  readonly beginCall: (callId: string) => Promise<boolean>
  /** Where the asker answers tool servers; undefined when they cannot. */
  readonly desk: ElicitationDesk | undefined
  readonly correlationId: string
  readonly prompting: Prompting
  readonly models: ModelChain
  readonly patience: Patience
  readonly tools: ToolSet
  /** Between the model and `tools`. */
  readonly search: ToolSearch
  readonly guard: CallGuard
  readonly limits: AgentLimits
  readonly observer: AgentObserver
  readonly spans: AgentSpans
  readonly signal: AbortSignal
  readonly used: RunUse
  readonly deadline: RunDeadline
}

export type Writer = (step: AgentStep) => void
type State = typeof MessagesAnnotation.State

/**
 * The agent: the model is asked, its tool calls run side by side, and the model is asked again until it
 * calls nothing. Each call is dispatched by `Send` with the call alone, never the state, so its
 * checkpoint stays small and a resumed run repeats only unfinished calls.
 */
export function createAgentGraph(checkpointer: BaseCheckpointSaver) {
  return (
    new StateGraph(MessagesAnnotation)
      .addNode('model', modelNode, { ends: ['compact'] })
      .addNode('compact', compactNode)
      .addNode('tool', (call: unknown, config) => toolNode(call as PlannedCall, config))
      // What only reads does not wait for what has to be approved beside it.
      .addNode('ahead', (call: unknown, config) => toolNode(call as PlannedCall, config))
      .addNode('approval', approvalStep, { ends: ['tool', 'model'] })
      .addEdge(START, 'model')
      .addConditionalEdges('model', dispatch, ['tool', 'ahead', 'approval', END])
      .addEdge('tool', 'model')
      .addEdge('ahead', 'approval')
      .addEdge('compact', 'model')
      .compile({ checkpointer })
  )
}

export type AgentGraph = ReturnType<typeof createAgentGraph>

async function modelNode({ messages }: State, config: LangGraphRunnableConfig) {
  const { run, writer } = partsOf(config)
  const prompt = run.prompting.promptFor(messages, writer)
  if (!prompt) return new Command({ goto: 'compact' })
  run.used.modelCalls += 1
  const messageId = messageIdOf(run, messages.length)
  const question = {
    prompt: prompt.messages,
    usedCallIds: callIdsOf(messages),
    shown: createShownText({ messageId, messages, writer })
  }
  const answered = await askWithinLimits(run, question, writer).catch((error: unknown) => {
    if (run.prompting.retriesAfter(error, prompt, messages)) return undefined
    throw error
  })
  if (!answered) return new Command({ goto: 'compact' })
  const { message, usage, gap, isLast, model, durationMs, ...answer } = answered
  // Whatever the model calls after its last call is not made: it must not wait in the history for a result.
  const calls = isLast ? [] : answer.calls
  if (isLast) message.tool_calls = []
  writer({ kind: 'answered', usage, model, durationMs })
  run.prompting.answered(prompt, { usage, model }, writer)
  if (gap) writer({ kind: 'gap', sentence: gap })
  if (calls.length > 0) writer({ kind: 'calls', messageId: message.id ?? messageId, calls })
  else noteClaims({ message, conversation: messages, isCut: gap !== undefined }, writer)
  return { messages: [withMalformed(message, calls)] }
}

/** One more call of the model, counted like any other. */
async function compactNode({ messages }: State, config: LangGraphRunnableConfig) {
  const { run, writer } = partsOf(config)
  run.used.modelCalls += 1
  const messageId = `${messageIdOf(run, messages.length)}-summary`
  const ask = (prompt: readonly BaseMessage[], maxCharacters: number) =>
    askForSummary(run, { prompt, messageId, maxCharacters })
  const onFailed = (error: unknown) => {
    const { correlationId, models } = run
    run.observer.modelFailed(toModelError(error, models.current()), { correlationId })
  }
  const parts = { messageId, ask, writer, signal: run.signal, onFailed }
  return { messages: await run.prompting.compact(messages, parts) }
}

/** A new attempt says things anew, so what an earlier one said has another name. */
function messageIdOf({ runId, attempt }: RunContext, place: number): string {
  return attempt === 1 ? `${runId}-${place}` : `${runId}-${place}-${attempt}`
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

function dispatch({ messages }: State, config: LangGraphRunnableConfig) {
  const last = messages.at(-1)
  if (!AIMessage.isInstance(last) || !last.tool_calls?.length) return END
  const malformed = (last.additional_kwargs.malformed ?? {}) as Record<string, string>
  const calls = last.tool_calls.map(({ id = '', name, args }): PlannedCall => {
    const text = malformed[id]
    return { id, name, args, ...(text !== undefined && { malformed: text }) }
  })
  const { tools } = partsOf(config).run.tools
  const free = calls.filter((call) => !needsApproval(call, tools))
  if (free.length === 0) return 'approval'
  return free.map((call) => new Send(free.length === calls.length ? 'tool' : 'ahead', call))
}

function approvalStep({ messages }: State, config: LangGraphRunnableConfig) {
  const { run, writer } = partsOf(config)
  return approvalNode(messages, run, writer)
}

async function toolNode(call: PlannedCall, config: LangGraphRunnableConfig) {
  const { run, writer } = partsOf(config)
  const startedAt = performance.now()
  const known = run.tools.tools.find(({ name }) => name === call.name)?.server
  const result =
    run.earlierResults.get(call.id) ??
    (await run.spans.tool(call, known, () => resultOf(call, run, writer)))
  const durationMs = Math.round(performance.now() - startedAt)
  const server = known ?? 'unknown'
  writer({ kind: 'result', call, server, result, durationMs })
  const { isError } = result
  run.observer.toolCalled({ tool: call.name, server: known, isError, durationMs })
  const message = new ToolMessage({
    id: `${run.runId}-${call.id}`,
    tool_call_id: call.id,
    name: call.name,
    content: result.text,
    status: result.isError ? 'error' : 'success',
    artifact: originOf(result, { server, username: run.user.username, now: Date.now() })
  })
  return { messages: [message] }
}

function partsOf({ context, writer }: LangGraphRunnableConfig) {
  if (!context || !writer) throw new Error('The agent graph was started without a run context')
  return { run: context as RunContext, writer: writer as Writer }
}
