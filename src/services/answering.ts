import { type Agent, createAgent } from '../agent/agent.ts'
import { type AgentObserver, createAgentGraph } from '../agent/agent-graph.ts'
import type { UserToken } from '../auth/caller.ts'
import type { UserTokens } from '../auth/user-token.ts'
import type { Config } from '../config.ts'
import type { ConversationCleanup } from '../conversations/conversation-cleanup.ts'
import { branchPoint, type ConversationCheckpointer } from '../conversations/conversation-tree.ts'
import { type Conversations, createConversations } from '../conversations/conversations.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { toModelError } from '../llm/model-errors.ts'
import { createModelFactory } from '../llm/model-factory.ts'
import { createMcpClients, type McpClients } from '../mcp/mcp-clients.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { ModelDirectory } from '../nautobot-tools/model-directory.ts'
import {
  createNautobotToolServer,
  NAUTOBOT_TOOL_SERVER,
  nautobotToolDefinitions
} from '../nautobot-tools/server.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createOutbound, type Outbound } from '../platform/outbound.ts'
import type { Secret } from '../platform/secret.ts'
import type { RunCoordinator, RunState } from '../runs/run.ts'
import { createRunCoordinator, type OwningRunCoordinator } from '../runs/run-coordinator.ts'
import type { RunPhase } from '../runs/run-execution.ts'
import type { Configuration } from './configuration.ts'
import { createConversationStore } from './conversations.ts'

const CONNECT_TIMEOUT_MS = 10_000
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024
const MAX_ANSWER_CHARACTERS = 200_000
/** About 100,000 tokens: what the models in use can read, with room for an answer. */
const MAX_PROMPT_CHARACTERS = 400_000
/** A user token with less time left is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000

export interface AnsweringParts {
  readonly config: Config
  readonly nautobot: NautobotClient
  readonly directory: ModelDirectory
  readonly configuration: Configuration
  readonly userTokens: UserTokens
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Everything between a question and its answer. */
export interface Answering {
  readonly runs: RunCoordinator
  readonly conversations: Conversations
  readonly cleanup: ConversationCleanup
  close(): Promise<void>
}

export function createAnswering(parts: AnsweringParts): Answering {
  const { config, configuration, metrics } = parts
  const outbound = connectOut(config)
  const { secrets } = configuration
  const mcp = createMcpClients({
    outbound,
    resolveCredential: (server, context) => secrets.resolve('mcp-servers', server, context),
    forgetCredential: ({ id }) => secrets.forget(id),
    maxResultBytes: config.limits.maxToolResultBytes,
    onFailed: ({ name: server }, { kind, message: reason }) =>
      parts.logger.warn({ server, kind, reason }, 'an MCP server failed'),
    onLeftOut: ({ name }, tools) => parts.logger.warn({ server: name, tools }, 'tools are left out')
  })
  const models = createModelFactory({
    outbound,
    resolveCredential: (model, context) => secrets.resolve('llm-models', model, context),
    forgetCredential: ({ id }) => secrets.forget(id),
    streamSilenceMs: config.limits.modelSilenceMs
  })
  const store = createConversationStore({
    config,
    logger: parts.logger,
    metrics,
    onLost: (claim) => runs.leave(claim)
  })
  const { checkpointer, registry } = store
  const agent = buildAgent(parts, { mcp, models, checkpointer })
  const runs: OwningRunCoordinator = createRunCoordinator({
    ...{ agent, conversations: registry, store: store.runs, settle: store.settle },
    branchPoint: (id, wish) => branchPoint(checkpointer, id, wish),
    ...(store.shared && { shared: store.shared }),
    ...runObserver(parts),
    maxRuns: config.limits.maxRuns,
    maxRunsPerUser: config.limits.maxRunsPerUser,
    maxQueuedRuns: config.limits.maxQueuedRuns,
    maxQueuedRunsPerUser: config.limits.maxQueuedRunsPerUser,
    maxRunMs: config.limits.runTimeoutMs,
    isReady: () => configuration.store.peek() !== undefined
  })
  return {
    runs,
    conversations: createConversations({ registry, checkpointer, stopRun: runs.stop }),
    cleanup: store.cleanup,
    async close() {
      runs.close()
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

function connectOut({ proxy, tls }: Config): Outbound {
  return createOutbound({
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    proxy,
    mustVerifyTls: !tls.mayDisable
  })
}

interface AgentParts {
  readonly mcp: McpClients
  readonly models: ReturnType<typeof createModelFactory>
  readonly checkpointer: ConversationCheckpointer
}

function buildAgent(parts: AnsweringParts, { mcp, models, checkpointer }: AgentParts): Agent {
  const { config, configuration, userTokens, logger, metrics, directory } = parts
  return createAgent({
    graph: createAgentGraph(checkpointer),
    checkpointer,
    limits: {
      maxModelCalls: config.limits.maxModelCalls,
      maxToolCalls: config.limits.maxToolCalls,
      maxAnswerCharacters: MAX_ANSWER_CHARACTERS,
      maxPromptCharacters: MAX_PROMPT_CHARACTERS
    },
    observer: observerOf(metrics),
    currentCatalog: () => configuration.store.current(),
    userTokenFor: (caller, context) => userTokens.forCaller(caller, context),
    modelFor: (model, context) => models.modelFor(model, context),
    leaseTools: (servers, userToken, context) => {
      const builtIn = {
        name: NAUTOBOT_TOOL_SERVER,
        tools: nautobotToolDefinitions,
        create: () =>
          createNautobotToolServer({
            nautobot: parts.nautobot,
            directory,
            correlationId: context.correlationId,
            userId: userToken.userId,
            ...runToken(userToken, userTokens)
          })
      }
      return mcp.lease(servers, builtIn, context)
    },
    toModelError,
    onFailed: (failure, { runId, correlationId }) =>
      logger.warn(
        { err: failure.cause ?? failure, code: failure.code, runId, correlationId },
        failure.message
      )
  })
}

function observerOf(metrics: Metrics): AgentObserver {
  return {
    modelCalled(outcome, durationMs, { inputTokens, outputTokens }) {
      metrics.modelCalls.observe({ outcome }, durationMs / 1_000)
      metrics.tokens.inc({ direction: 'input' }, inputTokens)
      metrics.tokens.inc({ direction: 'output' }, outputTokens)
    },
    toolCalled(server, isError, durationMs) {
      const origin = server === NAUTOBOT_TOOL_SERVER ? 'nautobot' : 'mcp'
      const outcome = isError ? 'error' : 'ok'
      metrics.toolCalls.observe({ origin, outcome }, durationMs / 1_000)
    }
  }
}

/**
 * The token of a run, renewed by its grant when it is about to expire or was refused: a run may outlive
 * both its token and the session it began in.
 */
function runToken(first: UserToken, userTokens: UserTokens) {
  let held: UserToken | undefined = first
  let renewal: Promise<UserToken> | undefined

  function renew(context: CallContext): Promise<UserToken> {
    renewal ??= userTokens
      .renew(first.grant, context)
      .then((renewed) => {
        held = renewed
        return renewed
      })
      .finally(() => {
        renewal = undefined
      })
    return renewal
  }

  return {
    userToken: async (context: CallContext) => {
      if (held && held.expiresAt - Date.now() > RENEW_BEFORE_MS) return held.token
      return (await renew(context)).token
    },
    forgetToken: (token: Secret) => {
      userTokens.forget(token)
      if (held?.token === token) held = undefined
    }
  }
}
