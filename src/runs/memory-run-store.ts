import type { AgentEvent } from '../agent/agent-events.ts'
import { AppError } from '../errors.ts'
import type { Secret } from '../platform/secret.ts'
import { createWaitingRun, type WaitingRun } from './memory-waiting-run.ts'
import { eventOf, type RunRecord } from './run.ts'
import { foldEvent } from './run-fold.ts'
import { createMemoryRunLog, type RunLog } from './run-log.ts'
import { type RunOutcome, startOutcome } from './run-outcome.ts'
import { type RunPen, type RunStore, viewOf } from './run-store.ts'
import type { TakenOverRun } from './shared-runs.ts'

export interface MemoryRunStoreOptions {
  readonly maxKeptRuns: number
  /** Text of kept runs; a run that is going on counts and stays. */
  readonly maxKeptCharacters: number
  readonly keepMs: number
  /** How long a run may wait for a person. */
  readonly approvalWaitMs: number
  /** Frees the conversation of a run that ends. */
  readonly release: (conversationId: string, runId: string) => Promise<void>
  readonly now?: () => number
}

interface Run {
  readonly record: RunRecord
  readonly grant: Secret
  readonly waiting: WaitingRun
  attempt: number
  readonly log: RunLog
  readonly outcome: RunOutcome
  readonly createdAt: number
  endedAt: number | undefined
  characters: number
}

const GIVEN_UP: AgentEvent = {
  type: 'RUN_ERROR',
  message: 'The run was given up: its conversation is gone.',
  code: 'RUN_INTERRUPTED'
}

export interface MemoryRunStore extends RunStore {
  /** Of a conversation that is forgotten nothing can be read any more; who reads an end just now may finish. */
  forget(conversationId: string): void
  /** Conversations whose runs have waited long enough for a person: somebody may go on. */
  lapsed(max: number): readonly string[]
  /** Goes on with such a run, in a new attempt; undefined when there is none. */
  takeOver(conversationId: string): TakenOverRun | undefined
  /** Whether there was something to stop. */
  requestCancel(runId: string): boolean
}

/** The runs of this process: those going on or waiting, and ended ones for a while. They end with it. */
export function createMemoryRunStore(options: MemoryRunStoreOptions): MemoryRunStore {
  const { now = Date.now } = options
  const runs = new Map<string, Run>()

  function find(runId: string): Run | undefined {
    const run = runs.get(runId)
    if (!run || !isExpired(run, options, now())) return run
    runs.delete(runId)
    return undefined
  }

  return {
    async open({ record, grant }) {
      makeRoom(runs, options, now())
      const run: Run = {
        record,
        grant,
        waiting: createWaitingRun(options.approvalWaitMs, now),
        attempt: 1,
        log: createMemoryRunLog(),
        outcome: startOutcome(),
        createdAt: now(),
        endedAt: undefined,
        characters: record.message.length
      }
      runs.set(record.id, run)
      return createPen(run, options, now)
    },

    async find(runId) {
      const run = find(runId)
      return run && { ...run.record, attempt: run.log.attempt }
    },

    async view(runId) {
      const run = find(runId)
      return run && viewOf(run)
    },

    async decide({ id }, decided) {
      const run = find(id)
      if (!run) throw new AppError('RUN_NOT_FOUND', 'The run has expired.')
      return run.waiting.decide(decided, (event) => append(run, event))
    },

    ...createRecovery(runs, options, now),

    forget(conversationId) {
      for (const [id, run] of runs) {
        const { record, waiting } = run
        if (record.conversationId !== conversationId) continue
        runs.delete(id)
        // Nobody else would tell its readers.
        if (waiting.end()) giveUp(run)
      }
    },

    async *read(runId, after, signal) {
      const log = find(runId)?.log
      // An ended run expires; whoever has begun to read it may finish.
      if (log) yield* log.read(after.number, signal)
    }
  }
}

/** Of runs that wait for a person: those that somebody answers end with this process. */
function createRecovery(
  runs: ReadonlyMap<string, Run>,
  options: MemoryRunStoreOptions,
  now: () => number
): Pick<MemoryRunStore, 'lapsed' | 'takeOver' | 'requestCancel'> {
  return {
    lapsed(max) {
      const found = [...runs.values()].filter(({ waiting }) => waiting.isOver())
      return found.slice(0, max).map(({ record }) => record.conversationId)
    },

    takeOver(conversationId) {
      const run = [...runs.values()].find(
        ({ record, waiting }) => record.conversationId === conversationId && waiting.isOver()
      )
      const ended = run?.waiting.end()
      if (!run || !ended) return undefined
      run.attempt += 1
      const pen = createPen(run, options, now)
      const { grant = run.grant, ...rest } = ended
      const earlier = run.log.events().map(eventOf)
      return { ...rest, grant, record: run.record, fence: undefined, pen, earlier }
    },

    requestCancel(runId) {
      const run = runs.get(runId)
      if (run?.endedAt !== undefined) return false
      run?.waiting.cancel()
      return run !== undefined
    }
  }
}

function append(run: Run, event: AgentEvent): void {
  foldEvent(run.outcome, event)
  run.characters += run.log.append(event).json.length
}

function close(run: Run, event: AgentEvent): void {
  append(run, event)
  run.log.close()
}

const giveUp = (run: Run) => close(run, GIVEN_UP)

function createPen(run: Run, { release }: MemoryRunStoreOptions, now: () => number): RunPen {
  const { record, outcome, createdAt, attempt, waiting } = run

  return {
    ...{ attempt, createdAt, outcome },
    append: (event) => append(run, event),
    async wait(event) {
      // Only then it is told: whoever reads it may decide at once.
      waiting.begin(event.value)
      append(run, event)
    },
    async end(event) {
      run.endedAt = now()
      // Only then the end is told: whoever reads it may ask the next question at once.
      await release(record.conversationId, record.id)
      close(run, event)
    },
    lost: new AbortController().signal,
    async leave() {
      run.endedAt = now()
      giveUp(run)
    },
    beginCall: async () => true
  }
}

function isExpired({ endedAt }: Run, { keepMs }: MemoryRunStoreOptions, now: number): boolean {
  return endedAt !== undefined && now - endedAt > keepMs
}

/** Oldest first: drops what has expired, and then what is too much. */
function makeRoom(runs: Map<string, Run>, options: MemoryRunStoreOptions, now: number): void {
  const ended = [...runs.values()].filter(({ endedAt }) => endedAt !== undefined)
  let characters = 0
  for (const run of runs.values()) characters += run.characters
  for (const run of ended) {
    const isTooMuch = runs.size >= options.maxKeptRuns || characters > options.maxKeptCharacters
    if (!isTooMuch && !isExpired(run, options, now)) return
    runs.delete(run.record.id)
    characters -= run.characters
  }
}
