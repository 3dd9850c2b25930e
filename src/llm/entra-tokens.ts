import { z } from 'zod'
import type { LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import { createExpiringCache } from '../platform/expiring-cache.ts'
import { describeFailure, type Outbound } from '../platform/outbound.ts'
import { readText } from '../platform/read-text.ts'
import { Secret } from '../platform/secret.ts'
import { createSingleFlight } from '../platform/single-flight.ts'

const SCOPE = 'https://cognitiveservices.azure.com/.default'
/** A token with less time left is not used for another question. */
const RENEW_BEFORE_MS = 300_000
const MAX_TOKENS = 500
const MAX_ANSWER_BYTES = 100_000
const TIMEOUT_MS = 15_000
const MAX_LIFE_SECONDS = 86_400

export interface EntraTokensOptions {
  readonly outbound: Outbound
  /** `https://login.microsoftonline.com`, or a sovereign cloud's; without a slash at the end. */
  readonly authority: string
  readonly now?: () => number
}

/** Access tokens for Azure OpenAI, by client credentials. Kept in this process alone, until shortly before they lapse. */
export interface EntraTokens {
  /**
   * A token for the model's application. Concurrent callers of one application share a request.
   *
   * @throws AppError MODEL_CREDENTIAL_REFUSED: Entra ID refuses the application or its secret. MODEL_FAILED: it cannot be
   * asked. The signal's reason when that aborts.
   */
  tokenFor(model: LlmModel, secret: Secret, signal: AbortSignal): Promise<Secret>
  /** The token was refused where it was used: the next call asks for another one. */
  forget(model: LlmModel, secret: Secret): void
}

const answer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive()
})
const refusal = z.object({ error: z.string(), error_description: z.string().default('') })

export function createEntraTokens(options: EntraTokensOptions): EntraTokens {
  const { now = Date.now } = options
  const held = createExpiringCache<Secret>({ maxEntries: MAX_TOKENS, now })
  const flights = createSingleFlight<Secret>()

  return {
    async tokenFor(model, secret, signal) {
      const key = keyOf(model, secret)
      const known = held.get(key)
      if (known) return known
      return flights.run(key, signal, async (shared) => {
        const { access_token: token, expires_in: seconds } = await ask(options, model, {
          secret,
          signal: shared
        })
        const made = new Secret(token)
        const lifeMs = Math.min(seconds, MAX_LIFE_SECONDS) * 1_000
        held.set(key, made, now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2))
        return made
      })
    },
    forget: (model, secret) => held.delete(keyOf(model, secret))
  }
}

/** The secret itself, since nothing prints this key: a changed one must not meet the token of the old one. */
function keyOf({ entraTenantId, entraClientId }: LlmModel, secret: Secret): string {
  return JSON.stringify([entraTenantId, entraClientId, secret.reveal()])
}

interface Asking {
  readonly secret: Secret
  readonly signal: AbortSignal
}

async function ask(
  { outbound, authority }: EntraTokensOptions,
  model: LlmModel,
  { secret, signal }: Asking
): Promise<z.output<typeof answer>> {
  const url = `${authority}/${encodeURIComponent(model.entraTenantId)}/oauth2/v2.0/token`
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: model.entraClientId,
    client_secret: secret.reveal(),
    scope: SCOPE
  })
  try {
    const response = await outbound.fetchFor({ verifyTls: true })(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    })
    return read(model, response.status, await readText(response, MAX_ANSWER_BYTES))
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AppError) throw error
    const reason = describeFailure(error) ?? 'it does not answer as expected'
    // Never the error itself: it may hold the request.
    throw failed('MODEL_FAILED', model, `Entra ID could not be asked for a token: ${reason}.`)
  }
}

function read(model: LlmModel, status: number, text: string): z.output<typeof answer> {
  const body = parse(text)
  const { data } = answer.safeParse(body)
  if (status === 200 && data) return data
  const said = refusal.safeParse(body).data
  if (!said) {
    throw failed('MODEL_FAILED', model, `Entra ID answered ${status} and no token.`)
  }
  throw failed('MODEL_CREDENTIAL_REFUSED', model, sentenceFor(said))
}

/** Of Microsoft's sentences only the number is repeated: they hold ids, addresses and times. */
const SENTENCES: Readonly<Record<string, string>> = {
  AADSTS90002: 'Entra ID knows no such tenant.',
  AADSTS900023: 'Entra ID knows no such tenant.',
  AADSTS700016: 'Entra ID knows no such application in this tenant.',
  AADSTS7000215: 'Entra ID refuses the client secret.',
  AADSTS7000222: 'The client secret has expired in Entra ID.'
}

function sentenceFor({ error, error_description: text }: z.output<typeof refusal>): string {
  const code = /AADSTS\d+/.exec(text)?.[0]
  const kind = /^[a-z_]{1,40}$/.test(error) ? error : 'an error'
  const known = code === undefined ? undefined : SENTENCES[code]
  return known ?? `Entra ID gives no token: ${code ?? kind}.`
}

function failed(code: 'MODEL_FAILED' | 'MODEL_CREDENTIAL_REFUSED', model: LlmModel, why: string) {
  const message = `The LLM model "${model.name}" has no access token. ${why}`
  return new AppError(code, message, { details: { model: model.name, reason: 'entra' } })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
