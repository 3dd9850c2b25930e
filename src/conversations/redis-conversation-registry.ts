import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type RedisReply, runScript } from '../platform/redis-script.ts'
import { encodeChoice } from './conversation-choice.ts'
import { type ConversationRegistry, notYours } from './conversation-registry.ts'
import {
  type ConversationScriptsOptions,
  createConversationScripts
} from './conversation-scripts.ts'
import { titleOf } from './conversation-summary.ts'
import { createHeldClaims, type HeldClaim } from './held-claims.ts'
import { DELETE } from './redis-checkpoint-scripts.ts'
import { CLAIM, LAPSED, RELEASE, RENEW, TAKE_OVER } from './redis-claim-scripts.ts'
import { createRedisConversationList, hideDeleted } from './redis-conversation-list.ts'
import { isIdentifier, leasesKey, TOMBSTONE_SECONDS, userKey } from './redis-keys.ts'

const LEASE_MS = 15_000
const HEARTBEAT_MS = 3_000
const SECONDS_PER_DAY = 86_400
const RETRY_AFTER_SECONDS = 5
/** Others may open conversations while one is being forgotten. */
const MAX_OPEN_TRIES = 3

export interface RedisConversationRegistryOptions extends ConversationScriptsOptions {
  /** A conversation that nobody uses is forgotten after this. */
  readonly ttlDays: number
  /** Then the user's own oldest one gives way. */
  readonly maxConversationsPerUser: number
  /** Questions of one conversation. */
  readonly maxTurns: number
  /** Another replica has the conversation, or it was deleted: the run has to stop, nothing of it is kept. */
  readonly onLost: (claim: HeldClaim, reason: AppError) => void
  /** A claim that is not renewed for this long may be taken by anyone; in Redis' time. */
  readonly leaseMs?: number
  readonly heartbeatMs?: number
}

export interface RedisConversationRegistry extends ConversationRegistry {
  /** Conversations whose run nobody answers any more, longest first. Throws REDIS_UNAVAILABLE, like those below. */
  lapsed(max: number): Promise<readonly string[]>
  /** Takes such a conversation with its run; undefined when somebody else was faster. */
  takeOver(conversationId: string): Promise<TakenOver | undefined>
  /** Gives a claim up without ending its run: whoever looks first takes it over. Nothing is held here from now on. */
  handOver(claim: HeldClaim): Promise<void>
  /** The run has ended and freed its conversation in one: the heart beats for it no longer. */
  forget(claim: HeldClaim): void
  /** Ends the heartbeat. Claims that are still held lapse. */
  close(): void
}

/** A claim that was taken from a replica that died or is about to end. */
export interface TakenOver extends HeldClaim {
  readonly userId: string
}

/** Who owns which conversation, kept in Redis: it outlives the process, and every replica sees the same. */
export function createRedisConversationRegistry(
  options: RedisConversationRegistryOptions
): RedisConversationRegistry {
  const { leaseMs = LEASE_MS, heartbeatMs = HEARTBEAT_MS, onLost } = options
  const run = createConversationScripts(options)
  const claims = createClaims(options, run, leaseMs)
  const recovery = createRecovery(options, run, leaseMs)
  const held = createHeldClaims({
    ...{ heartbeatMs, leaseMs, onLost },
    renew: ({ id, runId, fence }) => run(RENEW, id, [fence, runId, leaseMs, id])
  })
  const releasing = new Map<string, Promise<void>>()

  async function free(id: string, runId: string): Promise<void> {
    const claim = held.find(id, runId)
    if (!claim) return
    held.forget(claim)
    // Deleted, taken over, or no Redis: nothing of ours is left to release, or the lease lapses.
    await run(RELEASE, id, [claim.fence, runId, id]).catch(() => undefined)
  }

  return {
    ...createRedisConversationList(options, run),

    async claim(userId, conversationId, runId, question, choice = {}) {
      if (conversationId !== undefined) await releasing.get(conversationId)
      const claimant = { userId, runId, title: titleOf(question), choice: encodeChoice(choice) }
      const { id, fence } = await claims.claim(claimant, conversationId)
      held.hold({ id, runId, fence })
      return id
    },

    release(id, runId) {
      const freeing = free(id, runId).finally(() => {
        if (releasing.get(id) === freeing) releasing.delete(id)
      })
      releasing.set(id, freeing)
      return freeing
    },

    fenceOf: (id, runId) => held.find(id, runId)?.fence,
    lapsed: recovery.lapsed,

    async takeOver(id) {
      // What is answered here has only been late with its heartbeat.
      if (held.has(id)) return undefined
      const taken = await recovery.takeOver(id)
      if (taken) held.hold(taken)
      return taken
    },

    async handOver(claim) {
      const { id, runId, fence } = claim
      held.forget(claim)
      await run(RENEW, id, [fence, runId, 0, id])
    },

    forget: held.forget,
    close: held.close
  }
}

