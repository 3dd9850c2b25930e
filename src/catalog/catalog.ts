export type LlmProvider = 'azure-openai' | 'openai' | 'anthropic'

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
  /** The MCP servers of a conversation that has chosen none; none: all that the user may use. */
  readonly mcpServerIds: readonly string[]
  readonly hasCredential: boolean
  /** Tokens that question, history, tools and answer may have together. */
  readonly contextTokens: number
  /** Prices of a million tokens, in the organisation's own currency; undefined when nobody named one. */
  readonly inputPrice: number | undefined
  /** Of what the provider had cached; without one, the input price counts. */
  readonly cachedInputPrice: number | undefined
  readonly outputPrice: number | undefined
  /** Answers when this one cannot. */
  readonly fallbackModelId: string | undefined
  /** Whether personal data and secrets are replaced in what it is sent. */
  readonly redact: boolean
  /** Azure OpenAI with Microsoft Entra ID in place of a key; both empty otherwise. */
  readonly entraTenantId: string
  readonly entraClientId: string
  /** Where it is described: only `lab` is not a language model, and is labelled so everywhere. */
  readonly source: 'nautobot' | 'environment' | 'lab'
}

/** A program to start, which speaks MCP on its standard streams. Only the environment names one, and only in LAB. */
export interface McpCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface McpServer {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly status: string
  readonly enabled: boolean
  readonly address: string
  /** Streamable HTTP, or the HTTP+SSE of old; `stdio` has a `command` in place of an address. */
  readonly transport: 'http' | 'sse' | 'stdio'
  readonly command?: McpCommand
  /** Whose credential it is shown: nobody's, the service's own, or a statement on the asking user. */
  readonly identity: 'none' | 'service' | 'user'
  /** Whether a secret of the service's is there to be shown. */
  readonly hasCredential: boolean
  /** Carries the credential as it is; empty: Authorization, as a bearer token. */
  readonly credentialHeader: string
  /** Further headers of each request; no secrets. */
  readonly headers: Readonly<Record<string, string>>
  readonly verifyTls: boolean
  readonly connectTimeoutMs: number
  /** Of a call without news. */
  readonly timeoutMs: number
  /** Of a call that goes on reporting progress; at least `timeoutMs`. */
  readonly totalTimeoutMs: number
  /** What names of its tools begin with; empty: made from its name. */
  readonly toolPrefix: string
  /** Names of the only tools that are offered, or patterns with `*`; none: all. */
  readonly allowedTools: readonly string[]
  /** Those that are never offered. */
  readonly deniedTools: readonly string[]
  /** Names of tools that only read, or patterns with `*`, by the administrator's word; all others may have effects. */
  readonly readOnlyTools: readonly string[]
  /** Those that wait for approval although they only read. */
  readonly approvalTools: readonly string[]
  /** UTF-8 bytes of one result; the rest is cut. */
  readonly maxResultBytes: number
  /** Nautobot's are for whom its permissions say, those of the environment for everybody who may chat. */
  readonly source: 'nautobot' | 'environment'
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
