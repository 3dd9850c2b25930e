import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { clockApart } from '../../support/fake-clock.ts'
import { type RunningProcess, startProcess } from '../../support/processes.ts'

const SCRIPT = join(import.meta.dirname, 'job-replica.ts')
const START_TIMEOUT_MS = 20_000

export interface ReplicaOptions {
  readonly redisUrl: string
  readonly deployment: string
  readonly leaseMs?: number
  readonly heartbeatMs?: number
  readonly minIntervalMs?: number
  readonly workMs?: number
  /** How far its clock is from that of everybody else, as libfaketime writes it: `+1h`. */
  readonly clock?: string
}

/** What a replica has printed. */
export interface ReplicaLine {
  readonly step: 'ready' | 'begun' | 'aborted' | 'ended' | 'skipped' | 'failed'
  readonly run?: string
  readonly runId?: string
  readonly outcome?: string
  readonly detail?: string
  readonly reason?: string
  /** By Redis' clock. */
  readonly startedAt?: number
  readonly steps?: number
  /** Its own clock. */
  readonly clock: number
}

export interface JobReplica {
  readonly process: RunningProcess
  lines(step: ReplicaLine['step']): ReplicaLine[]
  signal(name: NodeJS.Signals): void
}

/** A scheduler in a process of its own that ticks every second; ends with the test. */
export async function startJobReplica(options: ReplicaOptions): Promise<JobReplica> {
  const { PATH, HOME } = process.env
  const running = startProcess({
    command: process.execPath,
    args: [SCRIPT],
    env: {
      ...{ PATH, HOME, REDIS_URL: options.redisUrl, DEPLOYMENT: options.deployment },
      LEASE_MS: String(options.leaseMs ?? 1_000),
      HEARTBEAT_MS: String(options.heartbeatMs ?? 200),
      MIN_INTERVAL_MS: String(options.minIntervalMs ?? 0),
      WORK_MS: String(options.workMs ?? 50),
      ...(options.clock && clockApart(options.clock))
    }
  })
  onTestFinished(() => running.kill())
  await running.waitForOutput(/"step":"ready"/, START_TIMEOUT_MS)
  return {
    process: running,
    lines: (step) =>
      running
        .output()
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as ReplicaLine)
        .filter((line) => line.step === step),
    signal: (name) => void process.kill(running.pid, name)
  }
}
