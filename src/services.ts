import type { AppOptions } from './app.ts'
import { createAuthenticator } from './auth/authenticator.ts'
import { createUserStatements } from './auth/user-statement.ts'
import { createUserTokens, type Exchange, type UserTokens } from './auth/user-token.ts'
import type { McpServer } from './catalog/catalog.ts'
import type { CatalogStore } from './catalog/catalog-store.ts'
import type { Config } from './config.ts'
import type { NautobotRequest } from './nautobot/client.ts'
import type { NautobotClient } from './nautobot/client.types.ts'
import { createModelDirectory, type ModelDirectory } from './nautobot-tools/model-directory.ts'
import { createSavedQueries } from './nautobot-tools/saved-queries.ts'
import { type Audit, createAudit } from './platform/audit.ts'
import type { Logger } from './platform/logger.ts'
import { createMetrics, type Metrics } from './platform/metrics.ts'
import type { Secret } from './platform/secret.ts'
import { createAnswering } from './services/answering.ts'
import { type Boot, type Demand, startBoot } from './services/boot.ts'
import { type Configuration, createConfiguration } from './services/configuration.ts'
import { startJobs } from './services/jobs.ts'
import { createMcpCare } from './services/mcp-care.ts'
import { createMcpFacts } from './services/mcp-facts.ts'
import { createOutsideTools } from './services/outside-tools.ts'
import { prepareSurroundings, type Surroundings } from './services/surroundings.ts'
import { forgetChanged } from './services/tool-knowledge.ts'
import { startTracing } from './services/tracing.ts'
import { connectNautobot } from './services/ways.ts'

export interface ServicesOptions {
  readonly config: Config
  readonly logger: Logger
  readonly version: string
}

/** Every long-lived object, made once, in order. */
export interface Services {
  readonly app: Pick<
    AppOptions,
    | 'authenticate'
    | 'readiness'
    | 'runs'
    | 'conversations'
    | 'chatOptions'
    | 'configuration'
    | 'modelProbes'
    | 'mcpHealth'
    | 'mcpTools'
    | 'scheduler'
    | 'toolServerFor'
    | 'metrics'
  >
  readonly embedded: readonly string[]
  /** Loads what only questions need. */
  warmUp(): Promise<unknown>
  /** Not ready from now on; running answers get the deadline, then they are stopped. */
  drain(deadlineMs: number): Promise<void>
  /** In reverse order. Call it when nothing is served any more. */
  close(): Promise<void>
}

/** The service account, and the way to Nautobot. */
interface ServiceIdentity {
  readonly nautobot: NautobotClient
  readonly serviceToken: Secret
}

export async function createServices({
  config,
  logger,
  version
}: ServicesOptions): Promise<Services> {
  const metrics = createMetrics({ version, withProcess: true })
  const tracing = await startTracing({ config, logger, metrics, version })
  const common = { config, logger, metrics, audit: createAudit(logger) }
  const surroundings = await prepareSurroundings(config)
  const nautobot = connectNautobot(config, surroundings, nautobotObserver(metrics))
  const identity = { nautobot, serviceToken: surroundings.nautobot.token }
  const userTokens = createUserTokens({ ...identity, ...exchangeObserver(common.audit) })
  const tools = { nautobot, userTokens, ...createTools(identity, logger) }
  const configuration = createConfiguration({
    ...common,
    surroundings,
    nautobot,
    onRightsChanged: () => forgetRights(tools),
    onRead: (catalog) => answering.warm(catalog),
    onEvent: (event) => forgetChanged(event, tools)
  })
  const facts = createMcpFacts(common)
  const vouching = createVouching(identity, configuration, common.audit)
  const parts = { ...common, ...tools, ...vouching, configuration, watch: facts.watch }
  const answering = createAnswering(parts)
  const { cleanup, modelProbes } = answering
  const care = createMcpCare({ ...identity, logger, configuration, facts, answering })
  const catalog = configuration.store
  const jobs = startJobs({ ...common, catalog, cleanup, mcpHealth: care.mcpHealth })
  const boot = startBoot(demandsOf(configuration), logger)
  const askers = [boot, jobs, answering, facts, configuration]
  showStanding(metrics, catalog, boot)

  return {
    app: {
      authenticate: createAuthenticator({ ...identity, ...callerOf(surroundings) }),
      readiness: boot.state,
      runs: answering.runs,
      conversations: answering.conversations,
      chatOptions: {
        currentCatalog: () => catalog.current(),
        userToken: (caller, context) => userTokens.forCaller(caller, context)
      },
      configuration: { reader: configuration.reader, writer: configuration.writer, userTokens },
      modelProbes,
      ...care,
      scheduler: jobs.scheduler,
      toolServerFor: createOutsideTools({ ...tools, ...common }),
      metrics
    },
    embedded: surroundings.embedded,
    warmUp: () => import('./llm/chat-completions-model.ts'),
    async drain(deadlineMs) {
      boot.drain()
      await answering.runs.drain(deadlineMs)
    },
    close: () => closeInOrder([...askers, tools.savedQueries, nautobot, surroundings, tracing])
  }
}

async function closeInOrder(parts: readonly { close(): void | Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close()
}

const callerOf = ({ labCaller }: Surroundings) => (labCaller ? { labCaller } : {})

/** What the built-in tools share. */
function createTools(identity: ServiceIdentity, logger: Logger) {
  return {
    directory: createModelDirectory(),
    savedQueries: createSavedQueries({
      ...identity,
      onFailed: (err) => logger.warn({ err }, 'saved queries could not be read'),
      onLeftOut: (queries) => logger.warn({ queries }, 'saved queries are no tools')
    })
  }
}

/** Tells MCP servers who asks, where they are described so. */
function createVouching(identity: ServiceIdentity, { store }: Configuration, audit: Audit) {
  const stateUser = createUserStatements({
    ...identity,
    onOutdated: () => store.invalidate(),
    onStated: ({ id, name }, stated) => audit({ event: 'user.stated', id, name, ...stated })
  })
  return { stateUser }
}

function exchangeObserver(audit: Audit) {
  return {
    onExchanged: ({ username: user, ...exchange }: Exchange) =>
      audit({ event: 'token.exchanged', user, ...exchange })
  }
}

function forgetRights(tools: { userTokens: UserTokens; directory: ModelDirectory }): void {
  tools.userTokens.forgetAll()
  tools.directory.forgetUsers()
}

/** Requests by method and status class. */
function nautobotObserver({ nautobotRequests }: Metrics) {
  return ({ method, status, durationMs }: NautobotRequest) => {
    const answered = status === undefined ? 'none' : `${Math.floor(status / 100)}xx`
    nautobotRequests.observe({ method, status: answered }, durationMs / 1_000)
  }
}

function showStanding(metrics: Metrics, catalog: CatalogStore, boot: Boot): void {
  metrics.beforeReading(async () => {
    const servers = catalog.peek()?.mcpServers ?? []
    metrics.ready.set(boot.state().isReady ? 1 : 0)
    metrics.mcpServersFailed.set(servers.filter(isFailing).length)
  })
}

/** As the health check wrote it into Nautobot. */
const isFailing = ({ enabled, status }: McpServer) => enabled && status === 'Failed'

/** What has to be seen once before the first question. */
function demandsOf({ store, checkEvents }: Configuration): Demand[] {
  const catalog = { name: 'the configuration in Nautobot', check: () => store.current() }
  if (!checkEvents) return [catalog]
  return [catalog, { name: 'Redis', check: checkEvents }]
}
