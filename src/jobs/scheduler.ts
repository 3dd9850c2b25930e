import { createTask, type ScheduledTask } from 'node-cron'
import { AppError } from '../errors.ts'
import { withDeadline } from '../platform/deadline.ts'
import type { Job, JobRun, JobState } from './job.ts'
import type { JobCoordinator } from './job-coordinator.ts'
import { beginJobRun } from './job-run.ts'

/** How long `close()` waits for jobs that were told to stop. */
const CLOSE_TIMEOUT_MS = 2_000

export interface SchedulerOptions {
  readonly jobs: readonly Job[]
  readonly coordinator: JobCoordinator
  /** Hears of each run that is over; must not throw. */
  readonly onRun?: (jobName: string, run: JobRun) => void
  /** A run failed, or the coordinator did: for the log. */
  readonly onError: (jobName: string, error: unknown) => void
  readonly closeTimeoutMs?: number
  readonly now?: () => number
}

export interface Scheduler {
  /** Begins to tick. */
  start(): void
  list(): JobState[]
  /**
   * Begins a run now and answers without waiting for its end.
   *
   * @throws AppError JOB_NOT_FOUND, JOB_RUNNING (here or in another process), DRAINING.
   */
  run(name: string): Promise<void>
  /** Stops ticking, aborts what runs and waits for it, at most two seconds. Harmless when called twice. */
  close(): Promise<void>
}

interface Entry {
  readonly job: Job
  readonly task: ScheduledTask
  running: boolean
  lastRun: JobRun | undefined
  /** The run under way, to its true end; never rejects. */
  carriedOut: Promise<void>
}

const silent = () => undefined
const SILENT_LOGGER = { info: silent, warn: silent, error: silent, debug: silent }

function createEntry(job: Job, tick: (entry: Entry) => void): Entry {
  const task = createTask(job.schedule, () => tick(entry), {
    name: job.name,
    timezone: 'UTC',
    suppressMissedWarning: true,
    logger: SILENT_LOGGER
  })
  const entry: Entry = {
    job,
    task,
    running: false,
    lastRun: undefined,
    carriedOut: Promise.resolve()
  }
  return entry
}

function stateOf({ job, task, running, lastRun }: Entry, ticking: boolean): JobState {
  const { name, description, schedule } = job
  const nextRunAt = ticking ? task.getNextRun()?.getTime() : undefined
  return { name, description, schedule, running, lastRun, nextRunAt }
}

/**
 * Runs jobs on their cron schedules, in this process, none twice at a time.
 *
 * A run that outlasts its time limit is aborted and reported at once, but its job begins again only when
 * the work has truly ended.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { coordinator, onRun, onError, now = Date.now } = options
  const closing = new AbortController()
  let ticking = false

  async function carryOut(entry: Entry, release: () => Promise<void>): Promise<void> {
    const { job } = entry
    const onFailure = (error: unknown) => onError(job.name, error)
    const begun = beginJobRun(job, { closing: closing.signal, now, onFailure })
    entry.lastRun = await begun.outcome
    onRun?.(job.name, entry.lastRun)
    await begun.ended
    await release().catch(onFailure)
    entry.running = false
  }

  /** Answers whether a run has begun: not when the job is running already, wherever that is. */
  async function begin(entry: Entry): Promise<boolean> {
    if (entry.running || closing.signal.aborted) return false
    entry.running = true
    try {
      const release = await coordinator.claim(entry.job.name)
      entry.running = release !== undefined
      if (release) entry.carriedOut = carryOut(entry, release)
      return entry.running
    } catch (error) {
      entry.running = false
      throw error
    }
  }

  const tick = (entry: Entry) =>
    void begin(entry).catch((error: unknown) => onError(entry.job.name, error))
  const entries = new Map(options.jobs.map((job) => [job.name, createEntry(job, tick)]))

  return {
    start() {
      if (closing.signal.aborted) return
      ticking = true
      for (const { task } of entries.values()) void task.start()
    },

    list: () => [...entries.values()].map((entry) => stateOf(entry, ticking)),

    async run(name) {
      const entry = entries.get(name)
      if (!entry) throw new AppError('JOB_NOT_FOUND', 'There is no job of this name.')
      if (closing.signal.aborted) throw new AppError('DRAINING', 'This replica is shutting down.')
      if (!(await begin(entry))) throw new AppError('JOB_RUNNING', `${name} is running already.`)
    },

    async close() {
      ticking = false
      closing.abort(new AppError('DRAINING', 'The service is shutting down.'))
      for (const { task } of entries.values()) await task.destroy()
      const ends = [...entries.values()].map((entry) => entry.carriedOut)
      await withDeadline(Promise.all(ends), options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS)
    }
  }
}