function createRecovery(
  { client, deployment, ttlDays }: RedisConversationRegistryOptions,
  run: ReturnType<typeof createConversationScripts>,
  leaseMs: number
) {
  const ttlSeconds = Math.round(ttlDays * SECONDS_PER_DAY)
  return {
    async lapsed(max: number): Promise<readonly string[]> {
      const call = { keys: [leasesKey(deployment)], args: [max] }
      const [, found] = (await runScript(client, LAPSED, call)) as RedisReply[]
      return (found as RedisReply[]).map(String)
    },

    async takeOver(id: string): Promise<TakenOver | undefined> {
      const { outcome, parts } = await run(TAKE_OVER, id, [id, ttlSeconds, leaseMs])
      if (outcome !== 'OK') return undefined
      const [runId = '', fence = '', userId = ''] = parts.map(String)
      return { id, fence, runId, userId }
    }
  }
}

interface Claimant {
  readonly userId: string
  readonly runId: string
  /** Of a new conversation. */
  readonly title: string
  /** What was chosen for it, encoded. */
  readonly choice: string
}

interface Claim {
  readonly id: string
  readonly fence: string
}

function createClaims(
  options: RedisConversationRegistryOptions,
  run: ReturnType<typeof createConversationScripts>,
  leaseMs: number
) {
  const { deployment, ttlDays, maxConversationsPerUser, maxTurns } = options
  const ttlSeconds = Math.round(ttlDays * SECONDS_PER_DAY)

  function attempt(
    id: string,
    mode: 'open' | 'take',
    { userId, runId, title, choice }: Claimant,
    maxOpen = maxConversationsPerUser
  ) {
    const mine = userKey(deployment, userId)
    const head = [id, ttlSeconds, userId, runId, leaseMs, mode, mine]
    return run(CLAIM, id, [...head, maxOpen, maxTurns, title, choice])
  }

  /**
   * The oldest conversation that is not being answered; one that has expired is only struck off. Answers whether a
   * place was freed by this very call.
   */
  async function makeRoom(userId: string, candidates: readonly string[]): Promise<boolean> {
    for (const id of candidates) {
      const args = [id, TOMBSTONE_SECONDS, userKey(deployment, ''), 'idle', userId]
      const { outcome, parts } = await run(DELETE, id, args)
      if (outcome === 'OK') return parts[0] === 1
    }
    throw new AppError('TOO_MANY_RUNS', 'Every conversation there is room for is being answered.', {
      details: { retryAfterSeconds: RETRY_AFTER_SECONDS }
    })
  }

  async function open(claimant: Claimant): Promise<Claim> {
    let hasPlace = false
    for (let tries = 0; tries < MAX_OPEN_TRIES; tries += 1) {
      const id = randomUUID()
      // There may be more than the limit, which was lowered: one for one, and the cleanup sees to the rest.
      const maxOpen = hasPlace ? Number.MAX_SAFE_INTEGER : maxConversationsPerUser
      const { outcome, parts } = await attempt(id, 'open', claimant, maxOpen)
      if (outcome === 'OK') return { id, fence: String(parts[0]) }
      hasPlace = await makeRoom(claimant.userId, (parts[0] as RedisReply[]).map(String))
    }
    throw new AppError('TOO_MANY_RUNS', 'Too many conversations are being opened at once.', {
      details: { retryAfterSeconds: RETRY_AFTER_SECONDS }
    })
  }

  async function take(claimant: Claimant, id: string): Promise<Claim> {
    if (!isIdentifier(id)) throw notYours()
    const { outcome, parts } = await attempt(id, 'take', claimant).catch(hideDeleted)
    if (outcome === 'OK') return { id, fence: String(parts[0]) }
    if (outcome === 'FULL') {
      throw new AppError('CONVERSATION_FULL', `This conversation has ${maxTurns} questions.`)
    }
    throw new AppError('CONVERSATION_BUSY', 'The previous question is still being answered.', {
      details: { runId: String(parts[0]) }
    })
  }

  return {
    claim: (claimant: Claimant, id: string | undefined) =>
      id === undefined ? open(claimant) : take(claimant, id)
  }
}
