import type { LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import { redactFailure, redactResponse } from '../platform/secret-redaction.ts'
import { usesEntra } from './azure-openai.ts'
import type { EntraTokens } from './entra-tokens.ts'
import type { ProviderEndpoint } from './provider.ts'

/** A credential together with the address it is for; it goes nowhere else. */
export interface ModelCredential {
  readonly address: string
  readonly secret: Secret | undefined
}

export interface CredentialedFetchOptions {
  readonly model: LlmModel
  readonly endpoint: ProviderEndpoint
  readonly credential: ModelCredential
  readonly correlationId: string
  readonly send: typeof fetch
  readonly entraTokens: EntraTokens
  /** Asked once more when the provider refuses what was shown. */
  readonly resolveCredential: (model: LlmModel, context: CallContext) => Promise<ModelCredential>
  readonly forgetCredential: (model: LlmModel) => void
}

export interface CredentialedFetch {
  readonly fetch: typeof fetch
  /** Takes what was shown out of an error that may repeat it. */
  readonly redactFailure: (error: unknown) => void
}

interface Shown {
  /** Of the secrets group. */
  readonly secret: Secret | undefined
  /** What the provider is shown: the secret itself, or an access token made from it. */
  readonly token: Secret | undefined
}

/**
 * Shows the key, or the access token; refused with 401, resolves it once more and tries again only when it has changed.
 * An access token is renewed, too: it may have been withdrawn before its time.
 */
export function createCredentialedFetch(options: CredentialedFetchOptions): CredentialedFetch {
  const { model, endpoint, credential, send } = options
  let shown: Shown = { secret: credential.secret, token: undefined }

  async function ask(url: Parameters<typeof fetch>[0], init: RequestInit): Promise<Response> {
    const { secret, token } = shown
    const headers = new Headers(init.headers)
    headers.delete('authorization')
    const ours = token ? endpoint.credentialHeaders(token) : {}
    for (const [name, value] of Object.entries(ours)) headers.set(name, value)
    const response = await send(url, { ...init, headers })
    return redactResponse(await redactResponse(response, secret), token)
  }

  async function askAgain(
    url: Parameters<typeof fetch>[0],
    init: RequestInit = {}
  ): Promise<Response> {
    const signal = init.signal ?? AbortSignal.timeout(model.timeoutMs)
    shown = await firstShown(options, shown.secret, signal)
    const response = await ask(url, init)
    if (response.status !== 401 || !shown.token) return response
    const renewed = await renew(options, shown, signal)
    if (!renewed) return response
    await response.body?.cancel()
    shown = renewed
    return ask(url, init)
  }

  const redact = (error: unknown) => {
    redactFailure(error, shown.secret)
    redactFailure(error, shown.token)
  }
  return { fetch: askAgain, redactFailure: redact }
}

/** Entra ID may know a newer client secret than the one that was resolved: then that is resolved once more. */
async function firstShown(
  options: CredentialedFetchOptions,
  secret: Secret | undefined,
  signal: AbortSignal
): Promise<Shown> {
  try {
    return { secret, token: await toToken(options, secret, signal) }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'MODEL_CREDENTIAL_REFUSED') throw error
    const renewed = await renew(options, { secret, token: undefined }, signal)
    if (!renewed) throw error
    return renewed
  }
}

async function toToken(
  { model, entraTokens }: CredentialedFetchOptions,
  secret: Secret | undefined,
  signal: AbortSignal
): Promise<Secret | undefined> {
  if (!secret || !usesEntra(model)) return secret
  return entraTokens.tokenFor(model, secret, signal)
}

/** Undefined when there is nothing else to show, or not for this address. */
async function renew(
  options: CredentialedFetchOptions,
  refused: Shown,
  signal: AbortSignal
): Promise<Shown | undefined> {
  const { model, credential, correlationId, entraTokens } = options
  options.forgetCredential(model)
  if (refused.secret && refused.token !== refused.secret) entraTokens.forget(model, refused.secret)
  try {
    const { secret, address } = await options.resolveCredential(model, { signal, correlationId })
    if (!secret || address !== credential.address) return undefined
    const isRefused = refused.token === undefined && secret.reveal() === refused.secret?.reveal()
    if (isRefused) return undefined
    const token = await toToken(options, secret, signal)
    const isOther = token && token.reveal() !== refused.token?.reveal()
    return isOther ? { secret, token } : undefined
  } catch {
    // The refusal says more than why nothing else could be found.
    return undefined
  }
}
