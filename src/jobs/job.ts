import type { CallContext } from '../platform/call-context.ts'

/** A named piece of work that recurs. */
export interface Job {
  /** Kebab-case; part of the job's address in the API. */
  readonly name: string
  readonly description: string
  /** Cron expression of five fields, in UTC. */
  readonly schedule: string
  /** Whether it runs in every replica, for what that replica keeps, or in one for all of them. */
  readonly scope: 'replica' | 'deployment'
  /**
   * Ticks within this time after a start do nothing: where the clocks of replicas differ, their ticks do too. For a job of
   * a deployment longer than half of what lies between two ticks, and shorter than the whole.
   */
  readonly minIntervalMs: number
  /** Then the signal aborts and the run counts as timed out. */
  readonly timeoutMs: number
  /** Answers a sentence on what came of it, for people. */
  run(context: CallContext): Promise<string>
}

export type JobOutcome = 'succeeded' | 'failed' | 'timed-out' | 'stopped'

/** One run that is over. Times in milliseconds since the epoch. */
export interface JobRun {
  readonly runId: string
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: JobOutcome
  /** The job's own sentence, or why it failed. */
  readonly detail: string
}

/** A job as it stands now. */
export interface JobState {
  readonly name: string
  readonly description: string
  readonly schedule: string
  readonly running: boolean
  /** The run under way. */
  readonly runId: string | undefined
  readonly lastRun: JobRun | undefined
  /** Milliseconds since the epoch; undefined while the scheduler does not tick. */
  readonly nextRunAt: number | undefined
}
