import {
  boolean,
  byBoolean,
  byRelated,
  bySearch,
  byText,
  defineModel,
  many,
  number,
  one,
  type SampleModel,
  text
} from './sample-model.ts'

const status = byRelated('status', 'extras.status')
const secretsGroup = byRelated('secrets_group', 'extras.secretsgroup')
const PROVIDERS = ['azure-openai', 'openai', 'anthropic']
const TRANSPORTS = ['http', 'sse']
const IDENTITIES = ['none', 'service', 'user']

const systemPrompt = defineModel('nautobot_ai_ops.systemprompt', {
  name: 'system prompt',
  plural: 'system prompts',
  path: '/plugins/ai-ops/system-prompts/',
  graphqlType: 'SystemPromptType',
  fields: { name: text, description: text, status: one('extras.status'), text },
  filters: {
    q: bySearch('name', 'description'),
    name: byText('name'),
    text: byText('text'),
    status
  },
  columns: ['name', 'status', 'description']
})

const llmModel = defineModel('nautobot_ai_ops.llmmodel', {
  name: 'LLM model',
  plural: 'LLM models',
  path: '/plugins/ai-ops/llm-models/',
  graphqlType: 'LLMModelType',
  fields: {
    name: text,
    description: text,
    status: one('extras.status'),
    enabled: boolean,
    provider: { kind: 'choice', enumName: 'LLMModelProviderChoices', values: PROVIDERS },
    model_name: text,
    remote_url: text,
    api_version: text,
    secrets_group: one('extras.secretsgroup'),
    system_prompt: one('nautobot_ai_ops.systemprompt'),
    mcp_servers: many('nautobot_ai_ops.mcpserver'),
    is_default: boolean,
    verify_tls: boolean,
    timeout: number,
    parameters: { kind: 'json' },
    context_size: number,
    input_price: { kind: 'json' },
    cached_input_price: { kind: 'json' },
    output_price: { kind: 'json' },
    fallback_model: one('nautobot_ai_ops.llmmodel'),
    redact: boolean,
    entra_tenant_id: text,
    entra_client_id: text
  },
  filters: {
    q: bySearch('name', 'description', 'model_name'),
    name: byText('name'),
    model_name: byText('model_name'),
    enabled: byBoolean('enabled'),
    is_default: byBoolean('is_default'),
    provider: { kind: 'choice', path: 'provider', values: PROVIDERS },
    system_prompt: byRelated('system_prompt', 'nautobot_ai_ops.systemprompt'),
    mcp_servers: byRelated('mcp_servers', 'nautobot_ai_ops.mcpserver'),
    fallback_model: byRelated('fallback_model', 'nautobot_ai_ops.llmmodel'),
    redact: byBoolean('redact'),
    secrets_group: secretsGroup,
    status
  },
  columns: ['name', 'status', 'enabled', 'is_default', 'provider', 'model_name']
})

const mcpServer = defineModel('nautobot_ai_ops.mcpserver', {
  name: 'MCP server',
  plural: 'MCP servers',
  path: '/plugins/ai-ops/mcp-servers/',
  graphqlType: 'MCPServerType',
  fields: {
    name: text,
    description: text,
    status: one('extras.status'),
    enabled: boolean,
    remote_url: text,
    transport: { kind: 'choice', enumName: 'MCPServerTransportChoices', values: TRANSPORTS },
    identity: { kind: 'choice', enumName: 'MCPServerIdentityChoices', values: IDENTITIES },
    secrets_group: one('extras.secretsgroup'),
    credential_header: text,
    headers: { kind: 'json' },
    verify_tls: boolean,
    connect_timeout: number,
    timeout: number,
    total_timeout: number,
    tool_prefix: text,
    allowed_tools: { kind: 'json' },
    denied_tools: { kind: 'json' },
    read_only_tools: { kind: 'json' },
    approval_tools: { kind: 'json' },
    max_result_bytes: number
  },
  filters: {
    q: bySearch('name', 'description', 'remote_url'),
    name: byText('name'),
    enabled: byBoolean('enabled'),
    transport: { kind: 'choice', path: 'transport', values: TRANSPORTS },
    identity: { kind: 'choice', path: 'identity', values: IDENTITIES },
    secrets_group: secretsGroup,
    status
  },
  columns: ['name', 'status', 'enabled', 'remote_url']
})

const secretsGroups = defineModel('extras.secretsgroup', {
  name: 'secrets group',
  plural: 'secrets groups',
  path: '/extras/secrets-groups/',
  graphqlType: 'SecretsGroupType',
  tagged: false,
  fields: { name: text, description: text },
  filters: { q: bySearch('name'), name: byText('name') }
})

/** The configuration objects of the shim. */
export const CONFIGURATION_MODELS: readonly SampleModel[] = [systemPrompt, llmModel, mcpServer]

export const AI_OPS_MODELS: readonly SampleModel[] = [...CONFIGURATION_MODELS, secretsGroups]
