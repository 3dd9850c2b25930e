import { AppError } from '../errors.ts'

/** The claim of a conversation that a run of this process has. */
export interface HeldClaim {
  readonly id: string
  readonly runId: string
  readonly fence: string
}

export interface HeldClaimsOptions {
  readonly heartbeatMs: number
  /** Throws REDIS_UNAVAILABLE, and what says that the claim is lost. */
  readonly renew: (claim: HeldClaim) => Promise<unknown>
  /** Called once: the claim is somebody else's, or the conversation is gone. */
  readonly onLost: (conversationId: string, runId: string, reason: AppError) => void
}

/** The claims of this process, and the heart that beats for them while there are any. */
export interface HeldClaims {
  hold(claim: HeldClaim): void
  forget(conversationId: string, runId: string): void
  has(conversationId: string): boolean
  fenceOf(conversationId: string, runId: string): string | undefined
  /** Ends the heartbeat. Claims that are still held lapse. */
  close(): void
}

export function createHeldClaims({ heartbeatMs, renew, onLost }: HeldClaimsOptions): HeldClaims {
  const held = new Map<string, HeldClaim>()
  let heartbeat: NodeJS.Timeout | undefined
  let isBeating = false

  async function renewOne(claim: HeldClaim): Promise<void> {
    const { id, runId } = claim
    try {
      await renew(claim)
    } catch (error) {
      const reason = AppError.from(error)
      // The lease may hold yet, and the fence protects the conversation when it does not.
      if (reason.code === 'REDIS_UNAVAILABLE' || held.get(id) !== claim) return
      held.delete(id)
      onLost(id, runId, reason)
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
      held.set(claim.id, claim)
      heartbeat ??= setInterval(beat, heartbeatMs).unref()
    },
    forget(id, runId) {
      if (held.get(id)?.runId === runId) held.delete(id)
    },
    has: (id) => held.has(id),
    fenceOf(id, runId) {
      const claim = held.get(id)
      return claim?.runId === runId ? claim.fence : undefined
    },
    close
  }
}
