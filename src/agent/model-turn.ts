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
import type { PlannedCall, TokenUsage } from './agent-step.ts'

/** A chat model with the run's tools bound to it. */
export type BoundModel = Runnable<BaseLanguageModelInput, AIMessageChunk>

/** What one call of the model came to. */
export interface ModelAnswer {
  readonly message: AIMessage
  readonly calls: readonly PlannedCall[]
  readonly usage: TokenUsage
  /** Why the text may be incomplete, as a sentence for the footer. */
  readonly gap: string | undefined
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
  const usage = { inputTokens: 0, outputTokens: 0 }
  let characters = 0
  let finishReason: string | undefined

  function addText(delta: string): void {
    const room = maxCharacters - characters
    if (delta === '' || room <= 0) return
    const shown = delta.slice(0, room)
    characters += delta.length
    text.push(shown)
    onText(shown)
  }

  return {
    add(chunk: AIMessageChunk): void {
      addText(chunk.text)
      for (const part of chunk.tool_call_chunks ?? []) addCallPart(parts, part)
      const counted = chunk.usage_metadata as UsageMetadata | undefined
      usage.inputTokens += counted?.input_tokens ?? 0
      usage.outputTokens += counted?.output_tokens ?? 0
      const { finish_reason: reason } = chunk.response_metadata
      if (typeof reason === 'string') finishReason = reason
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
        gap: gapOf({
          finishReason,
          characters,
          maxCharacters,
          isEmpty: content === '' && calls.length === 0
        })
      }
    }
  }
}

interface GapFacts {
  readonly finishReason: string
  readonly characters: number
  readonly maxCharacters: number
  readonly isEmpty: boolean
}

function gapOf({ finishReason, characters, maxCharacters, isEmpty }: GapFacts): string | undefined {
  if (characters > maxCharacters) return `The answer is cut at ${maxCharacters} characters.`
  return CUT_SHORT[finishReason] ?? (isEmpty ? 'The model gave an empty answer.' : undefined)
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
