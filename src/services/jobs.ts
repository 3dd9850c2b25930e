import type { Redis } from 'ioredis'
import type { CatalogStore } from '../catalog/catalog-store.ts'
import type { Config } from '../config.ts'
import type { ConversationCleanup } from '../conversations/conversation-cleanup.ts'
import { AppError } from '../errors.ts'
import { createCatalogRefresh } from '../jobs/catalog-refresh.ts'
import { createCleanUpOldCheckpoints } from '../jobs/clean-up-old-checkpoints.ts'
import type { Job, JobRun } from '../jobs/job.ts'
import { createLocalJobCoordinator, type JobCoordinator } from '../jobs/job-coordinator.ts'
import { createMcpServerHealthCheck } from '../jobs/mcp-server-health-check.ts'
import { createRedisJobCoordinator } from '../jobs/redis-job-coordinator.ts'
import {
  createScheduler,
  type Demander,
  type Scheduler,
  type SkipReason
} from '../jobs/scheduler.ts'
import type { HealthCheck } from '../mcp/health-check.ts'
import type { Audit } from '../platform/audit.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createRedis } from '../platform/redis.ts'
import { createOutage, type Outage } from './outage.ts'

export interface JobsParts {
  readonly config: Config
  readonly catalog: CatalogStore
  readonly cleanup: ConversationCleanup
  readonly mcpHealth: HealthCheck
  readonly logger: Logger
  readonly metrics: Metrics
  readonly audit: Audit
}

/** What the service does by itself. */
export interface Jobs {
  readonly scheduler: Scheduler
  close(): Promise<void>
}

export function startJobs(parts: JobsParts): Jobs {
  const { config, catalog, cleanup, logger, metrics } = parts
  const outage = createOutage(logger, 'Redis does not answer; jobs of all replicas wait')
  const redis = connect(config, outage)
  const local = createLocalJobCoordinator()
  const shared = redis ? coordinateBy(redis.client, config) : local
  const scheduler = createScheduler({
    jobs: [
      createCatalogRefresh(catalog),
      createCleanUpOldCheckpoints(cleanup),
      createMcpServerHealthCheck(parts.mcpHealth)
    ],
    coordinatorOf: ({ scope }) => (scope === 'replica' ? local : shared),
    ...observe(parts, outage, () => redis?.ready() === true)
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

/** A connection of its own: what goes on in conversations must not keep a lock from being renewed. */
function connect({ redisUrl: url }: Config, outage: Outage) {
  if (!url) return undefined
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

function observe(
  { logger, metrics, audit }: JobsParts,
  outage: Outage,
  isConnected: () => boolean
) {
  const answered = (scope: Job['scope']) => {
    if (scope === 'deployment') outage.over()
  }
  return {
    onRun(job: Job, run: JobRun, demandedBy: Demander | undefined) {
      const { runId, outcome, durationMs } = run
      const who = { userId: demandedBy?.id, user: demandedBy?.username }
      // Every replica reads what it keeps anew each minute; that is worth a line when it fails, or somebody asked.
      const isRoutine = job.scope === 'replica' && outcome === 'succeeded' && !demandedBy
      if (!isRoutine) audit({ event: 'job.ran', outcome, ...who, job: job.name, runId, durationMs })
      if (run.outcome === 'succeeded') answered(job.scope)
      metrics.jobRuns.observe({ job: job.name, outcome: run.outcome }, run.durationMs / 1_000)
      // What concerns all is worth a line; what every replica does every minute is not.
      const level = job.scope === 'deployment' ? 'info' : 'debug'
      logger[level]({ job: job.name, ...run }, 'a job ended')
    },
    onSkipped({ name: job, scope }: Job, reason: SkipReason, error?: unknown) {
      metrics.jobTicksSkipped.inc({ job, reason })
      // Of a lost connection the connection tells. One that stands may refuse too: demoted to a replica, or hanging.
      if (reason !== 'unavailable') answered(scope)
      else if (isConnected()) outage.failed(error instanceof AppError ? error.cause : error)
    },
    onError: ({ name: job }: Job, err: unknown) => logger.warn({ err, job }, 'a job failed')
  }
}
