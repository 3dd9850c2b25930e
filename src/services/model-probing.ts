import type { Config } from '../config.ts'
import type { ModelFactory } from '../llm/model-factory.ts'
import { createModelProbes, type ModelProbes } from '../llm/model-probes.ts'
import { PROBE_RECORDS } from '../llm/probe-records.ts'
import type { Logger } from '../platform/logger.ts'
import { createMemoryRecords, createRedisRecords } from '../platform/records.ts'
import { createRedis } from '../platform/redis.ts'
import type { Configuration } from './configuration.ts'

export interface ModelProbingParts {
  readonly config: Config
  readonly configuration: Configuration
  readonly models: ModelFactory
  readonly logger: Logger
}

/** Probes of LLM models, whose outcomes all replicas know where there is a Redis. */
export interface ModelProbing {
  readonly probes: ModelProbes
  close(): Promise<void>
}

export function createModelProbing(parts: ModelProbingParts): ModelProbing {
  const { config, configuration, models, logger } = parts
  const onRecordsFailed = (err: unknown) =>
    logger.debug({ err }, 'outcomes of probes could not be kept or read')
  const { redisUrl: url, deployment } = config
  const redis = url && createRedis({ url, role: 'commands', onError: onRecordsFailed })
  redis?.start()
  const records = redis
    ? createRedisRecords(PROBE_RECORDS, { client: redis.client, deployment })
    : createMemoryRecords(PROBE_RECORDS)
  return {
    probes: createModelProbes({
      models,
      records,
      currentCatalog: () => configuration.store.current(),
      onRecordsFailed
    }),
    async close() {
      await redis?.close()
    }
  }
}
