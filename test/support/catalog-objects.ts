import { createNautobotClient } from '../../src/nautobot/client.ts'
import type { NautobotClient } from '../../src/nautobot/client.types.ts'

/** A UUID that a test can recognise: all zeros but for the end. */
export const uuid = (number: number) =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const reference = (id: number, name: string) => ({
  id: uuid(id),
  object_type: 'x.y',
  url: 'http://nautobot/x/',
  display: name,
  name
})

const common = (id: number, name: string) => ({
  id: uuid(id),
  object_type: 'x.y',
  display: name,
  url: 'http://nautobot/x/',
  natural_slug: name,
  name,
  description: '',
  status: reference(900, 'Healthy'),
  tags: [],
  custom_fields: {},
  created: '2026-01-01T00:00:00Z',
  last_updated: '2026-01-01T00:00:00Z'
})

/** An LLM model as Nautobot answers it at `depth=1`. */
export function llmModelAnswer(id: number, name: string, overrides: object = {}) {
  return {
    ...common(id, name),
    enabled: true,
    provider: 'azure-openai',
    model_name: 'gpt',
    remote_url: 'https://llm.example.com/',
    api_version: '2024-10-21',
    // What comes when the token may not view the secrets group: no name.
    secrets_group: { id: uuid(800), object_type: 'extras.secretsgroup', url: '', display: 'keys' },
    system_prompt: reference(700, 'Default'),
    mcp_servers: [],
    is_default: false,
    verify_tls: true,
    timeout: 120,
    parameters: { temperature: 0, seed: 1 },
    context_size: 128_000,
    input_price: null,
    cached_input_price: null,
    output_price: null,
    fallback_model: null,
    redact: false,
    entra_tenant_id: '',
    entra_client_id: '',
    ...overrides
  }
}

/** An MCP server as Nautobot answers it at `depth=1`. */
export function mcpServerAnswer(id: number, name: string, overrides: object = {}) {
  return {
    ...common(id, name),
    enabled: true,
    remote_url: 'https://mcp.example.com/mcp',
    transport: 'http',
    identity: 'service',
    secrets_group: null,
    credential_header: '',
    headers: {},
    verify_tls: true,
    connect_timeout: 5,
    timeout: 30,
    total_timeout: 600,
    tool_prefix: '',
    allowed_tools: [],
    denied_tools: [],
    read_only_tools: [],
    approval_tools: [],
    max_result_bytes: 8_388_608,
    ...overrides
  }
}

/** A system prompt as Nautobot answers it at `depth=1`. */
export function systemPromptAnswer(id: number, name: string, overrides: object = {}) {
  return {
    ...common(id, name),
    status: reference(901, 'Approved'),
    text: 'Be brief.',
    ...overrides
  }
}

/** A client with room for everything but a hang. */
export function testClient(url: string): NautobotClient {
  return createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 2_000,
    maxInFlight: 10,
    maxInFlightPerToken: 10,
    maxResponseBytes: 10_000_000,
    verifyTls: true
  })
}
