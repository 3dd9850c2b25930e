import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { refusedToService } from '../nautobot/service-call.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { CallContext } from '../platform/call-context.ts'
import { createExpiringCache } from '../platform/expiring-cache.ts'
import { Secret } from '../platform/secret.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import type { Caller, Credential, UserToken } from './caller.ts'
import { exchangeSchema, fingerprint, parseAnswer, refusalCode } from './shim-answers.ts'

/** No run starts with a token that is about to lapse. */
const RENEW_BEFORE_MS = 60_000
const MAX_ENTRIES = 1_000

/**
 * Read-only tokens of the asking users, made by the shim's exchange and kept in this process alone.
 *
 * Throws UNAUTHENTICATED (the session or token it came from is gone: sign in again), FORBIDDEN (the user is inactive or
 * may not chat), NAUTOBOT_REFUSED (the service account may not exchange), NAUTOBOT_UNAVAILABLE.
 */
export interface UserTokens {
  /** A token that is good for at least another minute. */
  forCaller(caller: Caller, context: CallContext): Promise<UserToken>
  /** A new token for a long run, or for one taken over. The grant stays what it was and is never extended. */
  renew(grant: Secret, context: CallContext): Promise<UserToken>
  /** Nautobot refused this token: the next call exchanges anew. */
  forget(token: Secret): void
  /** Rights may have changed in Nautobot: everybody's token, and what it permits, is asked for again. */
  forgetAll(): void
}

export interface UserTokensOptions {
  readonly nautobot: NautobotClient
  readonly serviceToken: Secret
  readonly now?: () => number
  readonly maxEntries?: number
  /** Nautobot was asked for an exchange, for the audit. */
  readonly onExchanged?: (exchange: Exchange) => void
}

export interface Exchange {
  readonly from: Exclude<Credential['kind'], 'job-token'>
  /** The user that the token is of; of a grant that was refused nobody knows. */
  readonly userId: string | undefined
  readonly username: string | undefined
  /** ok, or an error's code. */
  readonly outcome: string
  readonly correlationId: string
}

const INPUTS: Readonly<Record<Exchange['from'], string>> = {
  'session-token': 'session_token',
  'api-token': 'api_token',
  grant: 'grant'
}

const SIGN_IN_AGAIN = new Set([
  'session_ended',
  'token_invalid',
  'token_expired',
  'token_exchanged'
])

/** What the shim said of an identity that it does not take, in our words. */
export function exchangeRefusal(error: unknown): unknown {
  const code = refusalCode(error)
  if (code && SIGN_IN_AGAIN.has(code))
    return new AppError('UNAUTHENTICATED', 'Sign in to Nautobot again.', { cause: error })
  if (code === 'user_refused')
    return new AppError(
      'FORBIDDEN',
      'Nautobot does not let this user chat: the account is inactive, or the permission nautobot_ai_ops.chat_llmmodel is missing.',
      { cause: error }
    )
  if (code === 'invalid_request')
    return new AppError('INTERNAL', 'Something went wrong in this service.', { cause: error })
  return refusedToService(error)
}

function toUserToken(answer: unknown): UserToken {
  const exchanged = parseAnswer(exchangeSchema, answer)
  const { token, expires, grant, grant_expires, user, llm_models, mcp_servers } = exchanged
  return {
    userId: user.id,
    username: user.username,
    token: new Secret(token),
    expiresAt: expires * 1_000,
    grant: new Secret(grant),
    grantExpiresAt: grant_expires * 1_000,
    llmModelIds: new Set(llm_models),
    mcpServerIds: new Set(mcp_servers)
  }
}

/** What is exchanged, and whose it is said to be. */
interface Offered {
  readonly from: Exchange['from']
  readonly value: Secret
  readonly userId: string | undefined
}

function createExchange({ nautobot, serviceToken, onExchanged }: UserTokensOptions) {
  async function ask({ from, value }: Offered, context: CallContext): Promise<UserToken> {
    const body = { [INPUTS[from]]: value.reveal() }
    const call = { ...context, token: serviceToken }
    try {
      return toUserToken(await nautobot.send('POST', `${SHIM_API}/token-exchange/`, body, call))
    } catch (error) {
      context.signal.throwIfAborted()
      throw exchangeRefusal(error)
    }
  }

  return async (offered: Offered, context: CallContext): Promise<UserToken> => {
    const { from, userId } = offered
    const about = { from, correlationId: context.correlationId }
    try {
      const made = await ask(offered, context)
      const { userId: id, username } = made
      onExchanged?.({ ...about, userId: id, username, outcome: 'ok' })
      return made
    } catch (error) {
      const { code: outcome } = AppError.from(error)
      onExchanged?.({ ...about, userId, username: undefined, outcome })
      throw error
    }
  }
}

export function createUserTokens(options: UserTokensOptions): UserTokens {
  const { now = Date.now, maxEntries = MAX_ENTRIES } = options
  const exchange = createExchange(options)
  const held = createExpiringCache<UserToken>({ maxEntries, now })
  const flights = createSingleFlight<UserToken>()
  let generation = 0

  async function obtain(offered: Offered, ctx: CallContext) {
    const { from, value, userId } = offered
    const key = `${userId ?? ''} ${from} ${fingerprint(value)}`
    const kept = held.get(key)
    if (kept) return kept
    const startedIn = generation
    return flights.run(`${startedIn} ${key}`, ctx.signal, async (signal) => {
      const { correlationId } = ctx
      const made = await exchange(offered, { signal, correlationId })
      if (userId !== undefined && made.userId !== userId)
        throw new AppError('INTERNAL', 'Nautobot answered with the token of another user.')
      // An exchange that began before a change of rights serves those who waited for it, nobody else.
      if (startedIn === generation) held.set(key, made, made.expiresAt - RENEW_BEFORE_MS)
      return made
    })
  }

  return {
    async forCaller({ id, credential }, context) {
      if (credential.kind === 'job-token')
        throw new AppError('FORBIDDEN', 'A token for one job cannot ask Nautobot anything.')
      return obtain({ from: credential.kind, value: credential.token, userId: id }, context)
    },
    renew: (grant, context) => obtain({ from: 'grant', value: grant, userId: undefined }, context),
    forget: (token) => held.deleteWhere((kept) => kept.token.reveal() === token.reveal()),
    forgetAll() {
      generation += 1
      held.deleteWhere(() => true)
    }
  }
}
