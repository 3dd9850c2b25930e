import type { LlmModel } from '../../src/catalog/catalog.ts'

/** An LLM model of Nautobot's, valid but for the given fields. */
export function testModel(changes: Partial<LlmModel> = {}): LlmModel {
  return {
    id: 'model-1',
    name: 'Main model',
    description: '',
    status: 'Healthy',
    enabled: true,
    isDefault: true,
    provider: 'openai',
    modelName: 'llama-4',
    address: 'http://127.0.0.1:9/v1',
    apiVersion: '',
    verifyTls: true,
    timeoutMs: 5_000,
    parameters: {},
    systemPromptId: undefined,
    mcpServerIds: [],
    hasCredential: false,
    contextTokens: 128_000,
    inputPrice: undefined,
    cachedInputPrice: undefined,
    outputPrice: undefined,
    fallbackModelId: undefined,
    redact: false,
    entraTenantId: '',
    entraClientId: '',
    source: 'nautobot',
    ...changes
  }
}
