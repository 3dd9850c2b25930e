import type { AgentEvent, SnapshotMessage } from '../agent/agent-events.ts'
import { createConversationScripts } from '../conversations/conversation-scripts.ts'
import type { HeldClaim } from '../conversations/held-claims.ts'
import { leasesKey, runKey, runLogKey } from '../conversations/redis-keys.ts'
import { type RedisReply, runScript } from '../platform/redis-script.ts'
import { Secret } from '../platform/secret.ts'
import { type LogPlace, parseLogId } from './log-place.ts'
import { createRedisDecide, type RedisDecideOptions } from './redis-run-decide.ts'
import { createRedisRunPen, type RunWrites } from './redis-run-pen.ts'
import {
  createRedisRunReader,
  type RedisRunReader,
  type RedisRunReaderOptions,
  runChannel
} from './redis-run-reader.ts'
import {
  APPEND,
  BEGIN_CALL,
  CANCEL_RUN,
  CANCELLED,
  END_RUN,
  OPEN_RUN,
  REOPEN_RUN,
  type RunScript,
  WAIT_RUN
} from './redis-run-scripts.ts'
import type { LoggedEvent, RunRecord } from './run.ts'
import { createMemoryRunLog, type RunLog } from './run-log.ts'
import { isTerminal, type RunPen, type RunStore, viewOf } from './run-store.ts'

export interface RedisRunStoreOptions extends RedisDecideOptions, RedisRunReaderOptions {
  /** How long a run may wait for a person: less than `maxRunDays`. */
  readonly approvalWaitMs: number
  /** How long an ended run can be read. */
  readonly keepMs: number
  readonly maxLogEvents: number
  readonly maxLogCharacters: number
  readonly leaseMs: number
  /** The conversation up to the run's question. */
  readonly history: (record: RunRecord) => Promise<readonly SnapshotMessage[]>
  /** The run has ended and has freed its conversation, or waits for a person. */
  readonly onEnded: (claim: HeldClaim) => void
}

/** A run that another replica began. */
export interface ReopenedRun {
  readonly record: RunRecord
  readonly grant: Secret
  readonly pen: RunPen
  /** What its readers have seen. */
  readonly earlier: readonly AgentEvent[]
  /** Somebody asked to stop it. */
  readonly isCancelled: boolean
  /** How often it has waited for a person. */
  readonly waits: number
  /** Nobody decided in time. */
  readonly isLapsed: boolean
}

/** Claim of a conversation under which its run is written. */
export interface RunClaim {
  readonly conversationId: string
  readonly runId: string
  readonly fence: string
}

/** Runs in Redis: every replica reads the same, and goes on where another has ended. */
export interface RedisRunStore extends RunStore {
  /** Begins a new attempt; undefined for a run that has ended, or was never kept. */
  reopen(claim: RunClaim): Promise<ReopenedRun | undefined>
  /** Whether there was something to stop. */
  requestCancel(runId: string): Promise<boolean>
  /** Which of these runs are to be stopped. */
  cancelled(runIds: readonly string[]): Promise<readonly string[]>
}

/** Where it is published that a run is to be stopped. */
export function cancelChannel(deployment: string): string {
  return `ai-ops:${deployment}:cancels`
}

const SECONDS_PER_DAY = 86_400

export function createRedisRunStore(options: RedisRunStoreOptions): RedisRunStore {
  const { deployment } = options
  const reader = createRedisRunReader(options)
  const own: OwnRuns = new Map()
  const scripts = createConversationScripts(options)
  const run: RunScript = (script, { conversationId, runId }, args) =>
    scripts(script, conversationId, args, [runKey(deployment, runId), runLogKey(deployment, runId)])

  return {
    ...createOpening(options, { run, own, reader }),
    ...createCancelling(options),
    decide: createRedisDecide(options, run),

    async find(runId, attempt = 0) {
      const here = own.get(runId)
      if (here && attempt <= here.log.attempt) return { ...here.record, attempt: here.log.attempt }
      const stored = await reader.find(runId)
      return stored && { ...stored.record, attempt: stored.attempt }
    },

    async view(runId) {
      const stored = await reader.view(runId)
      return stored && viewOf(stored)
    },

    async *read(runId, after, signal) {
      const log = own.get(runId)?.log
      // What is answered here is told before it is kept; of earlier attempts only Redis knows.
      const isOwn =
        log && (after.attempt === log.attempt || (log.attempt === 1 && after.attempt === 0))
      const place = isOwn ? yield* readOwn(log, after, signal) : after
      if (place && !signal.aborted) yield* reader.follow(runId, place, signal)
    }
  }
}

/** The runs that are written here. */
type OwnRuns = Map<string, { readonly record: RunRecord; readonly log: RunLog }>

