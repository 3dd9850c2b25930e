import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { LlmModel, LlmProvider } from '../catalog/catalog.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Outbound } from '../platform/outbound.ts'
import type { Secret } from '../platform/secret.ts'
import { redactFailure, redactResponse } from '../platform/secret-redaction.ts'
import { describeAzureOpenAi } from './azure-openai.ts'
import { describeOpenAi } from './openai.ts'
import type { DescribeProvider, ProviderEndpoint } from './provider.ts'

const PROVIDERS: Readonly<Record<LlmProvider, DescribeProvider>> = {
  'azure-openai': describeAzureOpenAi,
  openai: describeOpenAi
}

/** A credential together with the address it is for; it goes nowhere else. */
export interface ModelCredential {
  readonly address: string
  readonly secret: Secret | undefined
}

export interface ModelFactoryOptions {
  readonly outbound: Outbound
  /** Asked when the model has a credential. Throws CREDENTIAL_UNAVAILABLE. */
  readonly resolveCredential: (model: LlmModel, context: CallContext) => Promise<ModelCredential>
  /** The provider refused it: the next `resolveCredential` must not answer from a cache. */
  readonly forgetCredential?: (model: LlmModel) => void
  readonly streamSilenceMs?: number
}

export interface ModelFactory {
  /**
   * The model, ready to be asked by one run, whose `correlationId` its requests carry on. Made anew each time, in far
   * less than a millisecond (the connections are `outbound`'s): its key is gone with the run. Its failures are
   * AppErrors. Throws what `resolveCredential` throws.
   */
  modelFor(model: LlmModel, context: CallContext): Promise<BaseChatModel>
}

export function createModelFactory(options: ModelFactoryOptions): ModelFactory {
  return {
    modelFor: async (model, context) => {
      const credential = model.hasCredential
        ? await options.resolveCredential(model, context)
        : { address: model.address, secret: undefined }
      return buildModel(options, model, credential, context)
    }
  }
}

async function buildModel(
  options: ModelFactoryOptions,
  model: LlmModel,
  credential: ModelCredential,
  { correlationId }: CallContext
): Promise<BaseChatModel> {
  // 35 MB of code that a start does not need.
  const { ChatCompletionsModel, STREAM_SILENCE_MS } = await import('./chat-completions-model.ts')
  const endpoint = PROVIDERS[model.provider](model, credential.address)
  return new ChatCompletionsModel({
    model,
    endpoint,
    ...credentialed(options, { model, endpoint, credential, correlationId }),
    streamSilenceMs: options.streamSilenceMs ?? STREAM_SILENCE_MS
  })
}

interface Destination {
  readonly model: LlmModel
  readonly endpoint: ProviderEndpoint
  readonly credential: ModelCredential
  readonly correlationId: string
}

/** Shows the key; refused with 401, resolves it once more and tries again only when it has changed. */
function credentialed(
  { outbound, resolveCredential, forgetCredential }: ModelFactoryOptions,
  { model, endpoint, credential, correlationId }: Destination
): { readonly fetch: typeof fetch; readonly redactFailure: (error: unknown) => void } {
  const send = outbound.fetchFor({ verifyTls: model.verifyTls })
  let { secret } = credential

  async function ask(url: Parameters<typeof fetch>[0], init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.delete('authorization')
    const shown = secret ? endpoint.credentialHeaders(secret) : {}
    for (const [name, value] of Object.entries(shown)) headers.set(name, value)
    return redactResponse(await send(url, { ...init, headers }), secret)
  }

  async function askAgain(
    url: Parameters<typeof fetch>[0],
    init: RequestInit = {}
  ): Promise<Response> {
    const response = await ask(url, init)
    if (response.status !== 401 || !secret) return response
    forgetCredential?.(model)
    const signal = init.signal ?? AbortSignal.timeout(model.timeoutMs)
    const renewed = await resolveCredential(model, { signal, correlationId }).catch(() => undefined)
    const isNew = renewed?.secret && renewed.secret.reveal() !== secret.reveal()
    if (!isNew || renewed.address !== credential.address) return response
    await response.body?.cancel()
    secret = renewed.secret
    return ask(url, init)
  }

  return { fetch: askAgain, redactFailure: (error) => redactFailure(error, secret) }
}
