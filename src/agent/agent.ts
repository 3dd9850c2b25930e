import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { BaseMessage } from '@langchain/core/messages'
import type { UserToken } from '../auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import type { ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { ToolDefinition, ToolSet } from '../tool-server.ts'
import { causeOf, cutShort, isLeft } from './agent-ending.ts'
import type { AgentEvent, SnapshotMessage } from './agent-events.ts'
import type { AgentGraph, AgentLimits, AgentObserver, RunContext } from './agent-graph.ts'
import { findPlace, knownNotes, knownResults, resumeEvents, toSnapshot } from './agent-resume.ts'
import type { AgentStep } from './agent-step.ts'
import { createAgentStream } from './agent-stream.ts'
import {
  messageOf,
  type Progress,
  startProgress,
  type Turn,
  type TurnPlace,
  threadOf,
  type Working
} from './agent-turn.ts'
import type { BoundModel } from './model-turn.ts'
import { systemPromptFor } from './system-prompt.ts'
import { planTurn, type TurnPlan, type Wishes } from './turn-plan.ts'
export interface AgentOptions {
  readonly graph: AgentGraph
  /** The same that the graph was made with. */
  readonly checkpointer: ConversationCheckpointer
  readonly limits: AgentLimits
  readonly observer: AgentObserver
  readonly currentCatalog: () => Promise<Catalog>
  readonly userTokenFor: (caller: Wishes['caller'], context: CallContext) => Promise<UserToken>
  readonly modelFor: (model: LlmModel, context: CallContext) => Promise<BaseChatModel>
  readonly leaseTools: (
    servers: readonly McpServer[],
    userToken: UserToken,
    context: CallContext
  ) => Promise<ToolSet>
  /** Names what a model's client threw: MODEL_FAILED, MODEL_TIMEOUT, … */
  readonly toModelError: (error: unknown, model: LlmModel) => AppError
  /** For the log: the cause of a RUN_ERROR is told to nobody else. */
  readonly onFailed: (failure: AppError, turn: Turn) => void
  readonly now?: () => number
}

export interface Agent {
  /**
   * Chooses model and tool servers from the current catalog with the caller's rights.
   * Throws UNKNOWN_MODEL, MODEL_NOT_PERMITTED, MODEL_NOT_CONFIGURED, UNKNOWN_TOOL_SERVER, and what the
   * catalog and the token exchange throw.
   */
  prepare(wishes: Wishes, context: CallContext): Promise<TurnPlan>
  /**
   * Answers one question; a later attempt goes on with what is stored, after a snapshot for its readers. Never throws:
   * ends with exactly one of RUN_FINISHED and RUN_ERROR, unless the run is left to somebody else: `signal`'s reason is
   * LEFT, or what it writes cannot be kept (REDIS_UNAVAILABLE, a claim that is lost). Other reasons are STOPPED or an
   * AppError; what was shown until then is kept in the conversation.
   */
  run(turn: Turn, signal: AbortSignal): AsyncGenerator<AgentEvent, void>
}

export function createAgent(options: AgentOptions): Agent {
  const { currentCatalog, userTokenFor } = options

  return {
    async prepare(wishes, context) {
      const [catalog, userToken] = await Promise.all([
        currentCatalog(),
        userTokenFor(wishes.caller, context)
      ])
      return planTurn(wishes, catalog, userToken)
    },

    async *run(turn, signal) {
      const progress = startProgress(turn, options.now ?? Date.now)
      // What runs beside a step that failed must not go on when the run is over.
      const over = new AbortController()
      const working = AbortSignal.any([signal, over.signal])
      try {
        yield* work(options, turn, { progress, signal: working })
      } catch (thrown) {
        over.abort()
        const error = causeOf(thrown)
        if (isLeft(signal, error)) return
        yield* cutShort(options, turn, { progress, signal, error })
      } finally {
        over.abort()
        await progress.tools?.release()
      }
    }
  }
}

