import { AppError } from '../errors.ts'
import { abortable } from '../platform/abortable.ts'
import type { Job, JobRun } from './job.ts'
import { type JobClaim, JobLost } from './job-coordinator.ts'

const MAX_DETAIL_CHARACTERS = 500

class JobTimeout extends Error {}

/** One run under way. */
export interface BegunRun {
  /** What came of it, at the time limit at the latest. Never rejects. */
  readonly outcome: Promise<JobRun>
  /** Settles when the work has truly ended, perhaps long after its outcome. Never rejects. */
  readonly ended: Promise<void>
}

export interface BeginOptions {
  readonly claim: Pick<JobClaim, 'runId' | 'startedAt' | 'lost'>
  /** Aborts when the service shuts down. */
  readonly closing: AbortSignal
  readonly now: () => number
  /** The failure itself, for the log. */
  readonly onFailure: (error: unknown) => void
}

function failed(error: unknown, closing: AbortSignal): Pick<JobRun, 'outcome' | 'detail'> {
  if (closing.aborted) return { outcome: 'stopped', detail: 'The service was shut down.' }
  if (error instanceof JobTimeout) return { outcome: 'timed-out', detail: error.message }
  if (error instanceof JobLost) return { outcome: 'stopped', detail: error.message }
  // Only our own words are fit to be shown.
  const detail = error instanceof AppError ? error.message : 'Something went wrong in this job.'
  return { outcome: 'failed', detail }
}

/** Begins a run of a job, bounded by the job's time limit, its claim and the service's life. */
export function beginJobRun(job: Job, options: BeginOptions): BegunRun {
  const { closing, now, onFailure } = options
  const { runId, startedAt, lost } = options.claim
  const begunAt = now()
  const limit = new AbortController()
  const timeout = new JobTimeout(`It took longer than ${job.timeoutMs / 1_000} seconds.`)
  const timer = setTimeout(() => limit.abort(timeout), job.timeoutMs)
  const signal = AbortSignal.any([limit.signal, closing, lost])

  const context = { signal, correlationId: `job-${job.name}-${runId}` }
  // Async, so that a job that throws before its first await fails like any other.
  const work = (async () => job.run(context))()

  async function settle(): Promise<JobRun> {
    const run = (outcome: JobRun['outcome'], detail: string): JobRun => ({
      runId,
      startedAt,
      durationMs: now() - begunAt,
      outcome,
      detail: detail.slice(0, MAX_DETAIL_CHARACTERS)
    })
    try {
      return run('succeeded', await abortable(work, signal))
    } catch (error) {
      onFailure(error)
      const { outcome, detail } = failed(error, closing)
      return run(outcome, detail)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    outcome: settle(),
    ended: work.then(
      () => undefined,
      () => undefined
    )
  }
}
