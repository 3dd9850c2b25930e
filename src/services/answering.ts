import { type Agent, createAgent } from '../agent/agent.ts'
import { createAgentGraph } from '../agent/agent-graph.ts'
import { createPromptBudgets } from '../agent/prompt-budget.ts'
import { serversInUse } from '../agent/turn-choice.ts'
import { createRunToken } from '../auth/run-token.ts'
import type { StateUser } from '../auth/user-statement.ts'
import type { UserTokens } from '../auth/user-token.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Config } from '../config.ts'
import type { ConversationCleanup } from '../conversations/conversation-cleanup.ts'
import { branchPoint, type ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import { type Conversations, createConversations } from '../conversations/conversations.ts'
import type { ResultStore } from '../conversations/result-store.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createModelFactory } from '../llm/model-factory.ts'
import type { ModelProbes } from '../llm/model-probes.ts'
import { askedBy } from '../mcp/asked-server.ts'
import { createMcpClients, type McpClients } from '../mcp/mcp-clients.ts'
import type { McpProbe } from '../mcp/mcp-probe.ts'
import type { FreshLists } from '../mcp/tool-lists.ts'
import type { ToolWatch } from '../mcp/tool-watch.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { ModelDirectory } from '../nautobot-tools/model-directory.ts'
import type { SavedQueries } from '../nautobot-tools/saved-queries.ts'
import {
  createNautobotToolServer,
  NAUTOBOT_TOOL_SERVER,
  nautobotToolDefinitions,
  savedQueryDefinitions
} from '../nautobot-tools/server.ts'
import type { Audit } from '../platform/audit.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Outbound } from '../platform/outbound.ts'
import type { RunCoordinator, RunState } from '../runs/run.ts'
import { createRunCoordinator, type OwningRunCoordinator } from '../runs/run-coordinator.ts'
import type { RunPhase } from '../runs/run-execution.ts'
import { createAgentObserver } from './agent-observer.ts'
import { approvalObserver } from './approval-audit.ts'
import type { Configuration } from './configuration.ts'
import { APPROVAL_WAIT_MS, createConversationStore } from './conversations.ts'
import { createModelProbing } from './model-probing.ts'
import { connectOut } from './ways.ts'

const MAX_ANSWER_CHARACTERS = 200_000
/** For which a run waits, in its place, until its asker has filled in forms of MCP servers: in all. */
const MAX_FORM_WAIT_MS = 15 * 60_000
/** Of one tool result, whole. What the model reads of it at once is less. */
const MAX_WHOLE_RESULT_BYTES = 8 * 1024 * 1024

export interface AnsweringParts {
  readonly config: Config
  readonly nautobot: NautobotClient
  readonly directory: ModelDirectory
  readonly configuration: Configuration
  readonly userTokens: UserTokens
  readonly stateUser: StateUser
  readonly savedQueries: SavedQueries
  readonly watch: ToolWatch
  readonly logger: Logger
  readonly metrics: Metrics
  readonly audit: Audit
}

/** Everything between a question and its answer. */
export interface Answering {
  readonly runs: RunCoordinator
  readonly conversations: Conversations
  readonly cleanup: ConversationCleanup
  readonly modelProbes: ModelProbes
  readonly probeServer: McpProbe
  readonly lists: FreshLists
  /** Has what the next question needs of the catalog's MCP servers asked for; neither waits nor throws. */
  warm(catalog: Catalog): void
  close(): Promise<void>
}

export function createAnswering(parts: AnsweringParts): Answering {
  const { config, configuration, metrics } = parts
  const outbound = connectOut(config, configuration.trustedHosts)
  const { secrets } = configuration
  const mcp = connectToolServers(parts, outbound)
  const models = createModelFactory({
    outbound,
    resolveCredential: (model, context) => secrets.resolve('llm-models', model, context),
    forgetCredential: ({ id }) => secrets.forget(id),
    streamSilenceMs: config.limits.modelSilenceMs,
    entraAuthority: config.entraAuthority
  })
  const probing = createModelProbing({ config, logger: parts.logger, models, configuration })
  const store = createConversationStore({
    config,
    logger: parts.logger,
    metrics,
    onLost: (claim) => runs.leave(claim)
  })
  const { checkpointer, registry, results } = store
  const agent = buildAgent(parts, { mcp, models, checkpointer, results })
  const runs: OwningRunCoordinator = createRunCoordinator({
    ...{ agent, conversations: registry, store: store.runs, settle: store.settle },
    branchPoint: (id, wish) => branchPoint(checkpointer, id, wish),
    ...{ shared: store.shared, desk: store.desk },
    grantFor: async (caller, context) => (await parts.userTokens.forCaller(caller, context)).grant,
    ...runObserver(parts),
    ...approvalObserver(parts.audit),
    maxRuns: config.limits.maxRuns,
    maxRunsPerUser: config.limits.maxRunsPerUser,
    maxQueuedRuns: config.limits.maxQueuedRuns,
    maxQueuedRunsPerUser: config.limits.maxQueuedRunsPerUser,
    maxRunMs: config.limits.runTimeoutMs,
    maxFormWaitMs: MAX_FORM_WAIT_MS,
    isReady: () => configuration.store.peek() !== undefined
  })
  return {
    runs,
    conversations: createConversations({ registry, checkpointer, stopRun: runs.stop }),
    cleanup: store.cleanup,
    modelProbes: probing.probes,
    probeServer: mcp.probe,
    lists: mcp.lists,
    warm: (catalog) => mcp.warm(serversInUse(catalog), { name: NAUTOBOT_TOOL_SERVER }),
    async close() {
      runs.close()
      await probing.close()
      await store.close()
      await mcp.close()
      await outbound.close()
    }
  }
}

/** Told of by the run that has the conversation now, or by its deletion. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set([
  'CONVERSATION_TAKEN_OVER',
  'CONVERSATION_NOT_FOUND',
  'REDIS_UNAVAILABLE'
])

function runObserver({ logger, metrics }: AnsweringParts) {
  return {
    onBroken(err: unknown, runId: string) {
      const { code } = AppError.from(err)
      if (EXPECTED.has(code)) logger.info({ code, runId }, 'a run is not ended by this replica')
      else logger.error({ err, runId }, 'a run broke')
    },
    onStoreError: (err: unknown) => logger.debug({ err }, 'runs could not be looked after'),
    onTakenOver(runId: string, attempt: number) {
      metrics.runTakeOvers.inc()
      logger.info({ runId, attempt }, 'goes on with a run of another replica')
    },
    onFirstText: (durationMs: number) => metrics.firstText.observe(durationMs / 1_000),
    onPhase(from: RunPhase | undefined, to: RunPhase | undefined) {
      if (from) metrics.runsActive.dec({ state: from })
      if (to) metrics.runsActive.inc({ state: to })
    },
    onEnded(state: RunState | undefined, durationMs: number) {
      if (state) metrics.runs.observe({ state }, durationMs / 1_000)
    }
  }
}

function connectToolServers(parts: AnsweringParts, outbound: Outbound): McpClients {
  const { logger, stateUser, configuration, watch, metrics } = parts
  const { secrets } = configuration
  const clients = createMcpClients({
    outbound,
    resolveCredential: (server, context) => secrets.resolve('mcp-servers', server, context),
    stateUser,
    forgetCredential: ({ id }) => secrets.forget(id),
    maxResultBytes: MAX_WHOLE_RESULT_BYTES,
    onFailed: ({ name: server }, { kind, message: reason }) =>
      logger.warn({ server, kind, reason }, 'an MCP server failed'),
    onLeftOut: ({ name }, tools) => logger.warn({ server: name, tools }, 'tools are left out'),
    onListed: watch.note
  })
  metrics.beforeReading(async () => metrics.mcpConnections.set(clients.connections()))
  return clients
}

interface AgentParts {
  readonly mcp: McpClients
  readonly models: ReturnType<typeof createModelFactory>
  readonly checkpointer: ConversationCheckpointer
  readonly results: ResultStore
}

function buildAgent(
  parts: AnsweringParts,
  { mcp, models, checkpointer, results }: AgentParts
): Agent {
  const { config, configuration, userTokens, logger, directory } = parts
  return createAgent({
    graph: createAgentGraph(checkpointer),
    checkpointer,
    limits: {
      maxModelCalls: config.limits.maxModelCalls,
      maxToolCalls: config.limits.maxToolCalls,
      maxRunTokens: config.limits.maxRunTokens,
      maxRunCost: config.limits.maxRunCost,
      maxAnswerCharacters: MAX_ANSWER_CHARACTERS
    },
    promptValues: { nautobot: parts.nautobot.publicUrl, environment: config.environment },
    promptBudgets: createPromptBudgets(),
    results,
    maxResultBytes: config.limits.maxToolResultBytes,
    observer: createAgentObserver(parts),
    tracesContent: config.tracing?.capturesContent ?? false,
    currentCatalog: () => configuration.store.current(),
    approvalWaitMs: APPROVAL_WAIT_MS,
    userTokenFor: (caller, context) => userTokens.forCaller(caller, context),
    modelFor: (model, context) => models.modelFor(model, context),
    leaseTools: async (servers, userToken, context) => {
      const savedQueries = await parts.savedQueries.current()
      const builtIn = {
        name: NAUTOBOT_TOOL_SERVER,
        tools: [...nautobotToolDefinitions, ...savedQueryDefinitions(savedQueries)],
        create: () =>
          createNautobotToolServer({
            nautobot: parts.nautobot,
            directory,
            savedQueries,
            correlationId: context.correlationId,
            userId: userToken.userId,
            ...createRunToken({ first: userToken, userTokens })
          })
      }
      const { userId: id, grant } = userToken
      return mcp.lease(askedBy(servers, { id, grant }), builtIn, context)
    },
    onFailed: (failure, { runId, correlationId }) =>
      logger.warn(
        { err: failure.cause ?? failure, code: failure.code, runId, correlationId },
        failure.message
      )
  })
}
