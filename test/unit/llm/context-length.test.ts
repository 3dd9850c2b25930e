import { expect, it } from 'vitest'
import { isContextTooLong } from '../../../src/llm/context-length.ts'

/** As providers wrote them, with the fields that the openai package puts on an error. */
const TOO_LONG: Readonly<Record<string, object>> = {
  OpenAI: {
    code: 'context_length_exceeded',
    message:
      "400 This model's maximum context length is 128000 tokens. However, your messages resulted in 130021 tokens. Please reduce the length of the messages."
  },
  'OpenAI, by configured limit': {
    message:
      '400 Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 301234 tokens.'
  },
  'Azure OpenAI': {
    error: {
      code: 'BadRequest',
      innererror: { code: 'context_length_exceeded' },
      message: 'Bad request'
    }
  },
  vLLM: {
    code: 400,
    type: 'BadRequestError',
    message:
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the messages, 100 in the completion)."
  },
  'vLLM, by its engine': {
    message: 'The decoder prompt (length 5012) is longer than the maximum model length of 4096.'
  },
  'llama.cpp': {
    error: {
      code: 400,
      type: 'exceed_context_size_error',
      message: 'the request exceeds the available context size, try increasing it',
      n_prompt_tokens: 9012,
      n_ctx: 8192
    }
  },
  'llama.cpp, older': {
    message: 'the request exceeds the available context size. try increasing the context size'
  },
  Ollama: { error: { message: 'the input length exceeds the context length' } },
  Anthropic: {
    error: {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'prompt is too long: 208310 tokens > 200000 maximum'
      }
    }
  },
  'Anthropic, with the answer': {
    message: 'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000'
  },
  LiteLLM: { error: { message: 'litellm.ContextWindowExceededError: OpenAIException - …' } },
  TGI: {
    error: {
      message:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: …'
    }
  },
  Mistral: {
    message:
      'Prompt contains 40021 tokens and 0 draft tokens, too large for model with 32768 maximum context length'
  },
  Gemini: {
    message:
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'
  },
  Bedrock: { message: 'Input is too long for requested model.' }
}

it.each(Object.entries(TOO_LONG))('knows that the context is too long for %s', (_name, error) => {
  expect(isContextTooLong(Object.assign(new Error('of the client'), error))).toBe(true)
})

it.each([
  { message: 'Rate limit reached for gpt-4o in organization org on tokens per min' },
  { code: 'model_not_found', message: 'The model does not exist' },
  { message: "'max_tokens' must be at least 1" },
  { error: { message: 'Unknown parameter: maximum_context' } },
  { message: 'Your credit balance is too low' },
  {}
])('takes nothing else for it: $message', (error) => {
  expect(isContextTooLong(Object.assign(new Error('of the client'), error))).toBe(false)
  expect(isContextTooLong(undefined)).toBe(false)
})
