import type { z } from 'zod'
import { parameterProblem } from '../nautobot/model-parameters.ts'
import {
  type LlmModelResource,
  llmModelResource,
  type McpServerResource,
  mcpServerResource,
  type SystemPromptResource,
  systemPromptResource
} from '../nautobot/resources.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import type { LlmModel, McpServer, SystemPrompt } from './catalog.ts'

/** How one list of Nautobot becomes one list of the catalog; snake_case ends here. */
export interface CatalogList<Resource, T> {
  readonly path: string
  readonly schema: z.ZodType<Resource>
  readonly read: (resource: Resource) => T
  /** What of a readable object is not used, as sentences. */
  readonly notices?: (resource: Resource) => readonly string[]
}

export const llmModels: CatalogList<LlmModelResource, LlmModel> = {
  path: `${SHIM_API}/llm-models/`,
  schema: llmModelResource,
  read: (resource) => ({
    id: resource.id,
    name: resource.name,
    description: resource.description,
    status: resource.status.name,
    enabled: resource.enabled,
    isDefault: resource.is_default,
    provider: resource.provider,
    modelName: resource.model_name,
    address: resource.remote_url,
    apiVersion: resource.api_version,
    verifyTls: resource.verify_tls,
    timeoutMs: resource.timeout * 1_000,
    parameters: allowedParameters(resource),
    systemPromptId: resource.system_prompt?.id,
    // In an order of their own: Nautobot's would change the revision.
    mcpServerIds: resource.mcp_servers.map(({ id }) => id).sort(),
    hasCredential: resource.secrets_group !== null,
    contextTokens: resource.context_size,
    inputPrice: resource.input_price ?? undefined,
    cachedInputPrice: resource.cached_input_price ?? undefined,
    outputPrice: resource.output_price ?? undefined,
    fallbackModelId: resource.fallback_model?.id,
    redact: resource.redact,
    entraTenantId: resource.entra_tenant_id,
    entraClientId: resource.entra_client_id,
    source: 'nautobot'
  }),
  notices: ({ parameters }) =>
    Object.entries(parameters ?? {}).flatMap(([name, value]) => parameterProblem(name, value) ?? [])
}

/** Nautobot checks them, but not what a script saves unchecked. One that is wrong takes no model away. */
function allowedParameters({ parameters }: LlmModelResource): LlmModel['parameters'] {
  return Object.fromEntries(
    Object.entries(parameters ?? {}).filter(([name, value]) => !parameterProblem(name, value))
  )
}

export const mcpServers: CatalogList<McpServerResource, McpServer> = {
  path: `${SHIM_API}/mcp-servers/`,
  schema: mcpServerResource,
  read: (resource) => ({
    id: resource.id,
    name: resource.name,
    description: resource.description,
    status: resource.status.name,
    enabled: resource.enabled,
    address: resource.remote_url,
    transport: resource.transport,
    identity: resource.identity,
    hasCredential: resource.identity === 'service' && resource.secrets_group !== null,
    credentialHeader: resource.credential_header,
    headers: resource.headers,
    verifyTls: resource.verify_tls,
    connectTimeoutMs: resource.connect_timeout * 1_000,
    timeoutMs: resource.timeout * 1_000,
    totalTimeoutMs: Math.max(resource.total_timeout, resource.timeout) * 1_000,
    toolPrefix: resource.tool_prefix,
    allowedTools: resource.allowed_tools,
    deniedTools: resource.denied_tools,
    readOnlyTools: resource.read_only_tools,
    approvalTools: resource.approval_tools,
    maxResultBytes: resource.max_result_bytes,
    source: 'nautobot'
  })
}

export const systemPrompts: CatalogList<SystemPromptResource, SystemPrompt> = {
  path: `${SHIM_API}/system-prompts/`,
  schema: systemPromptResource,
  read: ({ id, name, status, text }) => ({ id, name, status: status.name, text })
}
