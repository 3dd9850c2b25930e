import { randomBytes } from 'node:crypto'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import {
  AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  type UsageMetadata
} from '@langchain/core/messages'
import type { Runnable } from '@langchain/core/runnables'
import { AppError } from '../errors.ts'
import { isRecord } from '../platform/json.ts'
import type { CalledModel, PlannedCall } from './agent-step.ts'
import type { TokenUsage } from './model-cost.ts'

/** A chat model with the run's tools bound to it. */
export type BoundModel = Pick<Runnable<BaseLanguageModelInput, AIMessageChunk>, 'stream'>

/** What one call of the model came to. */
export interface ModelAnswer {
  readonly message: AIMessage
  readonly calls: readonly PlannedCall[]
  readonly usage: TokenUsage
  /** Why the text may be incomplete, as a sentence for the footer. */
  readonly gap: string | undefined
  /** The provider's filter let nothing through. */
  readonly isFiltered: boolean
  /** The provider's own word. */
  readonly finishReason: string
  /** What the provider says has answered; undefined when it does not. */
  readonly responseModel: string | undefined
  /** From the request to the first piece of text or of a call; undefined when none came. */
  readonly firstPieceMs: number | undefined
}

/** With who gave it and how long it took. */
export interface TimedAnswer extends ModelAnswer {
  readonly model: CalledModel
  readonly durationMs: number
}

export interface ModelTurnOptions {
  readonly messageId: string
  /** Of all calls in the conversation so far. */
  readonly usedCallIds: Iterable<string>
  readonly maxCharacters: number
  readonly signal: AbortSignal
  readonly onText: (delta: string) => void
}

/** Within the 40 characters that OpenAI takes. */
const ID_BYTES = 12

const CUT_SHORT: Readonly<Record<string, string>> = {
  length: 'The model reached its token limit: the answer is cut.',
  content_filter: "The provider's content filter cut the answer."
}
const SILENT_AT_LIMIT = 'The model reached its token limit before it said anything.'
const REFUSED = 'The model refused to answer.'

interface CallParts {
  /** The provider's place for it; undefined when the provider gives none. */
  readonly index: number | undefined
  id: string
  name: string
  args: string
}

/** Asks the model once and reports its text as it comes. Throws what the provider's client throws. */
export async function askModel(
  model: BoundModel,
  messages: readonly BaseMessage[],
  options: ModelTurnOptions
): Promise<ModelAnswer> {
  const answer = createAnswer(options)
  for await (const chunk of await model.stream([...messages], { signal: options.signal })) {
    answer.add(chunk)
  }
  return answer.finish()
}

/**
 * Puts a streamed answer together. Not by `AIMessageChunk.concat`, which copies the whole answer for
 * each token.
 */
function createAnswer({ messageId, usedCallIds, maxCharacters, onText }: ModelTurnOptions) {
  const text: string[] = []
  const parts: CallParts[] = []
  const usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 }
  const startedAt = performance.now()
  let characters = 0
  let firstPieceMs: number | undefined
  let responseModel: string | undefined
  let finishReason: string | undefined
  let isRefusal = false

  function addText(delta: string): void {
    const room = maxCharacters - characters
    if (delta === '' || room <= 0) return
    const shown = delta.slice(0, room)
    characters += delta.length
    text.push(shown)
    onText(shown)
  }

  function noteFacts({ response_metadata }: AIMessageChunk): void {
    if (characters > 0 || parts.length > 0) firstPieceMs ??= performance.now() - startedAt
    const { finish_reason: reason, model_name: name } = response_metadata
    if (typeof reason === 'string') finishReason = reason
    if (typeof name === 'string') responseModel = name
  }

  return {
    add(chunk: AIMessageChunk): void {
      addText(chunk.text)
      const { refusal } = chunk.additional_kwargs
      if (typeof refusal === 'string' && refusal !== '') {
        isRefusal = true
        addText(refusal)
      }
      for (const part of chunk.tool_call_chunks ?? []) addCallPart(parts, part)
      if (chunk.usage_metadata) addUsage(usage, chunk.usage_metadata)
      noteFacts(chunk)
    },

    finish(): ModelAnswer {
      if (finishReason === undefined) {
        throw new AppError('MODEL_INCOMPLETE', 'The model ended in the middle of its answer.')
      }
      const used = new Set(usedCallIds)
      const calls = parts.map((part) => plannedCall(part, used))
      const content = text.join('')
      return {
        message: new AIMessage({
          id: messageId,
          content,
          tool_calls: calls.map(({ id, name, args }) => ({ id, name, args, type: 'tool_call' }))
        }),
        calls,
        usage,
        gap: gapOf({ finishReason, characters, maxCharacters, isRefusal, calls }),
        isFiltered: finishReason === 'content_filter' && content === '',
        ...{ finishReason, responseModel, firstPieceMs }
      }
    }
  }
}

function addUsage(usage: { -readonly [K in keyof TokenUsage]: number }, counted: UsageMetadata) {
  usage.inputTokens += counted.input_tokens ?? 0
  usage.cachedInputTokens += counted.input_token_details?.cache_read ?? 0
  usage.outputTokens += counted.output_tokens ?? 0
}

interface GapFacts {
  readonly finishReason: string
  readonly characters: number
  readonly maxCharacters: number
  readonly isRefusal: boolean
  readonly calls: readonly PlannedCall[]
}

function gapOf(facts: GapFacts): string | undefined {
  const { finishReason, characters, maxCharacters, isRefusal, calls } = facts
  if (characters > maxCharacters) return `The answer is cut at ${maxCharacters} characters.`
  if (isRefusal || finishReason === 'refusal') return REFUSED
  const isWhole = calls.length > 0 && calls.every(({ malformed }) => malformed === undefined)
  if (finishReason !== 'length') return CUT_SHORT[finishReason]
  if (isWhole) return undefined
  return characters === 0 && calls.length === 0 ? SILENT_AT_LIMIT : CUT_SHORT.length
}

type CallChunk = NonNullable<AIMessageChunk['tool_call_chunks']>[number]

/**
 * Providers send a call's id and name once and its arguments in pieces. Pieces that belong together share an index;
 * some compatible servers give none, or the same one to every call, so a new id begins a new call too.
 */
function addCallPart(parts: CallParts[], { index, id, name, args }: CallChunk): void {
  const known = parts.findLast((part) => index === undefined || part.index === index)
  const isAnother = known !== undefined && Boolean(id) && known.id !== '' && known.id !== id
  if (known && !isAnother) {
    known.id ||= id ?? ''
    known.name ||= name ?? ''
    known.args += args ?? ''
  } else {
    parts.push({ index, id: id ?? '', name: name ?? '', args: args ?? '' })
  }
}

/** The provider's own id, unless it is missing or was used before in this conversation: some count from 0 each time. */
function uniqueId(id: string, used: Set<string>): string {
  const chosen = id === '' || used.has(id) ? `call_${randomBytes(ID_BYTES).toString('hex')}` : id
  used.add(chosen)
  return chosen
}

function plannedCall({ id, name, args }: CallParts, used: Set<string>): PlannedCall {
  const call = { id: uniqueId(id, used), name }
  if (args.trim() === '') return { ...call, args: {} }
  try {
    const parsed: unknown = JSON.parse(args)
    if (isRecord(parsed)) return { ...call, args: parsed }
  } catch {
    // Not JSON: told to the model below, which can then send the call again.
  }
  return { ...call, args: {}, malformed: args }
}
