import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { CallContext } from '../platform/call-context.ts'
import { createExpiringCache } from '../platform/expiring-cache.ts'
import type { Secret } from '../platform/secret.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import type { Caller } from './caller.ts'
import { fingerprint, missingApp, parseAnswer, whoamiSchema } from './shim-answers.ts'

/** A revoked token, or right, is noticed after this long at the latest. */
const MAX_AGE_MS = 60_000
/** A wrong token is asked about again after this long; one that was just made works soon. */
const MAX_REFUSED_AGE_MS = 5_000
const MAX_ENTRIES = 1_000
const MAX_TOKEN_CHARACTERS = 200

export interface ApiTokenVerifierOptions {
  readonly nautobot: NautobotClient
  readonly now?: () => number
  readonly maxEntries?: number
}

const MADE_BY_EXCHANGE =
  'This token was made for the assistant alone. Use a Nautobot API token of your own.'
const NOT_A_TOKEN = 'This is not a valid Nautobot API token.'

/**
 * Asks Nautobot whose API token this is. Throws UNAUTHENTICATED for a wrong or expired token and for one that an exchange
 * made; NAUTOBOT_UNAVAILABLE when Nautobot cannot be asked.
 */
export function createApiTokenVerifier(options: ApiTokenVerifierOptions) {
  const { nautobot, now = Date.now, maxEntries = MAX_ENTRIES } = options
  const known = createExpiringCache<Caller | AppError>({ maxEntries, now })
  const flights = createSingleFlight<Caller>()

  async function ask(token: Secret, context: CallContext): Promise<Caller> {
    const answer = await nautobot.get(`${SHIM_API}/whoami/`, {}, { ...context, token })
    const { id, username, exchanged, scopes } = parseAnswer(whoamiSchema, answer)
    if (exchanged) throw new AppError('UNAUTHENTICATED', MADE_BY_EXCHANGE)
    return { id, username, scopes, credential: { kind: 'api-token', token } }
  }

  async function remember(key: string, token: Secret, context: CallContext): Promise<Caller> {
    try {
      const caller = await ask(token, context)
      known.set(key, caller, now() + MAX_AGE_MS)
      return caller
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'UNAUTHENTICATED') throw missingApp(error)
      known.set(key, error, now() + MAX_REFUSED_AGE_MS)
      throw error
    }
  }

  return async (token: Secret, context: CallContext): Promise<Caller> => {
    if (token.reveal().length > MAX_TOKEN_CHARACTERS)
      throw new AppError('UNAUTHENTICATED', NOT_A_TOKEN)
    const key = fingerprint(token)
    const before = known.get(key)
    if (before instanceof AppError) throw before
    if (before) return before
    const { signal, correlationId } = context
    return flights.run(key, signal, (shared) =>
      remember(key, token, { signal: shared, correlationId })
    )
  }
}
