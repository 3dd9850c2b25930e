import { AppError } from '../errors.ts'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { credentialResource } from '../nautobot/resources.ts'
import { refusedToService } from '../nautobot/service-call.ts'
import { abortable } from '../platform/abortable.ts'
import type { CallContext } from '../platform/call-context.ts'
import { Secret } from '../platform/secret.ts'

/** Longest time a changed secret may go unnoticed. */
const MAX_AGE_MS = 60_000

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
   * The object's secret, at most `maxAgeMs` old. Concurrent callers share one request.
   *
   * @throws AppError CREDENTIAL_UNAVAILABLE: no such secret, its provider fails, or its address is another one by
   * now. NAUTOBOT_REFUSED, NAUTOBOT_UNAVAILABLE. The signal's reason when `context.signal` aborts.
   */
  resolve(kind: CredentialKind, object: ConfiguredObject, context: CallContext): Promise<Credential>
  /** The secret was refused where it was used: the next `resolve` asks Nautobot. */
  forget(id: string): void
  /** Something about secrets changed in Nautobot: all of them are asked for again. */
  forgetAll(): void
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
  readonly now?: () => number
}

interface Entry {
  readonly credential: Promise<Credential>
  readonly askedAt: number
}

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

/**
 * Reads secrets through the shim, as the service account. A value is used only with the address that came
 * with it: when that is not the address in the catalog, somebody has just moved the object, and a key must
 * not reach the old host, nor the new one under the old settings.
 */
export function createSecretResolver(options: SecretResolverOptions): SecretResolver {
  const { client, serviceToken, signal, maxEntries, onOutdated, now = Date.now } = options
  const maxAgeMs = Math.min(options.maxAgeMs, MAX_AGE_MS)
  const entries = new Map<string, Entry>()

  async function ask(kind: CredentialKind, object: ConfiguredObject, correlationId: string) {
    const path = `/api/plugins/ai-ops/${kind}/${encodeURIComponent(object.id)}/resolve-credential/`
    const call = { token: serviceToken, signal, correlationId }
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

  function remember(key: string, entry: Entry) {
    entries.delete(key)
    const oldest = entries.keys().next().value
    if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest)
    entries.set(key, entry)
    const drop = () => {
      if (entries.get(key) === entry) entries.delete(key)
    }
    entry.credential.catch(drop)
  }

  function fresh(entry: Entry | undefined): entry is Entry {
    return entry !== undefined && now() - entry.askedAt < maxAgeMs
  }

  return {
    async resolve(kind, object, context) {
      const { id, address } = object
      if (!object.hasCredential) return { address, secret: undefined }
      // With the address in the key, a moved object never meets the answer for its old address.
      const key = `${id} ${address}`
      const held = entries.get(key)
      const entry = fresh(held)
        ? held
        : { credential: ask(kind, object, context.correlationId), askedAt: now() }
      if (entry !== held) remember(key, entry)
      return abortable(entry.credential, context.signal)
    },

    forget(id) {
      for (const key of entries.keys()) if (key.startsWith(`${id} `)) entries.delete(key)
    },

    forgetAll: () => entries.clear()
  }
}
