import { z } from 'zod'

const MAX_NAME_CHARACTERS = 255
const MAX_TEXT_CHARACTERS = 200_000

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
  provider: choice(['azure-openai', 'openai']),
  model_name: z.string().min(1).max(MAX_NAME_CHARACTERS),
  remote_url: z.union([z.literal(''), httpAddress]),
  api_version: z.string().default(''),
  secrets_group: reference.nullable(),
  system_prompt: reference.nullable(),
  is_default: z.boolean(),
  verify_tls: z.boolean(),
  timeout: z.int().min(1).max(3_600),
  parameters: z.record(z.string(), z.unknown()).nullable()
})

/** `/api/plugins/ai-ops/mcp-servers/` at `depth=1`, the fields we use. */
export const mcpServerResource = z.object({
  ...common,
  enabled: z.boolean(),
  remote_url: httpAddress,
  secrets_group: reference.nullable(),
  verify_tls: z.boolean(),
  timeout: z.int().min(1).max(600)
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
