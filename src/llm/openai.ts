import type { DescribeProvider } from './provider.ts'

const PUBLIC_ADDRESS = 'https://api.openai.com/v1'

/** OpenAI, and everything that speaks like it: vLLM, Ollama, llama.cpp, LiteLLM, gateways. */
export const describeOpenAi: DescribeProvider = (_model, address) => ({
  baseUrl: address.replace(/\/+$/, '') || PUBLIC_ADDRESS,
  query: {},
  credentialHeaders: (secret) => ({ authorization: `Bearer ${secret.reveal()}` })
})
