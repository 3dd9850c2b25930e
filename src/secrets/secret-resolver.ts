import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { credentialResource } from '../nautobot/resources.ts'
import { refusedToService } from '../nautobot/service-call.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import { Secret } from '../platform/secret.ts'

/** Longest time a changed secret may go unnoticed while Nautobot answers. */
const MAX_AGE_MS = 60_000
/** Longest time the last secret serves while Nautobot does not answer: chat outlives a restart of Nautobot. */
const MAX_OUTAGE_MS = 600_000
/** In an outage nobody waits again for this long. */
const RETRY_AFTER_MS = 10_000
/** How often values that nobody may be given any more are dropped. */
const SWEEP_MS = 60_000
const RESOLVE_TIMEOUT_MS = 5_000

/** Which list of the shim an object is in. */
export type CredentialKind = 'llm-models' | 'mcp-servers'

/** What of an LLM model or MCP server of the catalog matters here. */
export interface ConfiguredObject {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly hasCredential: boolean
}

/** A secret together with the only address it may be sent to. */
export interface Credential {
  readonly address: string
  /** Undefined: the object needs none. */
  readonly secret: Secret | undefined
}

export interface SecretResolver {
  /**
   * The object's secret, at most `maxAgeMs` old, or ten minutes while Nautobot does not answer. Concurrent
   * callers share one request.
   *
   * @throws AppError CREDENTIAL_UNAVAILABLE: no such secret, its provider fails, or its address is another one by
   * now. NAUTOBOT_REFUSED, NAUTOBOT_UNAVAILABLE. The signal's reason when `context.signal` aborts.
   */
  resolve(kind: CredentialKind, object: ConfiguredObject, context: CallContext): Promise<Credential>
  /** The secret was refused where it was used: the next `resolve` asks Nautobot. */
  forget(id: string): void
  /** Something about secrets changed, or may have: all of them are asked for again, while Nautobot answers. */
  forgetAll(): void
  /** Values in memory: dropped at most eleven minutes after Nautobot last said them. */
  size(): number
}

export interface SecretResolverOptions {
  readonly client: NautobotClient
  readonly serviceToken: Secret
  /** Ends with the service; aborts requests under way. */
  readonly signal: AbortSignal
  /** At most 60,000. */
  readonly maxAgeMs: number
  readonly maxEntries: number
  /** The catalog's address of an object is not Nautobot's any more: the catalog is out of date. */
  readonly onOutdated: () => void
  /** Nautobot was asked for a secret, for the audit; `outcome`: ok, or an error's code. */
  readonly onResolved?: (
    kind: CredentialKind,
    object: ConfiguredObject,
    asked: { readonly outcome: string; readonly correlationId: string }
  ) => void
  readonly now?: () => number
  readonly sweepMs?: number
}

/** A secret and when Nautobot last said so. */
interface Resolved {
  readonly credential: Credential
  readonly at: number
}

interface Entry {
  readonly resolved: Promise<Resolved>
  freshUntil: number
  /** No longer good for anything from then on. */
  uselessAt: number
}

const isOutage = (error: unknown) =>
  error instanceof AppError && error.code === 'NAUTOBOT_UNAVAILABLE'

const unavailable = (message: string, cause?: unknown) =>
  new AppError('CREDENTIAL_UNAVAILABLE', message, { cause })

function explain(error: unknown, { name }: ConfiguredObject): unknown {
  const code = error instanceof AppError ? error.code : undefined
  if (code === 'OBJECT_NOT_FOUND')
    return unavailable(`The secrets group of ${name} has no HTTP(S) token in Nautobot.`, error)
  if (code === 'CREDENTIAL_UNAVAILABLE')
    return unavailable(`Nautobot cannot read the secret of ${name}.`, error)
  return refusedToService(error)
}

type Ask = (
  kind: CredentialKind,
  object: ConfiguredObject,
  correlationId: string
) => Promise<Credential>

