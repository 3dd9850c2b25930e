import { z } from 'zod'

/** The parts of an answer of the Messages API that are used. */
const usage = z.object({
  input_tokens: z.number().default(0),
  output_tokens: z.number().default(0),
  cache_read_input_tokens: z.number().nullish(),
  cache_creation_input_tokens: z.number().nullish()
})

export type AnthropicUsage = Partial<z.output<typeof usage>>

const answer = z.object({
  id: z.string(),
  model: z.string(),
  content: z.array(
    z.object({
      type: z.string(),
      text: z.string().optional(),
      id: z.string().optional(),
      name: z.string().optional(),
      input: z.unknown().optional()
    })
  ),
  stop_reason: z.string().nullish(),
  usage: usage.default({ input_tokens: 0, output_tokens: 0 })
})

const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter'
}

/** Why the model stopped, in OpenAI's words. */
export function finishReasonOf(stopReason: string): string {
  return FINISH_REASONS[stopReason] ?? 'stop'
}

/** Tokens as OpenAI counts them: those that were read from the provider's cache are part of the prompt. */
export function toUsage(counted: AnthropicUsage): Readonly<Record<string, unknown>> {
  const { input_tokens = 0, output_tokens: completion_tokens = 0 } = counted
  const cached = counted.cache_read_input_tokens ?? 0
  const prompt_tokens = input_tokens + cached + (counted.cache_creation_input_tokens ?? 0)
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: cached }
  }
}

/** A whole answer as a chat completion; undefined when it is none. */
export function toCompletion(body: unknown): Readonly<Record<string, unknown>> | undefined {
  const { data } = answer.safeParse(body)
  if (!data) return undefined
  const text = data.content.map((block) => (block.type === 'text' ? (block.text ?? '') : ''))
  const tool_calls = data.content
    .filter(({ type }) => type === 'tool_use')
    .map(({ id = '', name = '', input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input ?? {}) }
    }))
  const message = {
    role: 'assistant',
    content: text.join(''),
    ...(tool_calls.length > 0 && { tool_calls })
  }
  return {
    id: data.id,
    object: 'chat.completion',
    created: 0,
    model: data.model,
    choices: [{ index: 0, message, finish_reason: finishReasonOf(data.stop_reason ?? 'end_turn') }],
    usage: toUsage(data.usage)
  }
}
