import { AppError } from '../errors.ts'

/** The claim of a conversation that a run of this process has. */
export interface HeldClaim {
  readonly id: string
  readonly runId: string
  readonly fence: string
}

export interface HeldClaimsOptions {
  readonly heartbeatMs: number
  /** A claim that could not be renewed for so long may be somebody else's. */
  readonly leaseMs: number
  /** Throws REDIS_UNAVAILABLE, and what says that the claim is lost. */
  readonly renew: (claim: HeldClaim) => Promise<unknown>
  /** Called once: the claim is somebody else's, or may be, or the conversation is gone. */
  readonly onLost: (claim: HeldClaim, reason: AppError) => void
}

/** The claims of this process, and the heart that beats for them while there are any. */
export interface HeldClaims {
  hold(claim: HeldClaim): void
  has(conversationId: string): boolean
  /** Only this one: the run may have come back under another fence. */
  forget(claim: HeldClaim): void
  /** Of the run, if it has the conversation here. */
  find(conversationId: string, runId: string): HeldClaim | undefined
  /** Ends the heartbeat. Claims that are still held lapse. */
  close(): void
}

interface Held {
  readonly claim: HeldClaim
  /** By the monotonic clock, ms. */
  renewedAt: number
}

export function createHeldClaims(options: HeldClaimsOptions): HeldClaims {
  const { heartbeatMs, leaseMs, renew, onLost } = options
  const held = new Map<string, Held>()
  let heartbeat: NodeJS.Timeout | undefined
  let isBeating = false

  async function renewOne(entry: Held): Promise<void> {
    const { claim } = entry
    const askedAt = performance.now()
    try {
      await renew(claim)
      entry.renewedAt = askedAt
    } catch (error) {
      const reason = AppError.from(error)
      const mayHold = reason.code === 'REDIS_UNAVAILABLE' && askedAt - entry.renewedAt < leaseMs
      if (mayHold || held.get(claim.id) !== entry) return
      held.delete(claim.id)
      onLost(claim, reason)
    }
  }

  async function beat(): Promise<void> {
    if (isBeating) return
    isBeating = true
    await Promise.all([...held.values()].map(renewOne))
    isBeating = false
    if (held.size === 0) close()
  }

  function close(): void {
    clearInterval(heartbeat)
    heartbeat = undefined
  }

  return {
    hold(claim) {
      held.set(claim.id, { claim, renewedAt: performance.now() })
      heartbeat ??= setInterval(beat, heartbeatMs).unref()
    },
    has: (id) => held.has(id),
    forget({ id, fence }) {
      if (held.get(id)?.claim.fence === fence) held.delete(id)
    },
    find(id, runId) {
      const claim = held.get(id)?.claim
      return claim?.runId === runId ? claim : undefined
    },
    close
  }
}
