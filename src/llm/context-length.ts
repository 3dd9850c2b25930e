/** Codes and types by which providers name it. */
const CODES: ReadonlySet<unknown> = new Set([
  'context_length_exceeded',
  'context_window_exceeded',
  'exceed_context_size_error',
  'string_above_max_length'
])

/** How they say it: not every one has a code of its own. */
const SENTENCES: readonly RegExp[] = [
  // OpenAI and Azure OpenAI, vLLM, LiteLLM, DeepSeek
  /maximum context length/i,
  /exceeds? the (model's )?(maximum )?context (window|length|size)/i,
  /input tokens exceed the configured limit/i,
  // vLLM
  /prompt \(length \d+\) is longer than the maximum model length/i,
  // llama.cpp
  /exceeds? the available context size/i,
  /prompt is too (long|big)/i,
  // Anthropic
  /input length and `?max_tokens`? exceed context limit/i,
  // Ollama, Bedrock
  /input (length exceeds|is too long for)/i,
  // LiteLLM
  /ContextWindowExceededError/,
  // TGI
  /`inputs` tokens \+ `max_new_tokens` must be/i,
  // Mistral
  /too large for model with \d+ maximum context/i,
  // Gemini
  /input token count .{0,40}exceeds the maximum/i,
  // Groq
  /reduce the length of the messages/i
]

const MAX_READ_CHARACTERS = 2_000

/** Whether a provider refused a request because it is longer than the model can read. */
export function isContextTooLong(error: unknown): boolean {
  return [...wordsOf(error, 0)].some(
    (word) =>
      CODES.has(word) || SENTENCES.some((said) => said.test(word.slice(0, MAX_READ_CHARACTERS)))
  )
}

/** An error of the openai package, what the provider's body holds in it, and Azure's inner error. */
function* wordsOf(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null || depth > 3) return
  const { code, type, message, error, innererror } = value as Readonly<Record<string, unknown>>
  for (const word of [code, type, message, error]) if (typeof word === 'string') yield word
  yield* wordsOf(error, depth + 1)
  yield* wordsOf(innererror, depth + 1)
}
