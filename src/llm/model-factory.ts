import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { LlmModel, LlmProvider } from '../catalog/catalog.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Outbound } from '../platform/outbound.ts'
import { describeAnthropic } from './anthropic/anthropic.ts'
import { describeAzureOpenAi } from './azure-openai.ts'
import { createCredentialedFetch, type ModelCredential } from './credentialed-fetch.ts'
import { demandStream } from './demand-stream.ts'
import { createEntraTokens } from './entra-tokens.ts'
import { describeOpenAi } from './openai.ts'
import { wireParameters } from './parameter-policy.ts'
import type { DescribeProvider } from './provider.ts'
import { createRefusedParameters } from './refused-parameters.ts'

const PROVIDERS: Readonly<Record<LlmProvider, DescribeProvider>> = {
  'azure-openai': describeAzureOpenAi,
  openai: describeOpenAi,
  anthropic: describeAnthropic
}

const PUBLIC_AUTHORITY = 'https://login.microsoftonline.com'

export interface ModelFactoryOptions {
  readonly outbound: Outbound
  /** Asked when the model has a credential. Throws CREDENTIAL_UNAVAILABLE. */
  readonly resolveCredential: (model: LlmModel, context: CallContext) => Promise<ModelCredential>
  /** The provider refused it: the next `resolveCredential` must not answer from a cache. */
  readonly forgetCredential?: (model: LlmModel) => void
  readonly streamSilenceMs?: number
  /** Where Entra ID is asked for tokens: Microsoft's public cloud unless given. */
  readonly entraAuthority?: string
}

export interface ModelFactory {
  /**
   * The model, ready to be asked by one run, whose `correlationId` its requests carry on. Made anew each time, in far
   * less than a millisecond (the connections are `outbound`'s): its key is gone with the run. Its failures are
   * AppErrors. Throws what `resolveCredential` throws.
   */
  modelFor(model: LlmModel, context: CallContext): Promise<BaseChatModel>
  /** What is not sent as the administrator wrote it, as sentences. */
  noticesFor(model: LlmModel): readonly string[]
}

export function createModelFactory(options: ModelFactoryOptions): ModelFactory {
  const { outbound, entraAuthority: authority = PUBLIC_AUTHORITY } = options
  const entraTokens = createEntraTokens({ outbound, authority })
  const refused = createRefusedParameters()

  async function build({ model, credential, correlationId }: Asked): Promise<BaseChatModel> {
    // 35 MB of code that a start does not need.
    const { ChatCompletionsModel, STREAM_SILENCE_MS } = await import('./chat-completions-model.ts')
    const endpoint = PROVIDERS[model.provider](model, credential.address)
    const { fetch: send, redactFailure } = createCredentialedFetch({
      ...{ model, endpoint, credential, correlationId, entraTokens },
      send: outbound.fetchFor({ verifyTls: model.verifyTls }),
      resolveCredential: options.resolveCredential,
      forgetCredential: options.forgetCredential ?? (() => undefined)
    })
    const translated = endpoint.translate?.(send) ?? send
    return new ChatCompletionsModel({
      model,
      endpoint,
      parameters: wireParameters(model).parameters,
      fetch: demandStream(model, refused.lenient(model, translated)),
      redactFailure,
      streamSilenceMs: options.streamSilenceMs ?? STREAM_SILENCE_MS
    })
  }

  return {
    modelFor: async (model, context) => {
      const credential = model.hasCredential
        ? await options.resolveCredential(model, context)
        : { address: model.address, secret: undefined }
      return build({ model, credential, correlationId: context.correlationId })
    },
    noticesFor: (model) => [...wireParameters(model).notices, ...refused.notices(model)]
  }
}

interface Asked {
  readonly model: LlmModel
  readonly credential: ModelCredential
  readonly correlationId: string
}
