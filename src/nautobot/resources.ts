import { z } from 'zod'
import { credentialHeaderProblem, headerProblems } from './mcp-headers.ts'

const MAX_NAME_CHARACTERS = 255
const MAX_TEXT_CHARACTERS = 200_000
const MIN_CONTEXT_TOKENS = 2_000
const MAX_CONTEXT_TOKENS = 10_000_000
const MAX_TOOL_PATTERNS = 200
const MAX_TOOL_PATTERN_CHARACTERS = 128
const TOOL_PREFIX = /^[a-zA-Z0-9_-]{0,24}$/
const MIN_RESULT_BYTES = 1_024
const MAX_RESULT_BYTES = 8 * 1_024 * 1_024

const name = z.string().min(1).max(MAX_NAME_CHARACTERS)
const httpAddress = z
  .string()
  .refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), 'is no http(s) address')

/**
 * A related object at `depth=1`: complete when the token may view it; otherwise its id and display alone. Which of
 * the two arrives depends on rights, so both yield a name.
 */
const reference = z
  .object({ id: z.uuid(), name: z.string().optional(), display: z.string().optional() })
  .transform(({ id, name, display }) => ({ id, name: name ?? display ?? id }))

/** Nautobot writes a choice bare, or with its label where a serializer says so. */
const choice = <const T extends readonly string[]>(values: T) =>
  z.preprocess(
    (given) =>
      typeof given === 'object' && given !== null && 'value' in given ? given.value : given,
    z.enum(values)
  )

/** A decimal is written as a number, or as text where Nautobot is set to do so. */
const price = z.union([z.number(), z.string().regex(/^\d/).transform(Number)]).nullable()

const toolPatterns = z
  .array(z.string().min(1).max(MAX_TOOL_PATTERN_CHARACTERS))
  .max(MAX_TOOL_PATTERNS)

const common = {
  id: z.uuid(),
  name,
  description: z.string().default(''),
  status: reference
}

/** `/api/plugins/ai-ops/llm-models/` at `depth=1`, the fields we use. */
export const llmModelResource = z.object({
  ...common,
  enabled: z.boolean(),
  provider: choice(['azure-openai', 'openai', 'anthropic']),
  model_name: z.string().min(1).max(MAX_NAME_CHARACTERS),
  remote_url: z.union([z.literal(''), httpAddress]),
  api_version: z.string().default(''),
  secrets_group: reference.nullable(),
  system_prompt: reference.nullable(),
  // An older app has none.
  mcp_servers: z.array(reference).default([]),
  is_default: z.boolean(),
  verify_tls: z.boolean(),
  timeout: z.int().min(1).max(3_600),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  context_size: z.int().min(MIN_CONTEXT_TOKENS).max(MAX_CONTEXT_TOKENS),
  input_price: price,
  cached_input_price: price,
  output_price: price,
  fallback_model: reference.nullable(),
  redact: z.boolean(),
  entra_tenant_id: z.string(),
  entra_client_id: z.string()
})

/** `/api/plugins/ai-ops/mcp-servers/` at `depth=1`, the fields we use. */
export const mcpServerResource = z
  .object({
    ...common,
    enabled: z.boolean(),
    remote_url: httpAddress,
    transport: choice(['http', 'sse']),
    identity: choice(['none', 'service', 'user']),
    secrets_group: reference.nullable(),
    credential_header: z.string(),
    headers: z.record(z.string(), z.string()),
    verify_tls: z.boolean(),
    connect_timeout: z.int().min(1).max(60),
    timeout: z.int().min(1).max(600),
    total_timeout: z.int().min(1).max(3_600),
    tool_prefix: z.string().regex(TOOL_PREFIX),
    allowed_tools: toolPatterns,
    denied_tools: toolPatterns,
    read_only_tools: toolPatterns,
    approval_tools: toolPatterns,
    max_result_bytes: z.int().min(MIN_RESULT_BYTES).max(MAX_RESULT_BYTES)
  })
  // Nautobot checks them, but not what a script saves unchecked. Without its headers a server is not the one that was meant.
  .check(({ value, issues }) => {
    const { credential_header: name, headers } = value
    const problems = [credentialHeaderProblem(name) ?? [], headerProblems(headers, name)].flat()
    for (const message of problems) issues.push({ code: 'custom', message, input: headers })
  })

/** `/api/plugins/ai-ops/system-prompts/` at `depth=1`, the fields we use. */
export const systemPromptResource = z.object({
  ...common,
  text: z.string().max(MAX_TEXT_CHARACTERS)
})

export type LlmModelResource = z.output<typeof llmModelResource>
export type McpServerResource = z.output<typeof mcpServerResource>
export type SystemPromptResource = z.output<typeof systemPromptResource>

/** One page of a list; single objects are parsed one by one, so that a bad one spoils no other. */
export const pageResource = z.object({ count: z.int().min(0), results: z.array(z.unknown()) })

/** Answer of `resolve-credential/`: the value, together with the address it is for. */
export const credentialResource = z.object({ url: z.string(), value: z.string().min(1) })
