import type { Redis } from 'ioredis'
import type { CatalogStore } from '../catalog/catalog-store.ts'
import type { Config } from '../config.ts'
import type { ConversationCleanup } from '../conversations/conversation-cleanup.ts'
import { AppError } from '../errors.ts'
import { createCatalogRefresh } from '../jobs/catalog-refresh.ts'
import { createCleanUpOldCheckpoints } from '../jobs/clean-up-old-checkpoints.ts'
import type { Job, JobRun } from '../jobs/job.ts'
import { createLocalJobCoordinator, type JobCoordinator } from '../jobs/job-coordinator.ts'
import { createRedisJobCoordinator } from '../jobs/redis-job-coordinator.ts'
import { createScheduler, type Scheduler, type SkipReason } from '../jobs/scheduler.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createRedis } from '../platform/redis.ts'
import { createOutage } from './outage.ts'

export interface JobsParts {
  readonly config: Config
  readonly catalog: CatalogStore
  readonly cleanup: ConversationCleanup
  readonly logger: Logger
  readonly metrics: Metrics
}

/** What the service does by itself. */
export interface Jobs {
  readonly scheduler: Scheduler
  close(): Promise<void>
}

export function startJobs(parts: JobsParts): Jobs {
  const { config, catalog, cleanup, logger, metrics } = parts
  const redis = connect(config, logger)
  const local = createLocalJobCoordinator()
  const shared = redis ? coordinateBy(redis.client, config) : local
  const scheduler = createScheduler({
    jobs: [createCatalogRefresh(catalog), createCleanUpOldCheckpoints(cleanup)],
    coordinatorOf: ({ scope }) => (scope === 'replica' ? local : shared),
    ...observe(parts)
  })
  metrics.beforeReading(() => showSize(cleanup, metrics))
  scheduler.start()
  return {
    scheduler,
    async close() {
      await scheduler.close()
      await redis?.close()
    }
  }
}

/** A connection of its own: the bulk of a job's commands must not stand in the way of an answer's. */
function connect({ redisUrl: url }: Config, logger: Logger) {
  if (!url) return undefined
  const outage = createOutage(logger, 'Redis does not answer; jobs of all replicas wait')
  const redis = createRedis({ url, role: 'commands', onError: outage.failed })
  redis.client.on('ready', outage.over)
  redis.start()
  return redis
}

function coordinateBy(client: Redis, { deployment }: Config): JobCoordinator {
  return createRedisJobCoordinator({ client, deployment })
}

/** Kept in Redis, so that every replica shows what one has measured; without it the last numbers stay. */
async function showSize(cleanup: ConversationCleanup, metrics: Metrics): Promise<void> {
  const size = await cleanup.size().catch(() => undefined)
  if (!size) return
  metrics.conversations.set(size.conversations)
  metrics.conversationBytes.set(size.bytes)
  metrics.conversationsMeasuredAt.set(size.measuredAt / 1_000)
}

function observe({ logger, metrics }: JobsParts) {
  return {
    onRun(job: Job, run: JobRun) {
      metrics.jobRuns.observe({ job: job.name, outcome: run.outcome }, run.durationMs / 1_000)
      // What concerns all is worth a line; what every replica does every minute is not.
      logger[job.scope === 'deployment' ? 'info' : 'debug'](
        { job: job.name, ...run },
        'a job ended'
      )
    },
    onSkipped({ name: job }: Job, reason: SkipReason, err?: unknown) {
      metrics.jobTicksSkipped.inc({ job, reason })
      // Of an outage the connection tells, once.
      const isKnown =
        err === undefined || (err instanceof AppError && err.code === 'REDIS_UNAVAILABLE')
      if (!isKnown) logger.error({ err, job }, 'a job could not begin')
    },
    onError: ({ name: job }: Job, err: unknown) => logger.warn({ err, job }, 'a job failed')
  }
}
