import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Authenticate } from './auth/authenticator.ts'
import type { Environment } from './config-schema.ts'
import type { Conversations } from './conversations/conversations.ts'
import type { ChatOptionsSource } from './http/chat-options.ts'
import { answerClientError } from './http/client-errors.ts'
import { createEventStreams } from './http/codecs/sse.ts'
import { HTTP_LIMITS, type HttpLimits } from './http/limits.ts'
import { authentication } from './http/plugins/authentication.ts'
import { answerFrameworkError, errorHandler } from './http/plugins/error-handler.ts'
import { jsonBody } from './http/plugins/json-body.ts'
import { correlationIdOf, observability } from './http/plugins/observability.ts'
import { openapi } from './http/plugins/openapi.ts'
import { rateLimit } from './http/plugins/rate-limit.ts'
import { security } from './http/plugins/security.ts'
import { tracing } from './http/plugins/tracing.ts'
import { chat } from './http/routes/chat.ts'
import type { ConfigurationOptions } from './http/routes/configuration-objects.ts'
import { conversationRoutes } from './http/routes/conversations.ts'
import { type JobRoutesOptions, jobs } from './http/routes/jobs.ts'
import { llmModels } from './http/routes/llm-models.ts'
import { type McpRouteOptions, mcp } from './http/routes/mcp.ts'
import { mcpServers } from './http/routes/mcp-servers.ts'
import { modelProbes } from './http/routes/model-probes.ts'
import { type Readiness, probes as readinessProbes } from './http/routes/probes.ts'
import { runApprovals } from './http/routes/run-approvals.ts'
import { runRoutes } from './http/routes/runs.ts'
import { serverChecks } from './http/routes/server-checks.ts'
import { serverTools } from './http/routes/server-tools.ts'
import { systemPrompts } from './http/routes/system-prompts.ts'
import { userConversationRoutes } from './http/routes/user-conversations.ts'
import { web } from './http/routes/web.ts'
import type { ModelProbes } from './llm/model-probes.ts'
import type { HealthCheck } from './mcp/health-check.ts'
import type { ServerTools } from './mcp/server-tools.ts'
import type { ToolWatch } from './mcp/tool-watch.ts'
import type { Logger } from './platform/logger.ts'
import type { Metrics } from './platform/metrics.ts'
import type { RunCoordinator } from './runs/run.ts'

export interface AppOptions {
  readonly environment: Environment
  readonly version: string
  /** What `HOST` says; in LAB a name that the Host header may carry beside `localhost`. */
  readonly host: string
  /** LAB: further names that the Host header may carry. */
  readonly allowedHosts?: readonly string[]
  /** Nautobot's address for browsers; undefined with the embedded sample, whose chat page is at `/`. */
  readonly nautobotPublicUrl: string | undefined
  /** Folder of the built chat. */
  readonly webRoot: string
  readonly heartbeatMs: number
  readonly rateLimitPerMinute: number
  /** Addresses whose `X-Forwarded-For` is believed; undefined: none. */
  readonly trustedProxies?: readonly string[]
  readonly limits?: Partial<HttpLimits>
  readonly logger: Logger
  readonly metrics: Metrics
  readonly authenticate: Authenticate
  readonly readiness: () => Readiness
  readonly runs: RunCoordinator
  readonly conversations: Conversations
  readonly configuration: Omit<ConfigurationOptions, 'lastProbes' | 'serverHealth' | 'changedTools'>
  readonly modelProbes: ModelProbes
  readonly mcpHealth: HealthCheck
  readonly mcpTools: ServerTools & Pick<ToolWatch, 'changed'>
  readonly scheduler: JobRoutesOptions['scheduler']
  readonly toolServerFor: McpRouteOptions['toolServerFor']
  readonly chatOptions: Pick<ChatOptionsSource, 'currentCatalog' | 'userToken'>
}

const CHAT_PAGE = '/plugins/ai-ops/chat/'

/** The whole HTTP surface, in order. Ready to listen; nothing has started. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { environment, version, metrics, runs, nautobotPublicUrl, modelProbes: probes } = options
  const isLab = environment === 'LAB'
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const app = createServer(options, limits)
  const streams = createEventStreams({
    heartbeatMs: options.heartbeatMs,
    maxStalledMs: limits.maxStalledStreamMs,
    onCount: (open) => metrics.eventStreams.set(open)
  })
  app.addHook('preClose', async () => {
    // Readers of unfinished runs would keep the server from closing.
    streams.close()
    // And so would a connection that has never sent a request, as browsers open them: Node calls it active.
    const cut = setTimeout(() => app.server.closeAllConnections(), limits.maxClosingMs)
    app.server.once('close', () => clearTimeout(cut))
  })

  await app.register(errorHandler, { metrics, showInternals: isLab, remainder: limits })
  await app.register(observability, { metrics })
  await app.register(tracing)
  await app.register(security, {
    allowedOrigin: nautobotPublicUrl && new URL(nautobotPublicUrl).origin,
    allowedHosts: isLab ? [options.host, ...(options.allowedHosts ?? [])] : undefined
  })
  await app.register(rateLimit, {
    maxPerMinute: options.rateLimitPerMinute,
    maxRefusedPerMinute: limits.maxRefusedIdentitiesPerMinute,
    maxEntries: limits.maxRateLimitEntries
  })
  await app.register(authentication, { authenticate: options.authenticate })
  await app.register(jsonBody, { maxDepth: limits.maxJsonDepth })
  await app.register(openapi, { version })

  await app.register(chat, {
    runs,
    streams,
    options: { ...options.chatOptions, lastProbes: probes.last, version, environment }
  })
  await app.register(runRoutes, { runs, streams })
  await app.register(runApprovals, { runs })
  await app.register(conversationRoutes, { conversations: options.conversations })
  await app.register(userConversationRoutes, { conversations: options.conversations })
  await app.register(modelProbes, { probes })
  await app.register(serverChecks, { check: options.mcpHealth })
  await app.register(serverTools, { tools: options.mcpTools })
  for (const routes of [llmModels, mcpServers, systemPrompts]) {
    const known = {
      lastProbes: probes.lastOf,
      serverHealth: options.mcpHealth.known,
      changedTools: options.mcpTools.changed
    }
    await app.register(routes, { ...options.configuration, ...known })
  }
  const { toolServerFor, heartbeatMs } = options
  await app.register(mcp, { toolServerFor, keepAliveMs: heartbeatMs })
  await app.register(jobs, { scheduler: options.scheduler })
  await app.register(readinessProbes, { readiness: options.readiness, metrics })
  await app.register(web, {
    webRoot: options.webRoot,
    homeUrl: nautobotPublicUrl && `${nautobotPublicUrl}${CHAT_PAGE}`
  })
  return app
}

function createServer({ logger, trustedProxies }: AppOptions, limits: HttpLimits): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    trustProxy: trustedProxies ? [...trustedProxies] : false,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'correlationId'
    }),
    genReqId: correlationIdOf,
    requestIdHeader: false,
    bodyLimit: limits.maxBodyBytes,
    // The coordinator refuses what comes during a drain, in our words.
    return503OnClosing: false,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    routerOptions: { maxParamLength: limits.maxParameterCharacters },
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.timeoutCheckMs
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError
  })
  app.server.maxConnections = limits.maxConnections
  return app
}
