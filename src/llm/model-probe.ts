import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { AIMessageChunk } from '@langchain/core/messages'

/** A model that talks instead of calling is not listened to any longer. */
const MAX_CHARACTERS = 2_000

const TOOL = {
  type: 'function' as const,
  function: {
    name: 'report_ready',
    description: 'Reports that you are ready.',
    parameters: {
      type: 'object',
      properties: { ready: { type: 'boolean' } },
      required: ['ready']
    }
  }
}
const QUESTION =
  'This tests the connection. Call the tool report_ready with ready set to true, and write nothing else.'

export interface ProbeAnswer {
  /** Whether it called the tool, which is what the agent lives by. */
  readonly calledTool: boolean
  /** Until the first piece of the answer. */
  readonly latencyMs: number
}

/** Asks a model the least that shows whether it can be used: one streamed answer, one tool. Throws what the model throws. */
export async function probeModel(chat: BaseChatModel, signal: AbortSignal): Promise<ProbeAnswer> {
  const startedAt = performance.now()
  const bound = chat.bindTools?.([TOOL]) ?? chat
  let latencyMs: number | undefined
  let characters = 0
  for await (const chunk of await bound.stream(QUESTION, { signal })) {
    latencyMs ??= performance.now() - startedAt
    if (((chunk as AIMessageChunk).tool_call_chunks ?? []).length > 0) {
      return { calledTool: true, latencyMs: Math.round(latencyMs) }
    }
    characters += chunk.text.length
    if (characters > MAX_CHARACTERS) break
  }
  // An aborted stream ends like a complete one.
  signal.throwIfAborted()
  return { calledTool: false, latencyMs: Math.round(latencyMs ?? performance.now() - startedAt) }
}
