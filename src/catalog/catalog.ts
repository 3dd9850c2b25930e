export type LlmProvider = 'azure-openai' | 'openai'

/** One LLM model as an administrator described it in Nautobot. Never holds its key. */
export interface LlmModel {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly status: string
  readonly enabled: boolean
  readonly isDefault: boolean
  readonly provider: LlmProvider
  /** The provider's name of the model; for Azure OpenAI the deployment. */
  readonly modelName: string
  /** Base address; empty means the provider's public one (`openai` only). */
  readonly address: string
  readonly apiVersion: string
  readonly verifyTls: boolean
  readonly timeoutMs: number
  readonly parameters: Readonly<Record<string, unknown>>
  readonly systemPromptId: string | undefined
  readonly hasCredential: boolean
  /** Where it is described: only `lab` is not a language model, and is labelled so everywhere. */
  readonly source: 'nautobot' | 'environment' | 'lab'
}

export interface McpServer {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly status: string
  readonly enabled: boolean
  readonly address: string
  readonly verifyTls: boolean
  readonly timeoutMs: number
  readonly hasCredential: boolean
}

export interface SystemPrompt {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly text: string
}

/**
 * The configuration objects read from Nautobot: one immutable snapshot. A run takes it once and uses
 * that revision to its end.
 */
export interface Catalog {
  /** Hash of the content: equal content, equal revision, on every replica. */
  readonly revision: string
  /** Milliseconds since the epoch. */
  readonly loadedAt: number
  readonly llmModels: readonly LlmModel[]
  readonly mcpServers: readonly McpServer[]
  readonly systemPrompts: readonly SystemPrompt[]
}
