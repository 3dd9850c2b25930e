import type { HeldClaim } from '../conversations/held-claims.ts'
import type { TakenOver } from '../conversations/redis-conversation-registry.ts'
import type { AppError } from '../errors.ts'
import type { RedisChannels } from '../platform/redis-channels.ts'
import { cancelChannel, type RedisRunStore, type ReopenedRun } from './redis-run-store.ts'

/** Runs that nobody answers: they have waited, or their replica is gone. Everything throws REDIS_UNAVAILABLE. */
export interface SharedRuns {
  /** Whether other replicas answer runs, too; without them, runs that are answered end with this process. */
  readonly hasPeers: boolean
  /** Conversations whose runs nobody answers any more. */
  lapsed(max: number): Promise<readonly string[]>
  /** Takes such a run; undefined when somebody else was faster, or there is nothing left to answer. */
  takeOver(conversationId: string): Promise<TakenOverRun | undefined>
  /** Lets another replica go on with a run at once. */
  handOver(claim: HeldClaim): Promise<void>
  requestCancel(runId: string): Promise<boolean>
  cancelled(runIds: readonly string[]): Promise<readonly string[]>
  /** Hears the ids of runs that are to be stopped, most of the time: whoever owns runs looks at `cancelled`, too. */
  onCancel(listener: (runId: string) => void): () => void
  /** Nothing comes back any more: the connection was closed for good. */
  isClosed(): boolean
}

export interface TakenOverRun extends ReopenedRun {
  /** Undefined in memory. */
  readonly fence: string | undefined
}

export interface SharedRunsOptions {
  readonly registry: {
    lapsed(max: number): Promise<readonly string[]>
    takeOver(conversationId: string): Promise<TakenOver | undefined>
    handOver(claim: HeldClaim): Promise<void>
    release(conversationId: string, runId: string): Promise<void>
  }
  readonly store: Pick<RedisRunStore, 'reopen' | 'requestCancel' | 'cancelled'>
  readonly channels: RedisChannels
  readonly deployment: string
  readonly isClosed: () => boolean
}

export function createSharedRuns(options: SharedRunsOptions): SharedRuns {
  const { registry, store, channels, deployment } = options
  return {
    hasPeers: true,
    lapsed: registry.lapsed,

    async takeOver(conversationId) {
      const taken = await registry.takeOver(conversationId).catch(forgetDeleted)
      if (!taken) return undefined
      const { runId, fence } = taken
      const run = await store.reopen({ conversationId, runId, fence }).catch(async (error) => {
        // The heart must not beat for a run that nobody answers.
        await registry.handOver({ id: conversationId, runId, fence }).catch(() => undefined)
        throw error
      })
      if (run) return { ...run, fence }
      await registry.release(conversationId, runId)
      return undefined
    },

    handOver: registry.handOver,
    isClosed: options.isClosed,
    requestCancel: store.requestCancel,
    cancelled: store.cancelled,
    onCancel: (listener) =>
      channels.listen(cancelChannel(deployment), (runId) => {
        if (runId !== undefined) listener(runId)
      })
  }
}

/** Deleted or expired: there is nothing to answer. */
function forgetDeleted(error: unknown): undefined {
  if ((error as AppError).code === 'CONVERSATION_NOT_FOUND') return undefined
  throw error
}
