import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { BaseMessage } from '@langchain/core/messages'
import { Command } from '@langchain/langgraph'
import type { UserToken } from '../auth/caller.ts'
import type { Catalog, LlmModel, McpServer } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { ToolSet } from '../tool-server.ts'
import { causeOf, cutShort, type EndingOptions, isLeft } from './agent-ending.ts'
import type { AgentEvent, SnapshotMessage } from './agent-events.ts'
import type { AgentGraph } from './agent-graph.ts'
import type { AgentObserver } from './agent-observer.ts'
import { findPlace, knownClaims, toSnapshot } from './agent-resume.ts'
import { createAgentSpans } from './agent-spans.ts'
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
import type { AwaitedActions, ResumeValue } from './approval-node.ts'
import type { Decisions } from './approvals.ts'
import { createCallGuard } from './call-guard.ts'
import { knownNotes, knownResults, resumeEvents } from './earlier-attempts.ts'
import { answeringModels, createModelChain } from './model-chain.ts'
import { PATIENCE, type Patience } from './model-patience.ts'
import { createPrompting } from './prompting.ts'
import { createRedaction, REDACTION_PROMPT } from './redaction.ts'
import type { RunContext } from './run-context.ts'
import { type AgentLimits, finishedCalls, usedBefore } from './run-limits.ts'
import { prepareRunTools, type RunTools, type RunToolsOptions } from './run-tools.ts'
import { type PromptValues, promptVersionOf, systemPromptFor } from './system-prompt.ts'
import { planTurn, type TurnPlan, type Wishes } from './turn-plan.ts'

export interface AgentOptions extends EndingOptions, RunToolsOptions {
  readonly limits: AgentLimits
  readonly observer: AgentObserver
  /** Whether traces hold what was said; no unless given. */
  readonly tracesContent?: boolean
  readonly currentCatalog: () => Promise<Catalog>
  readonly userTokenFor: (caller: Wishes['caller'], context: CallContext) => Promise<UserToken>
  readonly modelFor: (model: LlmModel, context: CallContext) => Promise<BaseChatModel>
  readonly leaseTools: (
    servers: readonly McpServer[],
    userToken: UserToken,
    context: CallContext
  ) => Promise<ToolSet>
  /** How long a model that fails is asked again. */
  readonly patience?: Patience
  /** How long a run may wait for a person. */
  readonly approvalWaitMs: number
  /** For the variables in system prompts. */
  readonly promptValues: Omit<PromptValues, 'user'>
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
   * ends with exactly one of RUN_FINISHED, RUN_ERROR and, when it waits for a person, `approval_requested`, unless the run is left to somebody else: `signal`'s reason is
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
  const prompt = promptVersionOf(plan.model, plan.catalog)
  const note = { name, isLab: source === 'lab', ...(prompt && { prompt }) }
  yield { type: 'CUSTOM', name: 'model', value: note }
  const { place, stored } = await findPlace(checkpointer, turn)
  progress.place = place
  const snapshot = snapshotOf(turn, place, stored)
  if (turn.attempt > 1) yield* resume(progress, snapshot)
  const leased = await options.leaseTools(plan.servers, plan.userToken, { signal, correlationId })
  progress.tools = leased
  const tools = prepareRunTools(options, turn, { plan, leased })
  const { unavailable } = leased
  const earlier = knownNotes(progress.earlier, snapshot)
  const { startedAtMs } = progress
  const { modelCalls } = progress.earlier
  const gaps = [...plan.gaps, ...progress.earlier.gaps]
  progress.stream = createAgentStream({ gaps, unavailable, startedAtMs, now, earlier, modelCalls })
  if (place.isAsked) {
    for (const claims of knownClaims(stored, runId))
      yield* progress.stream.translate({ kind: 'claims', claims })
  }
  const run = runContext(options, turn, { plan, progress, tools, signal })
  yield* answer(graph, turn, run, progress)
  const { awaited: actions } = progress
  if (actions) {
    const lapsesAt = new Date(now() + options.approvalWaitMs).toISOString()
    yield { type: 'CUSTOM', name: 'approval_requested', value: { actions, lapsesAt } }
    return
  }
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
  readonly tools: RunTools
  readonly signal: AbortSignal
}

