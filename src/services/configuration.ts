import type { Catalog } from '../catalog/catalog.ts'
import { type CatalogEvent, createCatalogInvalidation } from '../catalog/catalog-invalidation.ts'
import { createCatalogLoader } from '../catalog/catalog-loader.ts'
import { type CatalogReader, createCatalogReader } from '../catalog/catalog-reader.ts'
import { type CatalogStore, createCatalogStore } from '../catalog/catalog-store.ts'
import { type CatalogWriter, createCatalogWriter } from '../catalog/catalog-writer.ts'
import type { Config } from '../config.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import type { Audit } from '../platform/audit.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createRedis } from '../platform/redis.ts'
import { withLocalSecrets } from '../secrets/local-secrets.ts'
import { createSecretResolver, type SecretResolver } from '../secrets/secret-resolver.ts'
import { createOutage } from './outage.ts'
import type { Surroundings } from './surroundings.ts'
import { trustedHostsOf } from './ways.ts'

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
  /** Hosts that the environment names, which may be asked whatever AI_OPS_EGRESS_ALLOW says. */
  readonly trustedHosts: readonly string[]
  /** Rejects with REDIS_UNAVAILABLE while the shim's events cannot be heard; undefined without Redis. */
  readonly checkEvents: (() => Promise<void>) | undefined
  close(): Promise<void>
}

export interface ConfigurationParts {
  readonly config: Config
  readonly surroundings: Surroundings
  readonly nautobot: NautobotClient
  readonly logger: Logger
  readonly metrics: Metrics
  readonly audit: Audit
  /** What a user may do, or with which model, may be different from now on. */
  readonly onRightsChanged: () => void
  /** The catalog was read, changed or not. */
  readonly onRead: (catalog: Catalog) => void
  /** Something was saved in Nautobot; undefined: anything may have been. */
  readonly onEvent: (event: CatalogEvent | undefined) => void
}

export function createConfiguration(parts: ConfigurationParts): Configuration {
  const { surroundings, nautobot, onRightsChanged } = parts
  const closing = new AbortController()
  const store = createStore(parts, closing.signal)
  const secrets = withLocalSecrets(
    createSecretResolver({
      client: nautobot,
      serviceToken: surroundings.nautobot.token,
      signal: closing.signal,
      maxAgeMs: SECRET_MAX_AGE_MS,
      maxEntries: MAX_SECRETS,
      onOutdated: () => store.invalidate(),
      onResolved: (kind, { id, name }, { outcome, correlationId }) =>
        parts.audit({ event: 'credential.resolved', outcome, kind, id, name, correlationId })
    }),
    surroundings.localSecrets
  )
  const reader = createCatalogReader(nautobot)
  const onChanged = () => {
    store.invalidate()
    onRightsChanged()
  }
  const events = listen(parts, (event) => {
    onChanged()
    secrets.forgetAll()
    parts.onEvent(event)
  })
  return {
    store,
    reader,
    writer: createCatalogWriter({ client: nautobot, reader, onChanged }),
    secrets,
    trustedHosts: trustedHostsOf(parts.config, parts.surroundings),
    checkEvents: events?.check,
    async close() {
      closing.abort()
      events?.invalidation.close()
      await events?.redis.close()
    }
  }
}

function createStore(
  { config, surroundings, nautobot, logger, metrics, onRightsChanged, onRead }: ConfigurationParts,
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
  let revision: string | undefined
  return createCatalogStore({
    load: async () => {
      const catalog = await load()
      // Seen without an event: one was lost, and with it perhaps a change of rights.
      if (revision !== undefined && revision !== catalog.revision) onRightsChanged()
      revision = catalog.revision
      metrics.catalogLoadedAt.set(catalog.loadedAt / 1_000)
      onRead(catalog)
      return catalog
    },
    maxAgeMs: config.limits.catalogMaxAgeMs,
    maxWaitMs: MAX_WAIT_MS,
    retryAfterMs: RETRY_AFTER_MS,
    onRefreshFailed: (err) =>
      logger.warn({ err }, 'the catalog could not be read; the last one serves')
  })
}

function listen(
  { config, logger, metrics }: ConfigurationParts,
  onChange: ConfigurationParts['onEvent']
) {
  if (!config.redisUrl) return undefined
  metrics.eventChannelUp.set(0)
  const outage = createOutage(logger, 'Redis cannot be heard; configuration is read by its age')
  const redis = createRedis({ url: config.redisUrl, role: 'subscriber', onError: outage.failed })
  const invalidation = createCatalogInvalidation({
    subscriber: redis.client,
    deployment: config.deployment,
    onConnected: (connected) => {
      metrics.eventChannelUp.set(connected ? 1 : 0)
      if (connected) outage.over()
    },
    onChange: (event) => {
      logger.debug({ event }, 'the configuration changed')
      onChange(event)
    },
    onError: outage.failed
  })
  redis.start()
  return { redis, invalidation, check: outage.check }
}