async function* work(
  options: AgentOptions,
  turn: Turn,
  { progress, signal }: Working
): AsyncGenerator<AgentEvent, void> {
  const { checkpointer, graph, now = Date.now } = options
  const { runId, conversationId: threadId, correlationId } = turn
  const plan = await turn.plan()
  progress.plan = plan
  signal.throwIfAborted()
  const { name, source } = plan.model
  yield { type: 'CUSTOM', name: 'model', value: { name, isLab: source === 'lab' } }
  const { place, stored } = await findPlace(checkpointer, turn)
  progress.place = place
  const snapshot = snapshotOf(turn, place, stored)
  if (turn.attempt > 1) yield* resume(progress, snapshot)
  progress.tools = await options.leaseTools(plan.servers, plan.userToken, { signal, correlationId })
  const { unavailable } = progress.tools
  const earlier = knownNotes(progress.earlier, snapshot)
  const { startedAtMs } = progress
  progress.stream = createAgentStream({ unavailable, startedAtMs, now, earlier })
  const run = await runContext(options, turn, { plan, progress, tools: progress.tools, signal })
  yield* answer(graph, turn, run, progress)
  yield { type: 'CUSTOM', name: 'footer', value: progress.stream.footer(false) }
  yield { type: 'RUN_FINISHED', threadId, runId }
}

/** Tells readers what there is, and forgets the text that nobody will finish. */
function resume(progress: Progress, snapshot: readonly SnapshotMessage[]): AgentEvent[] {
  const events = resumeEvents(progress.earlier, snapshot)
  progress.openText = () => progress.stream.openText()
  return events
}

function snapshotOf(
  { runId: id, question: content }: Turn,
  { isAsked }: TurnPlace,
  stored: readonly BaseMessage[]
): SnapshotMessage[] {
  return [...toSnapshot(stored), ...(isAsked ? [] : [{ id, role: 'user' as const, content }])]
}

interface ContextParts {
  readonly plan: TurnPlan
  readonly progress: Progress
  readonly tools: ToolSet
  readonly signal: AbortSignal
}

async function runContext(
  { modelFor, limits, observer }: AgentOptions,
  { runId, attempt, beginCall, correlationId }: Turn,
  { plan, progress, tools, signal }: ContextParts
): Promise<RunContext> {
  const model = await modelFor(plan.model, { signal, correlationId })
  return {
    runId,
    attempt,
    earlierResults: knownResults(progress.earlier),
    beginCall,
    correlationId,
    systemPrompt: systemPromptFor(plan.model, plan.catalog),
    model: withTools(model, tools.tools),
    modelForLastCall: withTools(model, tools.tools, { tool_choice: 'none' }),
    tools,
    limits,
    observer,
    signal,
    used: { modelCalls: 0, toolCalls: progress.earlier.results.size }
  }
}

function withTools(
  model: BaseChatModel,
  tools: readonly ToolDefinition[],
  choice?: { readonly tool_choice: 'none' }
): BoundModel {
  if (tools.length === 0 || !model.bindTools) return model as BoundModel
  const functions = tools.map(({ name, description, inputSchema: parameters }) => ({
    type: 'function' as const,
    function: { name, description, parameters }
  }))
  return model.bindTools(functions, choice) as BoundModel
}

async function* answer(
  graph: AgentGraph,
  turn: Turn,
  run: RunContext,
  progress: Progress
): AsyncGenerator<AgentEvent, void> {
  const { place } = progress
  const input = place?.isAsked ? await openSteps(graph, turn) : { messages: [messageOf(turn)] }
  if (!input) return refuseCut(place)
  const steps = await graph.stream(input.messages ? { messages: input.messages } : null, {
    ...threadOf(turn, place),
    streamMode: 'custom',
    durability: 'sync',
    signal: run.signal,
    context: run,
    // Our own limits end a run long before; this one only keeps LangGraph's lower default away.
    recursionLimit: 2 * run.limits.maxModelCalls + 2
  })
  progress.openText = () => progress.stream.openText()
  for await (const step of steps) {
    if (place) place.isAsked = true
    yield* progress.stream.translate(step as AgentStep)
  }
}

/** Why it was cut, only the replica knew that did so. */
function refuseCut(place: TurnPlace | undefined): void {
  if (!place?.isCut) return
  throw new AppError('RUN_INTERRUPTED', 'The answer was cut short, and its end could not be told.')
}

/** Of a run that was begun elsewhere; undefined when only its end was not told. */
async function openSteps(
  graph: AgentGraph,
  turn: Turn
): Promise<{ readonly messages: undefined } | undefined> {
  const { next } = await graph.getState(threadOf(turn))
  return next.length > 0 ? { messages: undefined } : undefined
}
