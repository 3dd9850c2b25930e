import type { Job, JobRun } from './job.ts'

/** Who wants to run which job. */
export interface JobRequest {
  readonly job: Pick<Job, 'name' | 'minIntervalMs'>
  readonly runId: string
  /** A run on demand begins whenever the last one was. */
  readonly isOnDemand: boolean
}

/** The right to run a job went to another replica, or nobody can say that it did not. Its message is for people. */
export class JobLost extends Error {}

/** The right to run a job. */
export interface JobClaim {
  readonly runId: string
  /** Milliseconds since the epoch, by the coordinator's clock. */
  readonly startedAt: number
  /** Aborts, with a JobLost as its reason, when the right is lost: the work has to stop. */
  readonly lost: AbortSignal
  /** Keeps what came of the run. The right is held on: the work may outlast its outcome. */
  report(run: JobRun): Promise<void>
  /** Gives the right back. Called exactly once, when the work has truly ended. */
  release(): Promise<void>
}

export type JobAnswer =
  | { readonly kind: 'claimed'; readonly claim: JobClaim }
  | { readonly kind: 'running'; readonly runId: string }
  | { readonly kind: 'too-soon' }

/** How a job stands, wherever it runs. */
export interface JobStanding {
  /** The run under way. */
  readonly runId: string | undefined
  readonly lastRun: JobRun | undefined
}

/** Decides which process runs a job, and knows how it stands. */
export interface JobCoordinator {
  /** The right to run this job now, or why there is none. */
  claim(request: JobRequest): Promise<JobAnswer>
  standing(jobName: string): Promise<JobStanding>
}

interface Held {
  runId?: string | undefined
  startedAt?: number
  lastRun?: JobRun
}

/** For what concerns a single process: a job is run once at a time. */
export function createLocalJobCoordinator({
  now = Date.now
}: {
  now?: () => number
} = {}): JobCoordinator {
  const jobs = new Map<string, Held>()

  function heldOf(jobName: string): Held {
    const held = jobs.get(jobName) ?? {}
    jobs.set(jobName, held)
    return held
  }

  return {
    async claim({ job, runId, isOnDemand }) {
      const held = heldOf(job.name)
      if (held.runId !== undefined) return { kind: 'running', runId: held.runId }
      const startedAt = now()
      const earliest = (held.startedAt ?? Number.NEGATIVE_INFINITY) + job.minIntervalMs
      if (!isOnDemand && startedAt < earliest) return { kind: 'too-soon' }
      Object.assign(held, { runId, startedAt })
      return {
        kind: 'claimed',
        claim: {
          runId,
          startedAt,
          lost: new AbortController().signal,
          async report(run) {
            held.lastRun = run
          },
          async release() {
            held.runId = undefined
          }
        }
      }
    },

    async standing(jobName) {
      const { runId, lastRun } = heldOf(jobName)
      return { runId, lastRun }
    }
  }
}
