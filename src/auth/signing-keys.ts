import { type CryptoKey, importJWK } from 'jose'
import { z } from 'zod'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { refusedToService } from '../nautobot/service-call.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import { parseAnswer } from './shim-answers.ts'

/** Keys younger than this are used without asking. */
const MAX_AGE_MS = 300_000
/** While Nautobot does not answer, its last known keys serve this long. */
const MAX_STALE_MS = 900_000
/** A key nobody has heard of makes us ask again, but not for every forged token. */
const MIN_REFETCH_MS = 10_000
/** After a failure nobody waits for Nautobot again for this long. */
const RETRY_AFTER_MS = 2_000
const FETCH_TIMEOUT_MS = 3_000
/** One for SECRET_KEY and one for each of its fallbacks. */
const MAX_KEYS = 32

/** Public keys of the shim's session tokens. */
export interface SigningKeys {
  /** Undefined when Nautobot knows no such key. Throws NAUTOBOT_UNAVAILABLE or NAUTOBOT_REFUSED when it cannot be asked. */
  find(kid: string, context: CallContext): Promise<CryptoKey | undefined>
}

export interface SigningKeysOptions {
  readonly nautobot: NautobotClient
  /** The keys are public; the client wants an identity for every call all the same. */
  readonly serviceToken: Secret
  readonly now?: () => number
}

const keySetSchema = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string(), kid: z.string(), crv: z.string(), x: z.string() }))
    .max(MAX_KEYS)
})

interface Held {
  readonly keys: ReadonlyMap<string, CryptoKey>
  readonly fetchedAt: number
}

async function importKeys(answer: unknown): Promise<ReadonlyMap<string, CryptoKey>> {
  const { keys } = parseAnswer(keySetSchema, answer)
  const usable = keys.filter(({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519')
  const imported = usable.map(async ({ kid, kty, crv, x }) => {
    const key = await importJWK({ kty, crv, x }, 'EdDSA')
    return [kid, key as CryptoKey] as const
  })
  return new Map(await Promise.all(imported))
}

/** Keeps the shim's keys; a rotation shows as an unknown key and makes it ask again. */
export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const { nautobot, serviceToken, now = Date.now } = options
  const flights = createSingleFlight<Held>()
  let held: Held | undefined
  let failed: { readonly error: unknown; readonly at: number } | undefined

  async function fetchKeys(signal: AbortSignal, correlationId: string): Promise<Held> {
    try {
      const call = { token: serviceToken, signal, correlationId, timeoutMs: FETCH_TIMEOUT_MS }
      const keys = await importKeys(await nautobot.get(`${SHIM_API}/jwks/`, {}, call))
      held = { keys, fetchedAt: now() }
      failed = undefined
      return held
    } catch (error) {
      if (signal.aborted) throw error
      failed = { error: refusedToService(error), at: now() }
      throw failed.error
    }
  }

  function refresh({ signal, correlationId }: CallContext): Promise<Held> {
    if (failed && now() - failed.at < RETRY_AFTER_MS) return Promise.reject(failed.error)
    return flights.run('keys', signal, (shared) => fetchKeys(shared, correlationId))
  }

  async function fresher(known: Held, kid: string, context: CallContext) {
    const key = known.keys.get(kid)
    if (!key || now() - known.fetchedAt >= MAX_STALE_MS)
      return (await refresh(context)).keys.get(kid)
    try {
      return (await refresh(context)).keys.get(kid)
    } catch {
      context.signal.throwIfAborted()
      return key
    }
  }

  return {
    async find(kid, context) {
      if (!held) return (await refresh(context)).keys.get(kid)
      const age = now() - held.fetchedAt
      const key = held.keys.get(kid)
      if (key ? age < MAX_AGE_MS : age < MIN_REFETCH_MS) return key
      return fresher(held, kid, context)
    }
  }
}