function runContext(
  options: AgentOptions,
  turn: Turn,
  { plan, progress, tools: { search, budget }, signal }: ContextParts
): RunContext {
  const { runId, attempt, conversationId, username: user } = turn
  const { beginCall, desk, deadline, correlationId } = turn
  const { modelFor, limits, observer, promptValues, patience = PATIENCE } = options
  const models = answeringModels(plan)
  // One that stands in reads no more than the one it stands in for.
  const redaction = models.some(({ redact }) => redact)
    ? createRedaction(conversationId)
    : undefined
  const systemPrompt = systemPromptFor(plan.model, plan.catalog, { ...promptValues, user })
  return {
    runId,
    attempt,
    earlierResults: knownResults(progress.earlier),
    user: plan.caller,
    decisions: progress.earlier.decisions,
    ...{ beginCall, desk, deadline, correlationId },
    prompting: createPrompting({
      systemPrompt: redaction ? `${systemPrompt}\n${REDACTION_PROMPT}` : systemPrompt,
      model: plan.model,
      ...{ conversationId, budget }
    }),
    models: createModelChain({
      ...{ models, redaction },
      tools: search.offered,
      open: (model) => modelFor(model, { signal, correlationId })
    }),
    patience,
    search,
    tools: search.tools,
    guard: createCallGuard(search.tools.tools, finishedCalls(progress.earlier)),
    limits,
    observer,
    spans: createAgentSpans({ conversationId, captureContent: options.tracesContent ?? false }),
    signal,
    used: usedBefore(progress.earlier)
  }
}

async function* answer(
  graph: AgentGraph,
  turn: Turn,
  run: RunContext,
  progress: Progress
): AsyncGenerator<AgentEvent, void> {
  const { place } = progress
  const input = place?.isAsked
    ? await resumeInput(graph, turn, run.decisions)
    : { messages: [messageOf(turn)] }
  if (input === undefined) return refuseCut(place)
  const steps: AsyncIterable<AgentStep> = await graph.stream(input, {
    ...threadOf(turn, place),
    streamMode: 'custom',
    durability: 'sync',
    signal: run.signal,
    context: run,
    // Our own limits end a run long before; this one only keeps LangGraph's lower default away.
    recursionLimit: 4 * run.limits.maxModelCalls + 4
  })
  progress.openText = () => progress.stream.openText()
  for await (const step of steps) {
    if (place) place.isAsked = true
    if (step.kind === 'approval') progress.awaited = step.actions
    else yield* progress.stream.translate(step)
  }
}

/** Why it was cut, only the replica knew that did so. */
function refuseCut(place: TurnPlace | undefined): void {
  if (!place?.isCut) return
  throw new AppError('RUN_INTERRUPTED', 'The answer was cut short, and its end could not be told.')
}

/** Of a run that was begun elsewhere, or has waited; undefined when only its end was not told. */
async function resumeInput(graph: AgentGraph, turn: Turn, decisions: Decisions) {
  const { tasks } = await graph.getState(threadOf(turn))
  // `next` lacks those whose work was written, and who died before their step's checkpoint.
  if (tasks.length === 0) return undefined
  const actions = tasks.flatMap(({ interrupts }) =>
    interrupts.flatMap(({ value }) => (value as AwaitedActions).actions)
  )
  const isDecided = actions.every(({ toolCallId }) => decisions.has(toolCallId))
  if (actions.length === 0 || !isDecided) return null
  const resume: ResumeValue = Object.fromEntries(decisions)
  return new Command<ResumeValue, Record<string, unknown>, never>({ resume })
}
