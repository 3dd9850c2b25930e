import type { z } from 'zod'
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
    parameters: resource.parameters ?? {},
    systemPromptId: resource.system_prompt?.id,
    hasCredential: resource.secrets_group !== null,
    source: 'nautobot'
  })
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
    verifyTls: resource.verify_tls,
    timeoutMs: resource.timeout * 1_000,
    hasCredential: resource.secrets_group !== null
  })
}

export const systemPrompts: CatalogList<SystemPromptResource, SystemPrompt> = {
  path: `${SHIM_API}/system-prompts/`,
  schema: systemPromptResource,
  read: ({ id, name, status, text }) => ({ id, name, status: status.name, text })
}
