import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { UserToken } from '../auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import { incompleteAnswer, questionMessage } from '../conversations/messages.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { ToolDefinition, ToolSet } from '../tool-server.ts'
import type { AgentEvent } from './agent-events.ts'
import type { AgentGraph, AgentLimits, AgentObserver, RunContext } from './agent-graph.ts'
import type { AgentStep } from './agent-step.ts'
import { type AgentStream, createAgentStream } from './agent-stream.ts'
import type { BoundModel } from './model-turn.ts'
import { systemPromptFor } from './system-prompt.ts'
import { planTurn, type TurnPlan, type Wishes } from './turn-plan.ts'

/** The reason of an abort that a person asked for. Every other reason is an AppError. */
export const STOPPED = Symbol('stopped')

/** One question to answer, under a plan made before. */
export interface Turn {
  readonly runId: string
  readonly conversationId: string
  /** Number of the claim under which checkpoints are written; undefined in memory. */
  readonly fence: string | undefined
  readonly question: string
  /** `app.model:id` of the page the question was asked from. */
  readonly page: string | undefined
  /** Checkpoint after which a branch begins; undefined: the question follows what was said last. */
  readonly from: string | undefined
  readonly plan: TurnPlan
  readonly correlationId: string
}

export interface AgentOptions {
  readonly graph: AgentGraph
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
   * Answers one question. Never throws: ends with exactly one of RUN_FINISHED and RUN_ERROR. `signal`'s
   * reason is STOPPED or an AppError; what was shown until then is kept in the conversation.
   */
  run(turn: Turn, signal: AbortSignal): AsyncGenerator<AgentEvent, void>
}

export function createAgent(options: AgentOptions): Agent {
  const { currentCatalog, userTokenFor, now = Date.now } = options

  return {
    async prepare(wishes, context) {
      const [catalog, userToken] = await Promise.all([
        currentCatalog(),
        userTokenFor(wishes.caller, context)
      ])
      return planTurn(wishes, catalog, userToken)
    },

    async *run(turn, signal) {
      const { runId, conversationId: threadId, plan } = turn
      yield { type: 'RUN_STARTED', threadId, runId }
      const { name, source } = plan.model
      yield { type: 'CUSTOM', name: 'model', value: { name, isLab: source === 'lab' } }

      const startedAtMs = now()
      let stream = createAgentStream({ unavailable: [], startedAtMs, now })
      let tools: ToolSet | undefined
      try {
        const context = { signal, correlationId: turn.correlationId }
        tools = await options.leaseTools(plan.servers, plan.userToken, context)
        stream = createAgentStream({ unavailable: tools.unavailable, startedAtMs, now })
        const run = await runContext(options, turn, tools, signal)
        yield* answer(options.graph, turn, run, stream)
        yield { type: 'CUSTOM', name: 'footer', value: stream.footer(false) }
        yield { type: 'RUN_FINISHED', threadId, runId }
      } catch (error) {
        yield* cutShort(options, { turn, stream, signal, error })
      } finally {
        await tools?.release()
      }
    }
  }
}

async function runContext(
  { modelFor, limits, observer }: AgentOptions,
  { runId, plan, correlationId }: Turn,
  tools: ToolSet,
  signal: AbortSignal
): Promise<RunContext> {
  const model = await modelFor(plan.model, { signal, correlationId })
  return {
    runId,
    correlationId,
    systemPrompt: systemPromptFor(plan.model, plan.catalog),
    model: withTools(model, tools.tools),
    modelForLastCall: withTools(model, tools.tools, { tool_choice: 'none' }),
    tools,
    limits,
    observer,
    signal,
    used: { modelCalls: 0, toolCalls: 0 }
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
  stream: AgentStream
): AsyncGenerator<AgentEvent, void> {
  const message = questionMessage(turn.runId, turn.question, {
    date: new Date().toISOString().slice(0, 10),
    username: turn.plan.caller.username,
    page: turn.page,
    beginsBranch: turn.from !== undefined
  })
  const steps = await graph.stream(
    { messages: [message] },
    {
      ...threadOf(turn, turn.from),
      streamMode: 'custom',
      durability: 'sync',
      signal: run.signal,
      context: run,
      // Our own limits end a run long before; this one only keeps LangGraph's lower default away.
      recursionLimit: 2 * run.limits.maxModelCalls + 2
    }
  )
  for await (const step of steps) yield* stream.translate(step as AgentStep)
}

interface CutShort {
  readonly turn: Turn
  readonly stream: AgentStream
  readonly signal: AbortSignal
  readonly error: unknown
}

/** Keeps what was shown, then says why the run ended early. */
async function* cutShort(
  { graph, toModelError, onFailed }: AgentOptions,
  { turn, stream, signal, error }: CutShort
): AsyncGenerator<AgentEvent, void> {
  const { runId, conversationId: threadId, plan } = turn
  const shown = stream.openText()
  yield* stream.close()
  if (shown) {
    const messages = [incompleteAnswer(shown.messageId, shown.text)]
    const kept = graph.updateState(threadOf(turn), { messages }, 'model')
    // What cannot be kept has been shown all the same; the run still has to end.
    await kept.catch((reason: unknown) => onFailed(AppError.from(reason), turn))
  }
  yield { type: 'CUSTOM', name: 'footer', value: stream.footer(true) }
  if (signal.aborted && signal.reason === STOPPED) {
    yield { type: 'CUSTOM', name: 'stopped', value: { runId } }
    yield { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'cancelled' } }
    return
  }
  const failure = signal.aborted ? AppError.from(signal.reason) : toModelError(error, plan.model)
  onFailed(failure, turn)
  const { error: body } = failure.toBody()
  yield { type: 'CUSTOM', name: 'error', value: body }
  yield { type: 'RUN_ERROR', message: body.message, code: body.code }
}

/** Where the turn reads and writes: at the head, which is its own from its first checkpoint on, or at another one. */
function threadOf({ runId, conversationId, fence }: Turn, from?: string) {
  return {
    configurable: {
      thread_id: conversationId,
      turn: runId,
      ...(fence !== undefined && { fence }),
      ...(from !== undefined && { checkpoint_id: from })
    }
  }
}
