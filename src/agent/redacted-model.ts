import { AIMessageChunk, type BaseMessage, isBaseMessage } from '@langchain/core/messages'
import { IterableReadableStream } from '@langchain/core/utils/stream'
import type { BoundModel } from './model-turn.ts'
import { createPlaceholderStream } from './placeholder-stream.ts'
import type { Redaction } from './redaction.ts'

/** A model that reads placeholders, and whose words come back with what they stand for. Takes messages alone. */
export function redactedModel(model: BoundModel, redaction: Redaction): BoundModel {
  return {
    async stream(input, options) {
      const chunks = await model.stream(redaction.redact(messagesOf(input)), options)
      return IterableReadableStream.fromAsyncGenerator(restored(chunks, redaction))
    }
  }
}

function messagesOf(input: unknown): BaseMessage[] {
  if (Array.isArray(input) && input.every((entry) => isBaseMessage(entry))) return input
  throw new Error('Only messages can be redacted')
}

async function* restored(
  chunks: AsyncIterable<AIMessageChunk>,
  redaction: Redaction
): AsyncGenerator<AIMessageChunk, void> {
  const text = createPlaceholderStream(redaction.restore)
  const refused = createPlaceholderStream(redaction.restore)
  const calls = new Map<number | undefined, ReturnType<typeof createPlaceholderStream>>()

  function restoredArgs(index: number | undefined, args: string | undefined): string {
    const stream = calls.get(index) ?? createPlaceholderStream(redaction.restore)
    calls.set(index, stream)
    return stream.push(args ?? '')
  }

  for await (const chunk of chunks) {
    const parts = (chunk.tool_call_chunks ?? []).map((part) => ({
      ...part,
      args: restoredArgs(part.index, part.args)
    }))
    const said = chunkOf(chunk, text.push(chunk.text), parts)
    const { refusal } = chunk.additional_kwargs
    if (typeof refusal === 'string') said.additional_kwargs = { refusal: refused.push(refusal) }
    yield said
  }
  // Arguments end with a bracket of their own: nothing of them is held back.
  yield new AIMessageChunk({
    content: text.flush(),
    additional_kwargs: { refusal: refused.flush() }
  })
}

function chunkOf(
  { id, usage_metadata, response_metadata }: AIMessageChunk,
  content: string,
  tool_call_chunks: NonNullable<AIMessageChunk['tool_call_chunks']>
): AIMessageChunk {
  const chunk = new AIMessageChunk({ content, tool_call_chunks, response_metadata })
  if (id !== undefined) chunk.id = id
  if (usage_metadata !== undefined) chunk.usage_metadata = usage_metadata
  return chunk
}