function createAsk({ client, serviceToken, signal, onOutdated }: SecretResolverOptions): Ask {
  return async (kind, object, correlationId) => {
    const path = `${SHIM_API}/${kind}/${encodeURIComponent(object.id)}/resolve-credential/`
    const call = { token: serviceToken, signal, correlationId, timeoutMs: RESOLVE_TIMEOUT_MS }
    const answer = await client.send('POST', path, {}, call).catch((error: unknown) => {
      throw explain(error, object)
    })
    // The parser's error is no cause: it may quote what came.
    const { data } = credentialResource.safeParse(answer)
    if (!data) throw unavailable(`Nautobot answered no usable secret for ${object.name}.`)
    if (data.url !== object.address) {
      onOutdated()
      throw unavailable(`The address of ${object.name} has just changed in Nautobot. Ask again.`)
    }
    return { address: data.url, secret: new Secret(data.value) }
  }
}

async function audited<T>(work: Promise<T>, tell: (outcome: string) => void): Promise<T> {
  try {
    const result = await work
    tell('ok')
    return result
  } catch (error) {
    tell(AppError.from(error).code)
    throw error
  }
}

/** Asks anew; in an outage the entry falls back on what the one before it had, and is asked for again soon. */
function renew(
  question: () => Promise<Credential>,
  before: Entry | undefined,
  { maxAgeMs, now }: { readonly maxAgeMs: number; readonly now: () => number }
): Entry {
  async function fallBack(error: unknown): Promise<Resolved> {
    const last = isOutage(error) ? await before?.resolved.catch(() => undefined) : undefined
    if (!last || now() - last.at >= MAX_OUTAGE_MS) throw error
    entry.freshUntil = now() + RETRY_AFTER_MS
    return last
  }
  const entry: Entry = {
    resolved: question().then((credential) => ({ credential, at: now() }), fallBack),
    freshUntil: now() + maxAgeMs,
    uselessAt: Number.POSITIVE_INFINITY
  }
  return entry
}

/**
 * Reads secrets through the shim, as the service account. A value is used only with the address that came
 * with it: when that is not the address in the catalog, somebody has just moved the object, and a key must
 * not reach the old host, nor the new one under the old settings.
 */
export function createSecretResolver(options: SecretResolverOptions): SecretResolver {
  const { signal, maxEntries, now = Date.now } = options
  const ask = createAsk(options)
  const maxAgeMs = Math.min(options.maxAgeMs, MAX_AGE_MS)
  const entries = new Map<string, Entry>()

  function remember(key: string, entry: Entry) {
    entries.delete(key)
    const oldest = entries.keys().next().value
    if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest)
    entries.set(key, entry)
    const drop = () => {
      if (entries.get(key) === entry) entries.delete(key)
    }
    const keep = ({ at }: Resolved) => {
      entry.uselessAt = at + MAX_OUTAGE_MS
    }
    entry.resolved.then(keep, drop)
  }

  function sweep() {
    for (const [key, { uselessAt }] of entries) if (now() >= uselessAt) entries.delete(key)
  }
  const sweeping = setInterval(sweep, options.sweepMs ?? SWEEP_MS).unref()
  signal.addEventListener('abort', () => clearInterval(sweeping), { once: true })

  return {
    async resolve(kind, object, context) {
      const { id, address } = object
      if (!object.hasCredential) return { address, secret: undefined }
      // With the address in the key, a moved object never meets the answer for its old address.
      const key = `${id} ${address}`
      let entry = entries.get(key)
      if (!entry || now() >= entry.freshUntil) {
        const { correlationId } = context
        const question = () => {
          const told = (outcome: string) =>
            options.onResolved?.(kind, object, { outcome, correlationId })
          return audited(ask(kind, object, correlationId), told)
        }
        entry = renew(question, entry, { maxAgeMs, now })
        remember(key, entry)
      }
      const { credential } = await abortable(entry.resolved, context.signal)
      return credential
    },

    forget(id) {
      for (const key of entries.keys()) if (key.startsWith(`${id} `)) entries.delete(key)
    },

    forgetAll() {
      // Not dropped: should Nautobot be down just now, they are the last ones there are.
      for (const entry of entries.values()) entry.freshUntil = 0
    },

    size: () => entries.size
  }
}
