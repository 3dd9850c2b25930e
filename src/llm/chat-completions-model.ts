import type { BaseMessageChunk } from '@langchain/core/messages'
import { ChatOpenAICompletions, type OpenAIClient } from '@langchain/openai'
import type { LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import {
  incomplete,
  notChatCompletions,
  timedOut,
  toModelError,
  wentSilent
} from './model-errors.ts'
import type { ProviderEndpoint } from './provider.ts'

/** Longest silence in mid-answer. Before the first piece the model's own time-out counts. */
export const STREAM_SILENCE_MS = 60_000

export interface ChatCompletionsModelFields {
  readonly model: LlmModel
  readonly endpoint: ProviderEndpoint
  /** The model's own, as its provider takes them. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Adds the credential by itself: the model object, which LangChain prints and traces, never holds it. */
  readonly fetch: typeof fetch
  /** Takes the credential out of an error that may repeat it: an error event does, in the middle of a good answer. */
  readonly redactFailure: (error: unknown) => void
  readonly streamSilenceMs: number
}

type Chunk = OpenAIClient.Chat.Completions.ChatCompletionChunk
type Completion = OpenAIClient.Chat.Completions.ChatCompletion
type StreamingRequest = OpenAIClient.Chat.ChatCompletionCreateParamsStreaming
type WholeRequest = OpenAIClient.Chat.ChatCompletionCreateParamsNonStreaming
type ChunkStream = AsyncIterable<Chunk> & { readonly controller: AbortController }

/** Sent in place of a key, so that the openai package does not look for one in the environment. */
const NO_KEY = 'not-sent'

/**
 * Chat completions of any provider that speaks them, without retries: the caller knows whether a token was shown.
 * Every failure is an AppError (MODEL_…); an abort of the caller's signal ends the stream or throws as the openai
 * package does. Nothing is read from the environment.
 */
export class ChatCompletionsModel extends ChatOpenAICompletions {
  readonly #fields: ChatCompletionsModelFields

  constructor(fields: ChatCompletionsModelFields) {
    const { model, endpoint } = fields
    super({
      model: model.modelName,
      apiKey: NO_KEY,
      timeout: model.timeoutMs,
      maxRetries: 0,
      configuration: {
        baseURL: endpoint.baseUrl,
        defaultQuery: { ...endpoint.query },
        organization: null,
        project: null,
        logLevel: 'off',
        fetch: fields.fetch
      }
    })
    this.#fields = fields
  }

  override invocationParams(
    options?: this['ParsedCallOptions'],
    extra?: { streaming?: boolean }
  ): ReturnType<ChatOpenAICompletions['invocationParams']> {
    // Ours last: LangChain renames some by what a model is called.
    return { ...super.invocationParams(options, extra), ...this.#fields.parameters }
  }

  /** LangChain drops what a model says in refusal, and calls of servers that never name the role. */
  protected override _convertCompletionsDeltaToBaseMessageChunk(
    delta: Chunk['choices'][number]['delta'],
    rawResponse: Chunk,
    role: OpenAIClient.Chat.ChatCompletionRole = 'assistant'
  ): BaseMessageChunk {
    const message = super._convertCompletionsDeltaToBaseMessageChunk(delta, rawResponse, role)
    if (delta.refusal) message.additional_kwargs.refusal = delta.refusal
    return message
  }

  override completionWithRetry(
    request: StreamingRequest,
    options?: OpenAIClient.RequestOptions
  ): Promise<AsyncIterable<Chunk>>
  override completionWithRetry(
    request: WholeRequest,
    options?: OpenAIClient.RequestOptions
  ): Promise<Completion>
  override async completionWithRetry(
    request: StreamingRequest | WholeRequest,
    options?: OpenAIClient.RequestOptions
  ): Promise<AsyncIterable<Chunk> | Completion> {
    const { signal } = options ?? {}
    const sent = { ...(signal && { signal }), maxRetries: 0 }
    this._getClientOptions(undefined)
    try {
      const answer = await this.client.chat.completions.create(request, sent)
      if (!request.stream) return wholeAnswer(answer as Completion, this.#fields.model)
      return guardStream(answer as ChunkStream, this.#fields, signal ?? undefined)
    } catch (error) {
      if (signal?.aborted) throw error
      this.#fields.redactFailure(error)
      throw toModelError(namedIn(error) ?? error, this.#fields.model)
    }
  }
}

/** What our own `fetch` has named already; the openai package wraps it. */
function namedIn(error: unknown): AppError | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof AppError ? cause : undefined
}

function wholeAnswer(answer: Completion, model: LlmModel): Completion {
  if (!Array.isArray(answer?.choices)) throw notChatCompletions(model)
  return answer
}

/** Passes the chunks on; throws when they stop coming, break, or end without a finish reason. */
async function* guardStream(
  stream: ChunkStream,
  { model, streamSilenceMs, redactFailure }: ChatCompletionsModelFields,
  signal: AbortSignal | undefined
): AsyncGenerator<Chunk, void> {
  const watch = watchSilence(stream.controller, model.timeoutMs, streamSilenceMs)
  let finished = false
  try {
    for await (const chunk of stream) {
      watch.heard()
      finished ||= chunk.choices?.[0]?.finish_reason != null
      yield chunk
    }
  } catch (error) {
    if (signal?.aborted) throw error
    redactFailure(error)
    throw watch.began() ? incomplete(model, error) : toModelError(error, model)
  } finally {
    watch.end()
  }
  // An aborted stream of the openai package ends like a complete one.
  const failure = signal?.aborted ? undefined : failureAtEnd(model, watch, finished)
  if (failure) throw failure
}

function failureAtEnd(model: LlmModel, watch: SilenceWatch, finished: boolean) {
  if (watch.expired()) {
    return watch.began() ? wentSilent(model, watch.laterMs) : timedOut(model)
  }
  if (!watch.began()) return notChatCompletions(model)
  return finished ? undefined : incomplete(model)
}

type SilenceWatch = ReturnType<typeof watchSilence>

function watchSilence(controller: AbortController, firstMs: number, laterMs: number) {
  let expired = false
  let began = false
  const expire = () => {
    expired = true
    controller.abort()
  }
  let timer = setTimeout(expire, firstMs)
  return {
    heard(): void {
      if (began) return void timer.refresh()
      began = true
      clearTimeout(timer)
      timer = setTimeout(expire, laterMs)
    },
    laterMs,
    began: () => began,
    expired: () => expired,
    end: () => clearTimeout(timer)
  }
}