/** Answers where to go on elsewhere; undefined when the run has ended. */
async function* readOwn(
  log: RunLog,
  after: LogPlace,
  signal: AbortSignal
): AsyncGenerator<LoggedEvent, LogPlace | undefined> {
  let place = after
  for await (const logged of log.read(after.number, signal)) {
    yield logged
    if (isTerminal(logged.type)) return undefined
    place = parseLogId(logged.id) ?? place
  }
  return place
}

interface OpeningParts {
  readonly run: RunScript
  readonly own: OwnRuns
  readonly reader: RedisRunReader
}

function createOpening(
  options: RedisRunStoreOptions,
  { run, own, reader }: OpeningParts
): Pick<RedisRunStore, 'open' | 'reopen'> {
  const ttlSeconds = options.maxRunDays * SECONDS_PER_DAY

  function penOf(claim: RunClaim, record: RunRecord, { attempt, createdAt }: Begun): RunPen {
    const { runId, conversationId, fence } = claim
    const log = createMemoryRunLog(attempt)
    own.set(runId, { record, log })
    return createRedisRunPen({
      ...options,
      ...{ runId, log, createdAt },
      writes: createWrites(options, run, claim, attempt),
      history: () => options.history(record),
      onClosed: () => {
        // The run may have come back meanwhile, with a log of its own.
        if (own.get(runId)?.log === log) own.delete(runId)
      },
      onEnded: () => options.onEnded({ id: conversationId, runId, fence })
    })
  }

  return {
    async open({ record, fence = '', grant }) {
      const claim = { conversationId: record.conversationId, runId: record.id, fence }
      const args = [fence, record.id, ttlSeconds, JSON.stringify(record), grant.reveal()]
      const { parts } = await run(OPEN_RUN, claim, args)
      return penOf(claim, record, { attempt: 1, createdAt: Number(parts[0]) })
    },

    async reopen(claim) {
      const { outcome, parts } = await run(REOPEN_RUN, claim, [claim.fence, ttlSeconds])
      if (outcome !== 'OK') return undefined
      const [text = '', grant = '', created, attempt, cancel, waits, lapsed] = parts.map(String)
      const record = JSON.parse(text) as RunRecord
      const earlier = await reader.events(claim.runId)
      const begun = { attempt: Number(attempt), createdAt: Number(created) }
      const pen = penOf(claim, record, begun)
      return {
        ...{ record, grant: new Secret(grant), pen, earlier, waits: Number(waits) },
        isCancelled: cancel !== '',
        isLapsed: lapsed !== ''
      }
    }
  }
}

function createCancelling({
  client,
  deployment
}: RedisRunStoreOptions): Pick<RedisRunStore, 'requestCancel' | 'cancelled'> {
  return {
    async requestCancel(runId) {
      const keys = [runKey(deployment, runId), leasesKey(deployment)]
      const call = { keys, args: [cancelChannel(deployment), runId] }
      const [outcome] = (await runScript(client, CANCEL_RUN, call)) as RedisReply[]
      return String(outcome) === 'OK'
    },

    async cancelled(runIds) {
      const keys = runIds.map((runId) => runKey(deployment, runId))
      const [, places] = (await runScript(client, CANCELLED, { keys, args: [] })) as RedisReply[]
      return (places as number[]).flatMap((place) => runIds[place - 1] ?? [])
    }
  }
}

interface Begun {
  readonly attempt: number
  readonly createdAt: number
}

function createWrites(
  { deployment, maxRunDays, keepMs, approvalWaitMs }: RedisRunStoreOptions,
  run: RunScript,
  claim: RunClaim,
  attempt: number
): RunWrites {
  const { runId, conversationId, fence } = claim
  const channel = runChannel(deployment, runId)
  const runSeconds = maxRunDays * SECONDS_PER_DAY

  const argsOf = (
    seconds: number,
    kept: number | '',
    events: readonly LoggedEvent[],
    wait = ''
  ) => [
    ...[fence, attempt, seconds, channel, kept, runId, conversationId, wait],
    ...events.flatMap(({ id, type, json }) => [parseLogId(id)?.number ?? 0, type, json])
  ]

  return {
    async append(events, kept) {
      await run(APPEND, claim, argsOf(runSeconds, kept ?? '', events))
    },
    async end(event) {
      await run(END_RUN, claim, argsOf(Math.ceil(keepMs / 1_000), '', [event]))
    },
    async wait(event, actions) {
      const hashes = actions.map(({ toolCallId, hash }) => [toolCallId, hash])
      const wait = { ms: approvalWaitMs, actions: Object.fromEntries(hashes) }
      await run(WAIT_RUN, claim, argsOf(runSeconds, '', [event], JSON.stringify(wait)))
    },
    async beginCall(callId) {
      const { parts } = await run(BEGIN_CALL, claim, [fence, attempt, callId])
      return String(parts[0]) === String(attempt)
    }
  }
}
