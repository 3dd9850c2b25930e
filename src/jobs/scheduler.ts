import { randomUUID } from 'node:crypto'
import { createTask, type ScheduledTask } from 'node-cron'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import type { Job, JobRun, JobState } from './job.ts'
import type { JobAnswer, JobClaim, JobCoordinator } from './job-coordinator.ts'
import { beginJobRun } from './job-run.ts'

/** How long `close()` waits for jobs that were told to stop. */
const CLOSE_TIMEOUT_MS = 2_000

/** Why a tick began no run. */
export type SkipReason = 'running' | 'too-soon' | 'unavailable'

export interface SchedulerOptions {
  readonly jobs: readonly Job[]
  /** Of one job. */
  readonly coordinatorOf: (job: Job) => JobCoordinator
  /** Hears of each run of this process that is over; must not throw. */
  readonly onRun?: (job: Job, run: JobRun, demandedBy: Demander | undefined) => void
  /** A tick began no run here. `error` is why the coordinator could not tell; must not throw. */
  readonly onSkipped?: (job: Job, reason: SkipReason, error?: unknown) => void
  /** A run failed, or what came of it could not be kept: for the log. */
  readonly onError: (job: Job, error: unknown) => void
  readonly closeTimeoutMs?: number
  readonly now?: () => number
}

/** Who wants a job to run now. */
export interface Demander {
  readonly id: string
  readonly username: string
}

export interface Scheduler {
  /** Begins to tick. */
  start(): void
  /** Wherever a job runs. Throws REDIS_UNAVAILABLE. */
  list(): Promise<JobState[]>
  /**
   * Begins a run now, here, for whoever demanded it, and answers its id without waiting for its end.
   *
   * @throws AppError JOB_NOT_FOUND, JOB_RUNNING (here or in another process) with `details.runId`, DRAINING,
   * REDIS_UNAVAILABLE.
   */
  run(name: string, by?: Demander): Promise<string>
  /** Stops ticking, aborts what runs and waits for it, at most two seconds. Harmless when called twice. */
  close(): Promise<void>
}

interface Entry {
  readonly job: Job
  readonly coordinator: JobCoordinator
  readonly task: ScheduledTask
  /** The run of this process that is under way. */
  runId: string | undefined
  /** That run, to its true end; never rejects. */
  carriedOut: Promise<void>
}

const silent = () => undefined
const SILENT_LOGGER = { info: silent, warn: silent, error: silent, debug: silent }

function createEntry(job: Job, coordinator: JobCoordinator, tick: (entry: Entry) => void): Entry {
  const task = createTask(job.schedule, () => tick(entry), {
    name: job.name,
    timezone: 'UTC',
    suppressMissedWarning: true,
    logger: SILENT_LOGGER
  })
  const entry: Entry = {
    job,
    coordinator,
    task,
    runId: undefined,
    carriedOut: Promise.resolve()
  }
  return entry
}

async function stateOf({ job, coordinator, task }: Entry, isTicking: boolean): Promise<JobState> {
  const { name, description, schedule } = job
  const { runId, lastRun } = await coordinator.standing(name)
  const nextRunAt = isTicking ? task.getNextRun()?.getTime() : undefined
  return { name, description, schedule, running: runId !== undefined, runId, lastRun, nextRunAt }
}

/** Begins a run unless the job is running already, wherever that is. */
type Begin = (entry: Entry, isOnDemand: boolean, by?: Demander) => Promise<JobAnswer>

function createBegin({ onRun, onError, now = Date.now }: SchedulerOptions, closing: AbortSignal) {
  async function carryOut(entry: Entry, claim: JobClaim, by: Demander | undefined): Promise<void> {
    const { job } = entry
    const onFailure = (error: unknown) => onError(job, error)
    const begun = beginJobRun(job, { claim, closing, now, onFailure })
    const run = await begun.outcome
    onRun?.(job, run, by)
    // A run that was lost has nothing to say any more: the job is another's, and so is its last outcome.
    if (!claim.lost.aborted) await claim.report(run).catch(onFailure)
    await begun.ended
    await claim.release().catch(onFailure)
    entry.runId = undefined
  }

  const begin: Begin = async (entry, isOnDemand, by) => {
    // Also one that was lost and has not ended yet.
    if (entry.runId !== undefined) return { kind: 'running', runId: entry.runId }
    const runId = randomUUID()
    const answer = await entry.coordinator.claim({ job: entry.job, runId, isOnDemand })
    if (answer.kind !== 'claimed') return answer
    if (closing.aborted) {
      await answer.claim.release()
      throw closing.reason
    }
    entry.runId = runId
    entry.carriedOut = carryOut(entry, answer.claim, by)
    return answer
  }
  return begin
}

/**
 * Runs jobs on their cron schedules, none twice at a time, wherever their coordinators let them.
 *
 * A run that outlasts its time limit is aborted and reported at once, but its job begins again only when
 * the work has truly ended.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { coordinatorOf, onSkipped } = options
  const closing = new AbortController()
  const begin = createBegin(options, closing.signal)
  let isTicking = false

  async function tick(entry: Entry): Promise<void> {
    if (closing.signal.aborted) return
    try {
      const { kind } = await begin(entry, false)
      if (kind !== 'claimed') onSkipped?.(entry.job, kind)
    } catch (error) {
      if (!closing.signal.aborted) onSkipped?.(entry.job, 'unavailable', error)
    }
  }

  const entries = new Map(
    options.jobs.map((job) => [job.name, createEntry(job, coordinatorOf(job), tick)])
  )

  return {
    start() {
      if (closing.signal.aborted) return
      isTicking = true
      for (const { task } of entries.values()) void task.start()
    },

    list: () => Promise.all([...entries.values()].map((entry) => stateOf(entry, isTicking))),

    async run(name, by) {
      const entry = entries.get(name)
      if (!entry) throw new AppError('JOB_NOT_FOUND', 'There is no job of this name.')
      if (closing.signal.aborted) throw new AppError('DRAINING', 'This replica is shutting down.')
      const answer = await begin(entry, true, by)
      if (answer.kind === 'claimed') return answer.claim.runId
      const details = answer.kind === 'running' ? { runId: answer.runId } : {}
      throw new AppError('JOB_RUNNING', `${name} is running already.`, { details })
    },

    async close() {
      isTicking = false
      closing.abort(new AppError('DRAINING', 'The service is shutting down.'))
      for (const { task } of entries.values()) await task.destroy()
      const ends = [...entries.values()].map((entry) => entry.carriedOut)
      await withDeadline(Promise.all(ends), options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS)
    }
  }
}
