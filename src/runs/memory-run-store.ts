import type { AgentEvent } from '../agent/agent-events.ts'
import type { RunRecord } from './run.ts'
import { foldEvent, type RunOutcome, startOutcome } from './run-fold.ts'
import { createMemoryRunLog, type RunLog } from './run-log.ts'
import { type RunPen, type RunStore, viewOf } from './run-store.ts'

export interface MemoryRunStoreOptions {
  readonly maxKeptRuns: number
  /** Text of kept runs; a run that is going on counts and stays. */
  readonly maxKeptCharacters: number
  readonly keepMs: number
  /** Frees the conversation of a run that ends. */
  readonly release: (conversationId: string, runId: string) => Promise<void>
  readonly now?: () => number
}

interface Run {
  readonly record: RunRecord
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
}

/** The runs of this process: those going on, and ended ones for a while. They end with it. */
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
    async open({ record }) {
      makeRoom(runs, options, now())
      const run: Run = {
        record,
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

    forget(conversationId) {
      for (const [id, { record }] of runs) {
        if (record.conversationId === conversationId) runs.delete(id)
      }
    },

    async *read(runId, after, signal) {
      const log = find(runId)?.log
      // An ended run expires; whoever has begun to read it may finish.
      if (log) yield* log.read(after.number, signal)
    }
  }
}

function createPen(run: Run, { release }: MemoryRunStoreOptions, now: () => number): RunPen {
  const { record, log, outcome, createdAt } = run

  function append(event: AgentEvent): void {
    foldEvent(outcome, event)
    run.characters += log.append(event).json.length
  }

  function close(event: AgentEvent): void {
    append(event)
    log.close()
  }

  return {
    attempt: log.attempt,
    createdAt,
    outcome,
    append,
    async end(event) {
      run.endedAt = now()
      // Only then the end is told: whoever reads it may ask the next question at once.
      await release(record.conversationId, record.id)
      close(event)
    },
    lost: new AbortController().signal,
    async leave() {
      run.endedAt = now()
      close(GIVEN_UP)
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
