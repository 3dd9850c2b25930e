import { createCatalogInvalidation } from '../catalog/catalog-invalidation.ts'
import { createCatalogLoader } from '../catalog/catalog-loader.ts'
import { type CatalogReader, createCatalogReader } from '../catalog/catalog-reader.ts'
import { type CatalogStore, createCatalogStore } from '../catalog/catalog-store.ts'
import { type CatalogWriter, createCatalogWriter } from '../catalog/catalog-writer.ts'
import type { Config } from '../config.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createRedis, type RedisConnection } from '../platform/redis.ts'
import { withLocalSecrets } from '../secrets/local-secrets.ts'
import { createSecretResolver, type SecretResolver } from '../secrets/secret-resolver.ts'
import type { Surroundings } from './surroundings.ts'

const MAX_WAIT_MS = 3_000
const RETRY_AFTER_MS = 10_000
const SECRET_MAX_AGE_MS = 60_000
const MAX_SECRETS = 1_000

/** The configuration objects of Nautobot: read, kept current, written, and their secrets. */
export interface Configuration {
  readonly store: CatalogStore
  readonly reader: CatalogReader
  readonly writer: CatalogWriter
  readonly secrets: SecretResolver
  /** The connection that hears the shim's events; undefined without Redis. */
  readonly subscriber: RedisConnection | undefined
  close(): Promise<void>
}

export interface ConfigurationParts {
  readonly config: Config
  readonly surroundings: Surroundings
  readonly nautobot: NautobotClient
  readonly logger: Logger
  readonly metrics: Metrics
}

export function createConfiguration(parts: ConfigurationParts): Configuration {
  const { surroundings, nautobot } = parts
  const closing = new AbortController()
  const store = createStore(parts, closing.signal)
  const secrets = withLocalSecrets(
    createSecretResolver({
      client: nautobot,
      serviceToken: surroundings.nautobot.token,
      signal: closing.signal,
      maxAgeMs: SECRET_MAX_AGE_MS,
      maxEntries: MAX_SECRETS,
      onOutdated: () => store.invalidate()
    }),
    surroundings.localSecrets
  )
  const reader = createCatalogReader(nautobot)
  const events = listen(parts, () => {
    store.invalidate()
    secrets.forgetAll()
  })
  return {
    store,
    reader,
    writer: createCatalogWriter({ client: nautobot, reader, onChanged: () => store.invalidate() }),
    secrets,
    subscriber: events?.redis,
    async close() {
      closing.abort()
      events?.invalidation.close()
      await events?.redis.close()
    }
  }
}

function createStore(
  { config, surroundings, nautobot, logger, metrics }: ConfigurationParts,
  signal: AbortSignal
): CatalogStore {
  const load = createCatalogLoader({
    client: nautobot,
    serviceToken: surroundings.nautobot.token,
    signal,
    extraModels: surroundings.extraModels,
    extraMcpServers: surroundings.extraMcpServers,
    onLeftOut: (leftOut) => logger.warn(leftOut, 'an object of the catalog is left out')
  })
  return createCatalogStore({
    load: async () => {
      const catalog = await load()
      metrics.catalogLoadedAt.set(catalog.loadedAt / 1_000)
      return catalog
    },
    maxAgeMs: config.limits.catalogMaxAgeMs,
    maxWaitMs: MAX_WAIT_MS,
    retryAfterMs: RETRY_AFTER_MS,
    onRefreshFailed: (err) =>
      logger.warn({ err }, 'the catalog could not be read; the last one serves')
  })
}

function listen({ config, logger, metrics }: ConfigurationParts, onChange: () => void) {
  if (!config.redisUrl) return undefined
  const redis = createRedis({
    url: config.redisUrl,
    role: 'subscriber',
    onError: (err) => logger.warn({ err }, 'Redis does not answer')
  })
  const invalidation = createCatalogInvalidation({
    subscriber: redis.client,
    deployment: config.deployment,
    onConnected: (connected) => metrics.eventChannelUp.set(connected ? 1 : 0),
    onChange: (event) => {
      logger.debug({ event }, 'the configuration changed')
      onChange()
    },
    onError: (err) => logger.warn({ err }, 'the event channel could not be joined')
  })
  redis.start()
  return { redis, invalidation }
}
