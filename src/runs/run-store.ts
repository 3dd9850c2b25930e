import type { AgentEvent } from '../agent/agent-events.ts'
import type { Question, RunView } from './run.ts'
import { foldEvent, type RunOutcome, startOutcome } from './run-fold.ts'
import { createMemoryRunLog, type RunLog } from './run-log.ts'

/** A run and what belongs to it, in this process. */
export interface Run {
  readonly id: string
  readonly conversationId: string
  /** Of the caller nothing but the id is kept: their credential ends with the request. */
  readonly userId: string
  readonly message: string
  readonly log: RunLog
  readonly outcome: RunOutcome
  /** Everything that happens goes in here: it is folded and logged. */
  readonly record: (event: AgentEvent) => void
  readonly controller: AbortController
  readonly createdAt: number
  endedAt: number | undefined
  characters: number
}

export function createRun(
  id: string,
  conversationId: string,
  question: Question,
  { controller, now }: { readonly controller: AbortController; readonly now: number }
): Run {
  const log = createMemoryRunLog()
  const outcome = startOutcome()
  const record = (event: AgentEvent) => {
    foldEvent(outcome, event)
    log.append(event)
    if ('delta' in event) run.characters += event.delta.length
    if ('content' in event) run.characters += event.content.length
  }
  const run: Run = {
    id,
    conversationId,
    userId: question.caller.id,
    message: question.message,
    log,
    outcome,
    record,
    controller,
    createdAt: now,
    endedAt: undefined,
    characters: question.message.length
  }
  return run
}

export function viewOf({ id, conversationId, message, outcome, createdAt, endedAt }: Run): RunView {
  return {
    id,
    conversationId,
    createdAt: new Date(createdAt).toISOString(),
    endedAt: endedAt === undefined ? undefined : new Date(endedAt).toISOString(),
    question: message,
    ...outcome,
    steps: [...outcome.steps]
  }
}

export interface RunStoreOptions {
  readonly maxKeptRuns: number
  /** Text of kept runs; a run that is going on counts and stays. */
  readonly maxKeptCharacters: number
  readonly keepMs: number
  readonly now: () => number
}

/** The runs this process knows: those going on, and ended ones for a while. */
export interface RunStore {
  add(run: Run): void
  /** Undefined for a run that has expired. */
  find(runId: string): Run | undefined
  running(): Run[]
}

export function createRunStore(options: RunStoreOptions): RunStore {
  const { maxKeptRuns, maxKeptCharacters, keepMs, now } = options
  const runs = new Map<string, Run>()

  function isExpired({ endedAt }: Run): boolean {
    return endedAt !== undefined && now() - endedAt > keepMs
  }

  /** Oldest first: drops what has expired, and then what is too much. */
  function makeRoom(): void {
    const ended = [...runs.values()].filter(({ endedAt }) => endedAt !== undefined)
    let characters = 0
    for (const run of runs.values()) characters += run.characters
    for (const run of ended) {
      const isTooMuch = runs.size >= maxKeptRuns || characters > maxKeptCharacters
      if (!isTooMuch && !isExpired(run)) return
      runs.delete(run.id)
      characters -= run.characters
    }
  }

  return {
    add(run) {
      makeRoom()
      runs.set(run.id, run)
    },
    find(runId) {
      const run = runs.get(runId)
      if (!run || !isExpired(run)) return run
      runs.delete(runId)
      return undefined
    },
    running: () => [...runs.values()].filter(({ endedAt }) => endedAt === undefined)
  }
}
