import type { Redis } from 'ioredis'
import { patiently } from '../platform/patiently.ts'
import { type RedisReply, type RedisScript, runScript } from '../platform/redis-script.ts'
import type { JobRun } from './job.ts'
import { type JobAnswer, type JobCoordinator, JobLost } from './job-coordinator.ts'
import { CLAIM_JOB, DESCRIBE_JOB, RELEASE_JOB, RENEW_JOB, REPORT_JOB } from './redis-job-scripts.ts'

const LEASE_MS = 15_000
const HEARTBEAT_MS = 3_000
/** A job that no replica has any more is forgotten after this. */
const KEEP_SECONDS = 30 * 86_400

export interface RedisJobCoordinatorOptions {
  /** A connection for commands. Whoever made it closes it. */
  readonly client: Redis
  /** Services that share a Redis are kept apart by it. */
  readonly deployment: string
  /** A run whose claim is not renewed for this long may be run by anyone; in Redis' time. */
  readonly leaseMs?: number
  readonly heartbeatMs?: number
}

/**
 * For what concerns all replicas: one of them runs a job, and every one knows how it stands.
 * Throws REDIS_UNAVAILABLE.
 */
export function createRedisJobCoordinator(options: RedisJobCoordinatorOptions): JobCoordinator {
  const { client, deployment, leaseMs = LEASE_MS, heartbeatMs = HEARTBEAT_MS } = options
  const isClosed = () => client.status === 'end'

  async function call(script: RedisScript, jobName: string, ...args: (string | number)[]) {
    const keys = [`ai-ops:${deployment}:job:${jobName}`]
    const [outcome, ...parts] = (await runScript(client, script, { keys, args })) as RedisReply[]
    return { outcome: String(outcome), parts }
  }

  function claimOf(jobName: string, runId: string, startedAt: number, sentAt: number): JobAnswer {
    const renew = async () => (await call(RENEW_JOB, jobName, runId, leaseMs)).outcome === 'OK'
    const lease = keepLease({ renew, sentAt, leaseMs, heartbeatMs })
    return {
      kind: 'claimed',
      claim: {
        runId,
        startedAt,
        lost: lease.lost,
        async report(run) {
          const report = [runId, JSON.stringify(run), KEEP_SECONDS] as const
          await patiently(() => call(REPORT_JOB, jobName, ...report), leaseMs, isClosed)
        },
        async release() {
          lease.end()
          await patiently(() => call(RELEASE_JOB, jobName, runId), leaseMs, isClosed)
        }
      }
    }
  }

  return {
    async claim({ job: { name, minIntervalMs }, runId, isOnDemand }) {
      const trigger = isOnDemand ? 'demand' : 'tick'
      const sentAt = performance.now()
      const args = [runId, leaseMs, minIntervalMs, trigger, KEEP_SECONDS]
      const { outcome, parts } = await call(CLAIM_JOB, name, ...args)
      if (outcome === 'RUNNING') return { kind: 'running', runId: String(parts[0]) }
      if (outcome === 'SOON') return { kind: 'too-soon' }
      return claimOf(name, runId, Number(parts[0]), sentAt)
    },

    async standing(jobName) {
      const { parts } = await call(DESCRIBE_JOB, jobName)
      const [runId, lastRun] = parts.map(String)
      return {
        runId: runId || undefined,
        lastRun: lastRun ? (JSON.parse(lastRun) as JobRun) : undefined
      }
    }
  }
}

interface LeaseOptions {
  /** Answers whether the claim still stands. */
  readonly renew: () => Promise<boolean>
  /** When the claim was asked for, by `performance.now()`. */
  readonly sentAt: number
  readonly leaseMs: number
  readonly heartbeatMs: number
}

/**
 * Renews a claim until its end. It is lost when another replica has it, and when it may have lapsed: without an answer of
 * Redis for as long as the lease, as in a process that was frozen.
 */
function keepLease({ renew, sentAt, leaseMs, heartbeatMs }: LeaseOptions) {
  const lost = new AbortController()
  let isBeating = false
  let lapse: NodeJS.Timeout | undefined

  function lose(why: string): void {
    end()
    lost.abort(new JobLost(why))
  }

  /** Counted from the sending: Redis may have counted from any time between that and its answer. */
  function extend(since: number): void {
    clearTimeout(lapse)
    const leftMs = since + leaseMs - performance.now()
    lapse = setTimeout(lose, leftMs, 'Redis was out of reach for too long.').unref()
  }

  async function beat(): Promise<void> {
    if (isBeating) return
    isBeating = true
    const beatAt = performance.now()
    const isHeld = await renew().catch(() => undefined)
    isBeating = false
    if (lost.signal.aborted || lapse === undefined) return
    if (isHeld === false) lose('Another replica runs it now.')
    // Without an answer the lease may hold yet; it ends by itself when it does not.
    if (isHeld) extend(beatAt)
  }

  const heartbeat = setInterval(beat, heartbeatMs).unref()
  extend(sentAt)

  function end(): void {
    clearInterval(heartbeat)
    clearTimeout(lapse)
    lapse = undefined
  }

  return { lost: lost.signal, end }
}
