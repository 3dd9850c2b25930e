import type { AppOptions } from './app.ts'
import { createAuthenticator } from './auth/authenticator.ts'
import { createUserTokens } from './auth/user-token.ts'
import type { Config } from './config.ts'
import { createNautobotClient } from './nautobot/client.ts'
import type { NautobotClient } from './nautobot/client.types.ts'
import { createModelDirectory } from './nautobot-tools/model-directory.ts'
import type { Logger } from './platform/logger.ts'
import { createMetrics, type Metrics } from './platform/metrics.ts'
import { createAnswering } from './services/answering.ts'
import { type Demand, startBoot } from './services/boot.ts'
import { type Configuration, createConfiguration } from './services/configuration.ts'
import { startJobs } from './services/jobs.ts'
import { createOutsideTools } from './services/outside-tools.ts'
import { prepareSurroundings, type Surroundings } from './services/surroundings.ts'

const MAX_NAUTOBOT_RESPONSE_BYTES = 32 * 1024 * 1024

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

export async function createServices({
  config,
  logger,
  version
}: ServicesOptions): Promise<Services> {
  const metrics = createMetrics({ version, withProcess: true })
  const common = { config, logger, metrics }
  const surroundings = await prepareSurroundings(config)
  const nautobot = connectNautobot(config, surroundings, metrics)
  const serviceToken = surroundings.nautobot.token
  const userTokens = createUserTokens({ nautobot, serviceToken })
  const configuration = createConfiguration({
    ...common,
    surroundings,
    nautobot,
    onRightsChanged: () => userTokens.forgetAll()
  })
  const tools = { nautobot, userTokens, directory: createModelDirectory() }
  const answering = createAnswering({ ...common, ...tools, configuration })
  const { cleanup } = answering
  const jobs = startJobs({ ...common, catalog: configuration.store, cleanup })
  const boot = startBoot(demandsOf(configuration), logger)
  const { labCaller } = surroundings

  return {
    app: {
      authenticate: createAuthenticator({
        nautobot,
        serviceToken,
        ...(labCaller && { labCaller })
      }),
      readiness: boot.state,
      runs: answering.runs,
      conversations: answering.conversations,
      chatOptions: {
        currentCatalog: () => configuration.store.current(),
        userToken: (caller, context) => userTokens.forCaller(caller, context)
      },
      configuration: { reader: configuration.reader, writer: configuration.writer, userTokens },
      scheduler: jobs.scheduler,
      toolServerFor: createOutsideTools({ ...tools, logger, metrics }),
      metrics
    },
    embedded: surroundings.embedded,
    warmUp: () => import('./llm/chat-completions-model.ts'),
    async drain(deadlineMs) {
      boot.drain()
      await answering.runs.drain(deadlineMs)
    },
    async close() {
      await boot.close()
      await jobs.close()
      await answering.close()
      await configuration.close()
      await surroundings.close()
    }
  }
}

function connectNautobot(
  { limits, tls }: Config,
  { nautobot: { url, publicUrl } }: Surroundings,
  metrics: Metrics
): NautobotClient {
  return createNautobotClient({
    url,
    publicUrl,
    timeoutMs: limits.nautobotTimeoutMs,
    maxInFlight: limits.nautobotMaxInFlight,
    maxInFlightPerToken: limits.nautobotMaxInFlightPerUser,
    maxResponseBytes: MAX_NAUTOBOT_RESPONSE_BYTES,
    verifyTls: tls.verify,
    onRequest: ({ method, status, durationMs }) => {
      const answered = status === undefined ? 'none' : `${Math.floor(status / 100)}xx`
      metrics.nautobotRequests.observe({ method, status: answered }, durationMs / 1_000)
    }
  })
}

/** What has to be seen once before the first question. */
function demandsOf({ store, checkEvents }: Configuration): Demand[] {
  const catalog = { name: 'the configuration in Nautobot', check: () => store.current() }
  if (!checkEvents) return [catalog]
  return [catalog, { name: 'Redis', check: checkEvents }]
}
