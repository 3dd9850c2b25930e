import { SHIM_API } from '../nautobot/shim-api.ts'
/** How a value is written in Nautobot's REST API and in ours. */
export type FieldKind =
  /** The same on both sides; a choice may arrive with its label. */
  | 'value'
  /** A status: an object there, its name here. */
  | 'status'
  /** Another object: an id or a name in requests, `{id, name}` in answers. */
  | 'reference'
  /** Several of them. */
  | 'references'

export interface KindField {
  /** Nautobot's name. */
  readonly nautobot: string
  readonly kind: FieldKind
}

/** One of the three kinds of configuration objects. */
export interface CatalogKind {
  readonly list: 'llm-models' | 'mcp-servers' | 'system-prompts'
  /** Our names, in the order of the answer. */
  readonly fields: Readonly<Record<string, KindField>>
}

const value = (nautobot: string): KindField => ({ nautobot, kind: 'value' })
const reference = (nautobot: string): KindField => ({ nautobot, kind: 'reference' })

const references = (nautobot: string): KindField => ({ nautobot, kind: 'references' })

const common = {
  name: value('name'),
  description: value('description'),
  status: { nautobot: 'status', kind: 'status' }
} as const satisfies Record<string, KindField>

export const LLM_MODELS: CatalogKind = {
  list: 'llm-models',
  fields: {
    ...common,
    enabled: value('enabled'),
    isDefault: value('is_default'),
    provider: value('provider'),
    modelName: value('model_name'),
    remoteUrl: value('remote_url'),
    apiVersion: value('api_version'),
    secretsGroup: reference('secrets_group'),
    systemPrompt: reference('system_prompt'),
    mcpServers: references('mcp_servers'),
    verifyTls: value('verify_tls'),
    timeoutSeconds: value('timeout'),
    parameters: value('parameters'),
    contextTokens: value('context_size'),
    inputPrice: value('input_price'),
    cachedInputPrice: value('cached_input_price'),
    outputPrice: value('output_price'),
    fallbackModel: reference('fallback_model'),
    redact: value('redact'),
    entraTenantId: value('entra_tenant_id'),
    entraClientId: value('entra_client_id')
  }
}

export const MCP_SERVERS: CatalogKind = {
  list: 'mcp-servers',
  fields: {
    ...common,
    enabled: value('enabled'),
    remoteUrl: value('remote_url'),
    transport: value('transport'),
    identity: value('identity'),
    secretsGroup: reference('secrets_group'),
    credentialHeader: value('credential_header'),
    headers: value('headers'),
    verifyTls: value('verify_tls'),
    connectTimeoutSeconds: value('connect_timeout'),
    timeoutSeconds: value('timeout'),
    totalTimeoutSeconds: value('total_timeout'),
    toolPrefix: value('tool_prefix'),
    allowedTools: value('allowed_tools'),
    deniedTools: value('denied_tools'),
    readOnlyTools: value('read_only_tools'),
    approvalTools: value('approval_tools'),
    maxResultBytes: value('max_result_bytes')
  }
}

export const SYSTEM_PROMPTS: CatalogKind = {
  list: 'system-prompts',
  fields: { ...common, text: value('text') }
}

/** Path of a kind's list in Nautobot's REST API; without `/api` it is the page. */
export const pathOf = (kind: CatalogKind) => `${SHIM_API}/${kind.list}/`
